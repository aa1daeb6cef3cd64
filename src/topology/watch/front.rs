//! What is watched of the load balancer and the web servers.

use super::rules::{Limit, Metric, Sight};
use super::{LoadBalanced, Servers};
use crate::kind::Text;

/// Returns what is watched of a load balancer.
pub(super) fn of_load_balancer(balancer: &LoadBalanced) -> Sight {
    let LoadBalanced { full_name, target_group } = balancer;
    let of = |name, statistic, more: Option<&Text>| {
        let more = more.map(|it| ("TargetGroup", it.clone()));
        let dimensions = [("LoadBalancer", full_name.clone())].into_iter().chain(more).collect();
        Metric { namespace: "AWS/ApplicationELB", name, statistic, dimensions }
    };
    let (own, theirs) = (of("HTTPCode_ELB_5XX_Count", "Sum", None), of("HTTPCode_Target_5XX_Count", "Sum", None));
    let unhealthy = of("UnHealthyHostCount", "Maximum", Some(target_group));
    let healthy = of("HealthyHostCount", "Minimum", Some(target_group));
    let latency = of("TargetResponseTime", "p95", None);
    let mut sight = Sight::default();
    let says = "Visitors get errors of the load balancer: no server took their request.";
    sight.rule("load-balancer-5xx", &own, Limit::above(10.0, 5), says);
    sight.rule("web-5xx", &theirs, Limit::above(10.0, 5), "Visitors get errors of the web servers: see their log.");
    let says = "A web server does not answer the health check for 10 minutes.";
    sight.rule("web-unhealthy", &unhealthy, Limit::above(0.0, 10).by_minutes(), says);
    let says = "No web server answers the health check: the site is down.";
    sight.rule("web-none-healthy", &healthy, Limit::below(1.0, 5).by_minutes(), says);
    let says = "One page in twenty takes longer than three seconds, for 15 minutes.";
    sight.rule("web-latency", &latency, Limit::above(3.0, 15), says);
    let requests = of("RequestCount", "Sum", None);
    sight.chart("Requests", [requests]);
    sight.chart("Time of answer, 95 % of pages, seconds", [latency]);
    sight.chart("Errors", [own, theirs]);
    sight.chart("Web servers by health", [healthy, unhealthy]);
    sight
}

/// Returns what is watched of the web servers.
pub(super) fn of_web(servers: &Servers) -> Sight {
    let Servers { group, max } = servers;
    let of = |namespace, name, statistic| {
        let dimensions = vec![("AutoScalingGroupName", group.clone())];
        Metric { namespace, name, statistic, dimensions }
    };
    let cpu = of("AWS/EC2", "CPUUtilization", "Average");
    let size = of("AWS/AutoScaling", "GroupInServiceInstances", "Minimum");
    let mut sight = Sight::default();
    let says = "The web servers: processors above 90 % for half an hour, however many there are.";
    sight.rule("web-cpu", &cpu, Limit::above(90.0, 30), says);
    let says = format!("There have been {max} web servers for an hour, and more cannot be: raise `max`.");
    sight.rule("web-at-max", &size, Limit::reaching(f64::from(*max), 60), says);
    sight.chart("Web servers: processor, %", [cpu]);
    sight.chart("Web servers: number", [size]);
    sight
}
