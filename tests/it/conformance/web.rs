//! The cases of the tiers `web` and `bastion`, and what the emulators do otherwise.

use std::collections::BTreeSet;

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::Policy as Document;
use moodle_infra::kind::{Ref, Text};
use moodle_infra::kinds::autoscaling::capacity::{Capacity, CapacityProps};
use moodle_infra::kinds::autoscaling::first::{First, FirstProps};
use moodle_infra::kinds::autoscaling::group::{Group, GroupProps};
use moodle_infra::kinds::autoscaling::job::{Job, JobProps};
use moodle_infra::kinds::autoscaling::metrics::{Metrics, MetricsProps};
use moodle_infra::kinds::autoscaling::policy::{Policy, PolicyProps, Rule};
use moodle_infra::kinds::autoscaling::refresh::{Refresh, RefreshProps};
use moodle_infra::kinds::autoscaling::release::{Release, ReleaseProps};
use moodle_infra::kinds::ec2::launch_template::{LaunchTemplate, LaunchTemplateProps};
use moodle_infra::kinds::ec2::subnet::Subnet;
use moodle_infra::kinds::iam::instance_profile::{InstanceProfile, InstanceProfileProps};
use moodle_infra::kinds::iam::role::{Role, RoleProps};
use moodle_infra::kinds::iam::role_policy_attachment::{RolePolicyAttachment, RolePolicyAttachmentProps};
use moodle_infra::kinds::ssm::command::{Command, CommandProps};
use moodle_infra::kinds::ssm::parameter::{Parameter, ParameterProps};
use moodle_infra::kinds::ssm::report::{Report, ReportProps};
use serde_json::json;

use super::cases::{Build, Case, add_group, add_vpc, at, case, subnet_props, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

/// The cases of the tiers.
pub(super) const CASES: &[Case] = &[
    Case { name: "instance_profile", build: instance_profile },
    Case { name: "role_policy_attachment", build: role_policy_attachment },
    Case { name: "launch_template", build: launch_template },
    Case { name: "launch_template with a public address", build: launch_template_public },
    Case { name: "group", build: group },
    Case { name: "group elsewhere", build: group_elsewhere },
    Case { name: "capacity", build: capacity },
    Case { name: "capacity made smaller", build: capacity_smaller },
    Case { name: "job", build: job },
    Case { name: "job of less", build: job_of_less },
    Case { name: "metrics", build: metrics },
    Case { name: "policy", build: policy },
    Case { name: "policy by target", build: policy_by_target },
    Case { name: "policy by requests", build: policy_by_requests },
    Case { name: "refresh", build: refresh },
    Case { name: "refresh of nothing", build: refresh_of_nothing },
    Case { name: "parameter", build: parameter },
    Case { name: "report", build: report },
    Case { name: "first", build: first },
    Case { name: "release", build: release },
    Case { name: "release of nothing", build: release_of_nothing },
    Case { name: "command", build: command },
    Case { name: "command to others alone", build: command_to_others },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        emulator: Emulator::Moto,
        case: "launch_template",
        check: Check::UpdatesInPlace,
        saying: "[Difference { field: \"tags\", ",
        reason: "DescribeLaunchTemplates shows tags that were set later",
    },
    old_tags("launch_template"),
    old_tags("launch_template with a public address"),
    Defect {
        emulator: Emulator::Moto,
        case: "group",
        check: Check::UpdatesInPlace,
        saying: "[Difference { field: \"cooldown_seconds\", old: Number(60), new: Number(300), replaces: false }, \
            Difference { field: \"termination\", ",
        reason: "UpdateAutoScalingGroup changes cooldown and termination policies",
    },
    lacks("release", "still pending after ten looks", "a server boots, and says when it is done"),
    lacks("policy", "autoscaling:PutScalingPolicy failed: the answer lacks a member", "the answer has the PolicyARN"),
    lacks("policy by target", "autoscaling:PutScalingPolicy failed: the answer lacks a member", "it has the PolicyARN"),
    lacks(
        "policy by requests",
        "autoscaling:PutScalingPolicy failed: the answer lacks a member",
        "it has the PolicyARN",
    ),
    lacks("metrics", "autoscaling:DisableMetricsCollection failed: an answer with status 500", "the call exists"),
    lacks("refresh", "autoscaling:DescribeInstanceRefreshes failed: an answer with status 500", "the call exists"),
    lacks(
        "refresh of nothing",
        "autoscaling:DescribeInstanceRefreshes failed: an answer with status 500",
        "the call exists",
    ),
];

/// Tags of a launch template are shown as they were at its creation.
const fn old_tags(case: &'static str) -> Defect {
    let reason = "DescribeLaunchTemplates shows tags that were set later";
    Defect { emulator: Emulator::Moto, case, check: Check::Marks, saying: "Some(\"conformance\") for", reason }
}

