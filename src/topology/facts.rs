//! What a topology must know of the account to become resources.

use std::collections::BTreeMap;
use std::fmt;

use super::Topology;
use super::network::{Network, Zones};
use super::regions;

/// The account and place in which a stack stands. Made by checking them against the topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    account: String,
    partition: String,
    region: String,
    zones: Vec<String>,
    answers: BTreeMap<Question, String>,
}

/// Something of the account that has a name in the spec and an id in AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The id of the public hosted zone with this name, without a dot at its end.
    HostedZone(String),
    /// The id of the prefix list with this name.
    PrefixList(String),
    /// Whether a server that reports below this parameter serves a site that is installed: [`Question::YES`], or not.
    Installed(String),
}

impl Question {
    /// That it is so.
    pub const YES: &str = "yes";
    /// That it is not, or not yet.
    pub const NO: &str = "no";

    /// Returns the IAM action by which AWS is asked.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Question::HostedZone(_) => "route53:ListHostedZonesByName",
            Question::PrefixList(_) => "ec2:DescribeManagedPrefixLists",
            Question::Installed(_) => "ssm:GetParametersByPath",
        }
    }

    /// Returns an id that could be the answer, for commands that ask AWS nothing.
    fn placeholder(&self) -> String {
        match self {
            Question::HostedZone(_) => "Z0000000000000",
            Question::PrefixList(_) => "pl-00000000",
            Question::Installed(_) => Question::NO,
        }
        .to_owned()
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::HostedZone(name) => write!(f, "the hosted zone {name}"),
            Question::PrefixList(name) => write!(f, "the prefix list {name}"),
            Question::Installed(path) => write!(f, "the site that reports below {path}"),
        }
    }
}

impl Facts {
    /// Returns the facts for a topology in an account (12 digits) and a region, of whose zones `available` are usable,
    /// in the order in which they are to be taken: those that the stack has already first, so that a zone more in the
    /// spec is a zone more in AWS and moves no other.
    ///
    /// # Errors
    /// When the topology asks for more zones than there are, or for one that is not among them.
    pub fn of(topology: &Topology, account: &str, region: &str, available: &[String]) -> Result<Facts, FactsError> {
        let zones = match &topology.network {
            Some(Network::Own(own)) => chosen(&own.zones, region, available)?,
            Some(Network::Existing(_)) | None => Vec::new(),
        };
        let partition = regions::partition(region).to_owned();
        let answers = BTreeMap::new();
        Ok(Facts { account: account.to_owned(), partition, region: region.to_owned(), zones, answers })
    }

    /// Returns facts for commands that ask AWS nothing: account zero, zones a, b, c …
    ///
    /// Where the spec names no region, that of its zones is taken, else `us-east-1`.
    ///
    /// # Panics
    /// When the topology is not one that [`read`](super::read) gave.
    #[must_use]
    pub fn offline(topology: &Topology) -> Facts {
        let named = match &topology.network {
            Some(Network::Own(own)) => match &own.zones {
                Zones::Names(names) => names.first().and_then(|it| regions::of_zone(it)),
                Zones::Count(_) => None,
            },
            Some(Network::Existing(_)) | None => None,
        };
        let region = topology.region.as_deref().or(named).unwrap_or("us-east-1");
        let available: Vec<String> = ('a'..='z').map(|letter| format!("{region}{letter}")).collect();
        let facts = Facts::of(topology, "000000000000", region, &available)
            .unwrap_or_else(|error| panic!("bug: a checked topology does not fit its own region: {error}"));
        facts.remembering(topology, &BTreeMap::new())
    }

    /// Returns the facts with the answers that a state remembers, by what [`Question`] displays, and made-up ones where
    /// it remembers none.
    #[must_use]
    pub fn remembering(self, topology: &Topology, answers: &BTreeMap<String, String>) -> Facts {
        let answer = |it: &Question| answers.get(&it.to_string()).cloned().unwrap_or_else(|| it.placeholder());
        let answers = topology.questions().into_iter().map(|it| (it.clone(), answer(&it))).collect();
        self.knowing(answers)
    }

