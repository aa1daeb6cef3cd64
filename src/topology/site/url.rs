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

    fn target(name: &str) -> Target {
        Target { name: name.into(), zone_id: "Z1".into() }
    }

    fn front(certificate: bool, cdn: bool, load_balancer: bool) -> Front {
        Front {
            certificate,
            cdn: cdn.then(|| target("d1.cloudfront.net")),
            load_balancer: load_balancer.then(|| target("lb-1.elb.amazonaws.com")),
        }
    }

    fn site(domain: Option<&str>) -> Site {
        Site { domain: domain.map(str::to_owned), ..Site::default() }
    }

    fn of(domain: Option<&str>, front: &Front) -> String {
        url(Some(&site(domain)), front).map_or_else(String::new, |it| it.as_str().to_owned())
    }

    const DOMAIN: Option<&str> = Some("moodle.example.edu");

    #[test]
    fn with_a_domain_it_is_the_domain() {
        for (cdn, load_balancer) in [(true, true), (true, false), (false, true)] {
            assert_eq!(of(DOMAIN, &front(true, cdn, load_balancer)), "https://moodle.example.edu");
            assert_eq!(of(DOMAIN, &front(false, cdn, load_balancer)), "http://moodle.example.edu");
        }
    }

    #[test]
    fn without_a_domain_it_is_the_name_that_aws_gives() {
        assert_eq!(of(None, &front(false, true, true)), "https://d1.cloudfront.net");
        assert_eq!(of(None, &front(false, false, true)), "http://lb-1.elb.amazonaws.com");
        assert_eq!(url(None, &front(false, false, true)), Some("http://lb-1.elb.amazonaws.com".into()));
    }

    #[test]
    fn a_record_leads_to_what_visitors_meet_first() {
        let record = "moodle.example.edu CNAME d1.cloudfront.net";
        assert_eq!(record_by_hand(Some(&site(DOMAIN)), &front(true, true, true)), Some(record.into()));
        assert_eq!(record_by_hand(Some(&site(None)), &front(true, true, true)), None);
        assert_eq!(record_by_hand(Some(&site(DOMAIN)), &Front::default()), None);
    }

    #[test]
    fn where_nothing_lets_anybody_in_there_is_none() {
        assert_eq!(of(DOMAIN, &front(true, false, false)), "");
        assert_eq!(url(None, &Front::default()), None);
    }
}