/// A call that moto does not have, or does not answer in full.
const fn lacks(case: &'static str, saying: &'static str, reason: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check: Check::Runs, saying, reason }
}

fn trust() -> Document {
    Document::of(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "ec2.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }],
    }))
}

fn add_role(graph: &mut Graph, name: &str) -> Ref<Role> {
    let props = RoleProps {
        name: format!("it-{name}"),
        trust: trust(),
        description: "Servers".to_owned(),
        tags: tags("first"),
    };
    graph.add(at(name), props)
}

fn instance_profile() -> Build {
    let mut graph = Graph::default();
    let (role, other) = (add_role(&mut graph, "role"), add_role(&mut graph, "other"));
    let before = InstanceProfileProps { name: "it-web".to_owned(), role, tags: tags("first") };
    let change = |it: &mut InstanceProfileProps| (it.role, it.tags) = (other, tags("second"));
    case::<InstanceProfile>(graph, before, change, |it| "it-servers".clone_into(&mut it.name))
}

fn role_policy_attachment() -> Build {
    let mut graph = Graph::default();
    let role = add_role(&mut graph, "role");
    let policy = |name: &str| Text::from(format!("arn:aws:iam::aws:policy/{name}"));
    let before = RolePolicyAttachmentProps { role, policy: policy("AmazonSSMManagedInstanceCore") };
    case::<RolePolicyAttachment>(graph, before, |_| (), |it| it.policy = policy("CloudWatchAgentServerPolicy"))
}

/// Adds a VPC and what servers need in it, and returns the properties of a template.
fn template_props(graph: &mut Graph) -> LaunchTemplateProps {
    let vpc = add_vpc(graph, "vpc");
    let group = add_group(graph, &vpc, "web");
    let role = add_role(graph, "role");
    let props = InstanceProfileProps { name: "it-web".to_owned(), role, tags: tags("first") };
    let profile = graph.add(at("profile"), props);
    LaunchTemplateProps {
        name: "it-web".to_owned(),
        image: "ami-0123456789abcdef0".to_owned(),
        instance_type: "t4g.small".to_owned(),
        profile,
        groups: [group].into(),
        public_ip: false,
        device: "/dev/xvda".to_owned(),
        volume_gib: 10,
        key_pair: String::new(),
        monitoring: true,
        user_data: "#!/bin/bash\necho \"è & <così>\"\n".into(),
        tags: tags("first"),
    }
}

fn launch_template() -> Build {
    let mut graph = Graph::default();
    let before = template_props(&mut graph);
    // One of somebody else.
    let stranger = LaunchTemplateProps { name: "it-web-other".to_owned(), ..before.clone() };
    graph.add::<LaunchTemplate>(at("stranger"), stranger);
    let change = |it: &mut LaunchTemplateProps| {
        "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64".clone_into(&mut it.image);
        "c7g.xlarge".clone_into(&mut it.instance_type);
        "ops".clone_into(&mut it.key_pair);
        (it.volume_gib, it.monitoring) = (20, false);
        (it.user_data, it.tags) = ("#!/bin/bash\necho again\n".into(), tags("second"));
    };
    case::<LaunchTemplate>(graph, before, change, |it| "it-servers".clone_into(&mut it.name))
}

fn launch_template_public() -> Build {
    let mut graph = Graph::default();
    let before = LaunchTemplateProps { public_ip: true, key_pair: "ops".to_owned(), ..template_props(&mut graph) };
    let change = |it: &mut LaunchTemplateProps| (it.public_ip, it.key_pair) = (false, String::new());
    case::<LaunchTemplate>(graph, before, change, |_| ())
}

/// Adds a template and two subnets.
fn add_ground(graph: &mut Graph, user_data: String) -> (Ref<LaunchTemplate>, [Ref<Subnet>; 2]) {
    let props = LaunchTemplateProps { user_data: user_data.into(), ..template_props(graph) };
    let template = graph.add(at("template"), props);
    let vpc = add_vpc(graph, "vpc.of.subnets");
    let subnets = [("eu-west-1a", "10.1.0.0/24"), ("eu-west-1b", "10.1.1.0/24")]
        .map(|(zone, cidr)| graph.add(at(&format!("subnet.{}", &zone[9..])), subnet_props(vpc.clone(), zone, cidr)));
    (template, subnets)
}

fn group_props(template: &Ref<LaunchTemplate>, subnets: impl Into<BTreeSet<Ref<Subnet>>>, name: &str) -> GroupProps {
    GroupProps {
        name: name.to_owned(),
        template: template.clone(),
        subnets: subnets.into(),
        target_groups: BTreeSet::new(),
        health_check: "ELB".to_owned(),
        grace_seconds: 600,
        cooldown_seconds: 60,
        termination: vec!["OldestLaunchTemplate".to_owned(), "Default".to_owned()],
        tags: tags("first"),
    }
}