    /// Returns the facts with answers to [`Topology::questions`].
    #[must_use]
    pub fn knowing(mut self, answers: BTreeMap<Question, String>) -> Facts {
        self.answers = answers;
        self
    }

    /// Returns the answer to a question.
    ///
    /// # Panics
    /// When the topology did not ask it: the tiers ask what they need.
    #[must_use]
    pub fn answer(&self, question: &Question) -> &str {
        self.answers.get(question).unwrap_or_else(|| panic!("bug: nobody asked for {question}"))
    }

    /// Returns every answer, by what its question displays.
    #[must_use]
    pub fn answers(&self) -> BTreeMap<String, String> {
        self.answers.iter().map(|(question, answer)| (question.to_string(), answer.clone())).collect()
    }

    /// Returns the account's twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the partition: `aws`, `aws-cn`.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Returns the region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns the zones to use, in their order; empty where the spec makes no subnets.
    #[must_use]
    pub fn zones(&self) -> &[String] {
        &self.zones
    }
}

fn chosen(zones: &Zones, region: &str, available: &[String]) -> Result<Vec<String>, FactsError> {
    match zones {
        Zones::Count(count) => {
            let mut first = available.to_vec();
            first.truncate(*count);
            let too_few = FactsError::TooFew { region: region.to_owned(), have: available.len(), want: *count };
            if first.len() == *count { Ok(first) } else { Err(too_few) }
        }
        Zones::Names(names) => match names.iter().find(|it| !available.contains(it)) {
            None => Ok(names.clone()),
            Some(zone) => {
                let have = available.join(", ");
                Err(FactsError::NotThere { region: region.to_owned(), zone: zone.clone(), have })
            }
        },
    }
}

/// A topology that an account cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// The spec asks for more zones than there are.
    #[error("the spec asks for {want} zones, and the account can use {have} in {region}; write `zones {have}`")]
    TooFew {
        /// The region.
        region: String,
        /// How many there are.
        have: usize,
        /// How many are asked for.
        want: usize,
    },
    /// The spec asks for a zone that is not there.
    #[error("the account cannot use the zone `{zone}` in {region}; it can use: {have}")]
    NotThere {
        /// The region.
        region: String,
        /// The zone.
        zone: String,
        /// The zones that are there.
        have: String,
    },
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn topology(zones: &str) -> Topology {
        let spec = format!("moodle \"a\" {{ network {{ zones {zones} }} }}");
        read(spec.as_bytes(), "x.kdl").0.unwrap()
    }

    fn zones(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn zones_are_chosen_in_the_order_given() {
        // The first is one that the stack has, the others are those that AWS tells besides.
        let available = zones(&["eu-west-1c", "eu-west-1a", "eu-west-1b"]);
        let facts = |spec: &str| Facts::of(&topology(spec), "123456789012", "eu-west-1", &available);
        assert_eq!(facts("2").unwrap().zones(), ["eu-west-1c", "eu-west-1a"]);
        assert_eq!(facts("\"eu-west-1c\" \"eu-west-1a\"").unwrap().zones(), ["eu-west-1c", "eu-west-1a"]);
        assert_eq!(
            facts("4").unwrap_err().to_string(),
            "the spec asks for 4 zones, and the account can use 3 in eu-west-1; write `zones 3`"
        );
        assert!(facts("\"eu-west-1d\"").is_err());
    }

    #[test]
    fn offline_facts_take_the_region_of_the_zones() {
        let facts = Facts::offline(&topology("\"cn-north-1b\""));
        assert_eq!((facts.region(), facts.partition()), ("cn-north-1", "aws-cn"));
        assert_eq!(Facts::offline(&topology("2")).zones(), ["us-east-1a", "us-east-1b"]);
    }
}
