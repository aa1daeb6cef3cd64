//! Who may come in: what the tier says of it to the network, which has the rules.

use super::{CLOUDFRONT, LoadBalancer};
use crate::topology::network::Visitors;
use crate::topology::{Facts, Question};

impl LoadBalancer {
    /// Returns what must be known of the account.
    pub(in crate::topology) fn questions(&self) -> Option<Question> {
        match self {
            LoadBalancer::Own(own) if own.only_from_cdn => Some(Question::PrefixList(CLOUDFRONT.to_owned())),
            LoadBalancer::Own(_) | LoadBalancer::Existing(_) => None,
        }
    }

    /// Returns who comes in and how. `tls`: whether there is a certificate.
    pub(in crate::topology) fn visitors(&self, facts: &Facts, tls: bool) -> Visitors {
        match self {
            LoadBalancer::Own(own) if own.only_from_cdn => {
                let prefix_list = facts.answer(&Question::PrefixList(CLOUDFRONT.to_owned())).to_owned();
                Visitors::Cdn { prefix_list, tls }
            }
            LoadBalancer::Own(own) => Visitors::From(own.allow.clone()),
            LoadBalancer::Existing(existing) => Visitors::Through(existing.group.clone()),
        }
    }
}