/// Adds two groups and returns them with their template.
fn add_groups(graph: &mut Graph) -> (Ref<LaunchTemplate>, [Ref<Group>; 2]) {
    add_groups_that(graph, "#!/bin/bash\necho \"è & <così>\"\n".to_owned())
}

/// Adds two groups whose servers boot this.
fn add_groups_that(graph: &mut Graph, user_data: String) -> (Ref<LaunchTemplate>, [Ref<Group>; 2]) {
    let (template, subnets) = add_ground(graph, user_data);
    let groups = ["one", "other"].map(|name| {
        let props = group_props(&template, subnets.clone(), &format!("it-{name}"));
        graph.add(at(name), props)
    });
    (template, groups)
}

fn group() -> Build {
    let mut graph = Graph::default();
    let (template, subnets) = add_ground(&mut graph, "#!/bin/bash\n".to_owned());
    // One of somebody else.
    let stranger = group_props(&template, subnets.clone(), "it-web-other");
    graph.add::<Group>(at("stranger"), stranger);
    let change = |it: &mut GroupProps| {
        "EC2".clone_into(&mut it.health_check);
        (it.grace_seconds, it.cooldown_seconds) = (120, 300);
        it.termination = vec!["Default".to_owned()];
        it.tags = tags("second");
    };
    let before = group_props(&template, subnets, "it-web");
    case::<Group>(graph, before, change, |it| "it-servers".clone_into(&mut it.name))
}

fn group_elsewhere() -> Build {
    let mut graph = Graph::default();
    let (template, [first, second]) = add_ground(&mut graph, "#!/bin/bash\n".to_owned());
    let other = LaunchTemplateProps { name: "it-other".to_owned(), ..template_of(&graph) };
    let other = graph.add(at("template.other"), other);
    let change = |it: &mut GroupProps| (it.template, it.subnets) = (other, [second].into());
    case::<Group>(graph, group_props(&template, [first], "it-web"), change, |_| ())
}

/// Returns the properties of the template in a graph.
fn template_of(graph: &Graph) -> LaunchTemplateProps {
    let node = graph.get(&at("template")).expect("it was added");
    serde_json::from_value(node.props.clone()).expect("they are its properties")
}

fn capacity() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    let before = CapacityProps { group, min: 1, max: 2 };
    case::<Capacity>(graph, before, |it| (it.min, it.max) = (3, 4), |it| it.group = other)
}

fn capacity_smaller() -> Build {
    let mut graph = Graph::default();
    let (_, [group, _]) = add_groups(&mut graph);
    case::<Capacity>(graph, CapacityProps { group, min: 3, max: 4 }, |it| (it.min, it.max) = (0, 1), |_| ())
}

fn job() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    case::<Job>(graph, JobProps { group, amount: 512 }, |it| it.amount = 1024, |it| it.group = other)
}

fn job_of_less() -> Build {
    let mut graph = Graph::default();
    let (_, [group, _]) = add_groups(&mut graph);
    case::<Job>(graph, JobProps { group, amount: 512 }, |it| it.amount = 1, |_| ())
}

fn metrics() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    let before = MetricsProps { group, names: names(&["GroupDesiredCapacity", "GroupInServiceInstances"]) };
    let change = |it: &mut MetricsProps| it.names = names(&["GroupInServiceInstances", "GroupMaxSize"]);
    case::<Metrics>(graph, before, change, |it| it.group = other)
}

fn policy() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    let rule = |servers| Rule::Step { servers, cooldown_seconds: 300 };
    // One of another group, and another one of this.
    let props = |group: &Ref<Group>, name: &str, servers| PolicyProps {
        group: group.clone(),
        name: name.to_owned(),
        rule: rule(servers),
    };
    graph.add::<Policy>(at("stranger"), props(&other, "out", 2));
    graph.add::<Policy>(at("in"), props(&group, "in", -1));
    let before = props(&group, "out", 1);
    let change = |it: &mut PolicyProps| it.rule = Rule::Step { servers: 2, cooldown_seconds: 60 };
    case::<Policy>(graph, before, change, |it| "more".clone_into(&mut it.name))
}

fn policy_by_target() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    let before = PolicyProps { group, name: "cpu".to_owned(), rule: Rule::Cpu { percent: 60 } };
    case::<Policy>(graph, before, |it| it.rule = Rule::Cpu { percent: 50 }, |it| it.group = other)
}

