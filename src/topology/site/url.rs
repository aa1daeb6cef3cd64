//! What a person types to reach the site, which is also what Moodle must know as its own address.

use super::Site;
use crate::kind::Text;
use crate::topology::Front;

/// Returns the address of the site; `None` where nothing lets anybody in.
pub(in crate::topology) fn url(site: Option<&Site>, front: &Front) -> Option<Text> {
    let Front { certificate, cdn, load_balancer } = front;
    let at = |scheme: &str, name: &Text| Some(Text::concat([scheme.into(), name.clone()]));
    match (site.and_then(|it| it.domain.as_deref()), cdn, load_balancer) {
        (_, None, None) => None,
        (Some(domain), _, _) => at(if *certificate { "https://" } else { "http://" }, &domain.into()),
        // A distribution has a certificate for its own name; a load balancer has none.
        (None, Some(cdn), _) => at("https://", &cdn.name),
        (None, None, Some(load_balancer)) => at("http://", &load_balancer.name),
    }
}

/// Returns the line that a person writes into a zone elsewhere; `None` where there is nothing to say.
pub(in crate::topology) fn record_by_hand(site: Option<&Site>, front: &Front) -> Option<Text> {
    let domain = site?.domain.as_deref()?;
    let target = front.target()?;
    Some(Text::concat([domain.into(), " CNAME ".into(), target.name.clone()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Target;

    fn target(name: &str) -> Option<Target> {
        Some(Target { name: name.into(), zone_id: "Z1".into() })
    }

    fn of(domain: Option<&str>, certificate: bool, cdn: Option<Target>, load_balancer: Option<Target>) -> String {
        let site = Site { domain: domain.map(str::to_owned), ..Site::default() };
        let url = url(Some(&site), &Front { certificate, cdn, load_balancer });
        url.map_or_else(String::new, |it| it.as_str().to_owned())
    }

    #[test]
    fn with_a_domain_it_is_the_domain() {
        let (cdn, balancer) = (|| target("d1.cloudfront.net"), || target("lb-1.elb.amazonaws.com"));
        let domain = Some("moodle.example.edu");
        for (cdn, balancer) in [(cdn(), balancer()), (cdn(), None), (None, balancer())] {
            assert_eq!(of(domain, true, cdn.clone(), balancer.clone()), "https://moodle.example.edu");
            assert_eq!(of(domain, false, cdn, balancer), "http://moodle.example.edu");
        }
    }

    #[test]
    fn without_a_domain_it_is_the_name_that_aws_gives() {
        let (cdn, balancer) = (|| target("d1.cloudfront.net"), || target("lb-1.elb.amazonaws.com"));
        assert_eq!(of(None, false, cdn(), balancer()), "https://d1.cloudfront.net");
        assert_eq!(of(None, false, None, balancer()), "http://lb-1.elb.amazonaws.com");
        assert_eq!(
            url(None, &Front { certificate: false, cdn: None, load_balancer: target("lb") }),
            Some("http://lb".into())
        );
    }

    #[test]
    fn a_record_leads_to_what_visitors_meet_first() {
        let site = Site { domain: Some("moodle.example.edu".to_owned()), ..Site::default() };
        let front = Front { certificate: true, cdn: target("d1.cloudfront.net"), load_balancer: target("lb") };
        let record = "moodle.example.edu CNAME d1.cloudfront.net";
        assert_eq!(record_by_hand(Some(&site), &front), Some(record.into()));
        assert_eq!(record_by_hand(Some(&Site::default()), &front), None);
        assert_eq!(record_by_hand(Some(&site), &Front::default()), None);
    }

    #[test]
    fn where_nothing_lets_anybody_in_there_is_none() {
        assert_eq!(of(Some("moodle.example.edu"), true, None, None), "");
        assert_eq!(url(None, &Front::default()), None);
    }
}
