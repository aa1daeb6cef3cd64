//! What really is in an account, by listing it, whatever the state says.

use std::collections::BTreeMap;

use moodle_infra::aws::Cx;
use moodle_infra::aws::tags::{STACK, TOKEN};
use serde_json::Value;

use super::run::Desk;

/// Every resource in the account that carries the tag of a stack: id → token. And what is inside of them twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inventory {
    pub(super) tokens: BTreeMap<String, String>,
    pub(super) doubles: Vec<String>,
}

impl Inventory {
    /// Lists the account of a desk.
    pub(super) async fn of(desk: &Desk) -> Inventory {
        let mut inventory = Inventory::default();
        inventory.network(&desk.cx()).await;
        inventory.names(&desk.cx()).await;
        let mut seen = BTreeMap::new();
        for (id, token) in &inventory.tokens {
            if let Some(other) = seen.insert(token.clone(), id.clone()) {
                inventory.doubles.push(format!("{id} and {other} have one token"));
            }
        }
        inventory
    }

    /// Checks that the account has what the state has: no orphan, no double, nothing lost.
    #[track_caller]
    pub(super) fn matches_state_of(&self, desk: &Desk, when: &str) {
        assert_eq!(self.doubles, Vec::<String>::new(), "doubles, {when}");
        let listed = desk.ends_with(0, "state list --json --stack campus");
        let state: Value = serde_json::from_str(&listed.out).unwrap();
        let mut recorded: BTreeMap<String, String> = BTreeMap::new();
        for entry in state.as_array().unwrap() {
            let resource = &entry["resource"];
            let tagged = resource["props"].get("tags").is_some();
            if tagged {
                let id = resource["attrs"]["id"].as_str().or(resource["attrs"]["name"].as_str()).unwrap();
                recorded.insert(id.to_owned(), resource["token"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(self.tokens, recorded, "left: in the account, right: in the state, {when}");
    }

    fn note(&mut self, id: Option<&str>, tags: impl IntoIterator<Item = (String, String)>) {
        let tags: BTreeMap<String, String> = tags.into_iter().collect();
        if tags.contains_key(STACK) {
            self.tokens.insert(id.unwrap().to_owned(), tags.get(TOKEN).cloned().unwrap_or_default());
        }
    }

    fn ec2(&mut self, id: Option<&str>, tags: &[aws_sdk_ec2::types::Tag]) {
        let pair = |tag: &aws_sdk_ec2::types::Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
        self.note(id, tags.iter().filter_map(pair));
    }

    async fn network(&mut self, cx: &Cx) {
        let ec2 = cx.ec2();
        for it in ec2.describe_vpcs().send().await.unwrap().vpcs() {
            self.ec2(it.vpc_id(), it.tags());
        }
        for it in ec2.describe_subnets().send().await.unwrap().subnets() {
            self.ec2(it.subnet_id(), it.tags());
        }
        for it in ec2.describe_internet_gateways().send().await.unwrap().internet_gateways() {
            self.ec2(it.internet_gateway_id(), it.tags());
        }
        for it in ec2.describe_addresses().send().await.unwrap().addresses() {
            self.ec2(it.allocation_id(), it.tags());
        }
        for it in ec2.describe_nat_gateways().send().await.unwrap().nat_gateways() {
            if it.state() != Some(&aws_sdk_ec2::types::NatGatewayState::Deleted) {
                self.ec2(it.nat_gateway_id(), it.tags());
            }
        }
        for it in ec2.describe_route_tables().send().await.unwrap().route_tables() {
            self.ec2(it.route_table_id(), it.tags());
            let targets = it.routes().iter().filter_map(|route| route.destination_cidr_block());
            self.twice("route", targets.map(|target| format!("{:?} {target}", it.route_table_id())));
            let subnets = it.associations().iter().filter_map(|association| association.subnet_id());
            self.twice("association", subnets.map(str::to_owned));
        }
        for it in ec2.describe_security_groups().send().await.unwrap().security_groups() {
            self.ec2(it.group_id(), it.tags());
        }
        let rules = ec2.describe_security_group_rules().send().await.unwrap();
        for it in rules.security_group_rules() {
            self.ec2(it.security_group_rule_id(), it.tags());
        }
        let said = rules.security_group_rules().iter().map(|it| {
            let peer = it.referenced_group_info().and_then(|peer| peer.group_id());
            let ports = (it.from_port(), it.to_port(), it.ip_protocol(), it.is_egress());
            format!("{:?} {ports:?} {:?} {peer:?}", it.group_id(), it.cidr_ipv4())
        });
        self.twice("rule", said);
        for it in ec2.describe_vpc_endpoints().send().await.unwrap().vpc_endpoints() {
            self.ec2(it.vpc_endpoint_id(), it.tags());
        }
        for it in ec2.describe_flow_logs().send().await.unwrap().flow_logs() {
            self.ec2(it.flow_log_id(), it.tags());
        }
    }

    async fn names(&mut self, cx: &Cx) {
        for role in cx.iam().list_roles().send().await.unwrap().roles() {
            let tags = cx.iam().list_role_tags().role_name(role.role_name()).send().await.unwrap();
            self.note(
                Some(role.role_name()),
                tags.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())),
            );
        }
        for group in cx.logs().describe_log_groups().send().await.unwrap().log_groups() {
            let arn = group.log_group_arn().or(group.arn()).unwrap().trim_end_matches(":*").to_owned();
            let tags = cx.logs().list_tags_for_resource().resource_arn(arn).send().await.unwrap();
            self.note(group.log_group_name(), tags.tags().cloned().unwrap_or_default());
        }
    }

    fn twice(&mut self, what: &str, all: impl Iterator<Item = String>) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for one in all {
            *counts.entry(one).or_default() += 1;
        }
        let doubled = counts.into_iter().filter(|(_, count)| 1 < *count);
        self.doubles.extend(doubled.map(|(one, count)| format!("{what} {one}: {count} times")));
    }
}