fn policy_by_requests() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    let rule = |per_minute| Rule::Requests {
        per_minute,
        of: "app/campus/0123456789abcdef/targetgroup/campus/fedcba9876543210".into(),
    };
    let before = PolicyProps { group, name: "requests".to_owned(), rule: rule(900) };
    case::<Policy>(graph, before, move |it| it.rule = rule(1200), |it| it.group = other)
}

fn version(template: &Ref<LaunchTemplate>) -> Text {
    Text::concat([template.text(), ":".into(), template.attr("version")])
}

fn refresh() -> Build {
    let mut graph = Graph::default();
    let (template, [group, other]) = add_groups(&mut graph);
    for (group, name) in [(&group, "size"), (&other, "size.other")] {
        graph.add::<Capacity>(at(name), CapacityProps { group: group.clone(), min: 2, max: 3 });
    }
    let before = RefreshProps { group, version: version(&template), min_healthy_percent: 90 };
    case::<Refresh>(graph, before, |it| it.min_healthy_percent = 50, |it| it.group = other)
}

fn refresh_of_nothing() -> Build {
    let mut graph = Graph::default();
    let (template, [group, other]) = add_groups(&mut graph);
    let before = RefreshProps { group, version: version(&template), min_healthy_percent: 100 };
    case::<Refresh>(graph, before, |it| it.min_healthy_percent = 0, |it| it.group = other)
}

fn report() -> Build {
    let mut graph = Graph::default();
    let props = |name: &str| ReportProps { name: name.to_owned(), tags: tags("first") };
    // One of somebody else.
    graph.add::<Report>(at("stranger"), props("/Moodle/it/other"));
    let change = |it: &mut ReportProps| it.tags = tags("second");
    case::<Report>(graph, props("/Moodle/it/seed"), change, |it| "/Moodle/it/fill".clone_into(&mut it.name))
}

fn parameter() -> Build {
    let mut graph = Graph::default();
    let props = |name: &str| ParameterProps { name: name.to_owned(), value: "one".into(), tags: tags("first") };
    // One of somebody else.
    graph.add::<Parameter>(at("stranger"), props("/Moodle/it/other"));
    let change = |it: &mut ParameterProps| (it.value, it.tags) = ("two & \"three\"".into(), tags("second"));
    case::<Parameter>(graph, props("/Moodle/it/database"), change, |it| "/Moodle/it/db".clone_into(&mut it.name))
}

fn first() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    case::<First>(graph, FirstProps { group }, |_| (), |it| it.group = other)
}

/// Adds what a server says that runs another build.
pub(super) fn add_report(graph: &mut Graph) {
    let value =
        r#"{"state":"done","stage":"installed","code":0,"at":"2026-11-30T04:05:06Z","build":"before","log":""}"#;
    let props = ParameterProps { name: format!("{REPORTS}/i-0"), value: value.into(), tags: tags("first") };
    graph.add::<Parameter>(at("report"), props);
}

/// Where servers report.
pub(super) const REPORTS: &str = "/Moodle/it/report";

fn release() -> Build {
    let mut graph = Graph::default();
    let says = format!("#!/bin/bash\n# Build after; says below {REPORTS} when it is done: installed.\n");
    let (_, groups) = add_groups_that(&mut graph, says);
    let [group, other] = &groups;
    for (group, name) in [(group, "size"), (other, "size.other")] {
        graph.add::<Capacity>(at(name), CapacityProps { group: group.clone(), min: 2, max: 3 });
    }
    let before = release_props(group);
    case::<Release>(graph, before, |it| "wizard".clone_into(&mut it.stage), |it| it.group = other.clone())
}

fn release_of_nothing() -> Build {
    let mut graph = Graph::default();
    let (_, [group, other]) = add_groups(&mut graph);
    case::<Release>(graph, release_props(&group), |it| "later".clone_into(&mut it.build), |it| it.group = other)
}

fn release_props(group: &Ref<Group>) -> ReleaseProps {
    ReleaseProps {
        group: group.clone(),
        path: REPORTS.to_owned(),
        build: "after".to_owned(),
        stage: "installed".to_owned(),
    }
}

fn command_props(only_others: bool) -> CommandProps {
    CommandProps {
        servers: "it-web".to_owned(),
        path: REPORTS.to_owned(),
        script: "echo it".to_owned(),
        only_others,
        build: "after".to_owned(),
        answers: "".into(),
    }
}

fn command() -> Build {
    let change = |it: &mut CommandProps| it.answers = "something".into();
    case::<Command>(Graph::default(), command_props(false), change, |it| "echo other".clone_into(&mut it.script))
}

fn command_to_others() -> Build {
    let mut graph = Graph::default();
    add_report(&mut graph);
    let change = |it: &mut CommandProps| "later".clone_into(&mut it.build);
    case::<Command>(graph, command_props(true), change, |it| "it-servers".clone_into(&mut it.servers))
}
