//! `ec2.vpc_endpoint`: reaches an AWS service without leaving the VPC, such as S3 for backups and packages.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, Filter, ResourceType, Tag, VpcEndpointType};

use super::described::{self, Described};
use super::route_table::RouteTable;
use super::security_group::SecurityGroup;
use super::subnet::Subnet;
use super::tags;
use super::vpc::Vpc;
use crate::aws::{Cx, Result, call};
use crate::kind::values::{Policy, Tags};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::kinds::ec2::partial;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct VpcEndpoint;

props! {
    /// What we want of an endpoint.
    pub struct VpcEndpointProps {
        /// The VPC that it is a part of.
        replace vpc: Ref<Vpc>,
        /// The full name of the service, `com.amazonaws.eu-west-1.s3`.
        replace service: String,
        /// `Gateway` (routes; S3) or `Interface` (addresses in subnets).
        replace endpoint_type: String,
        /// Of a gateway: the tables that get a route.
        update route_tables: BTreeSet<Ref<RouteTable>>,
        /// Of an interface: the subnets that get an address.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// Of an interface: who may talk to it.
        update groups: BTreeSet<Ref<SecurityGroup>>,
        /// Of an interface: whether the service's usual name leads here.
        update private_dns: Option<bool>,
        /// What may be done through it; AWS's own allows everything.
        update policy: Option<Policy>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct VpcEndpointAttrs {
        /// `vpce-…`.
        id: String,
    }
}

const DELETE: &str = "ec2:DeleteVpcEndpoints";

impl Kind for VpcEndpoint {
    const NAME: &'static str = "ec2.vpc_endpoint";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    // A gateway takes seconds, an interface one to three minutes; both are looked at by one call.
    const POLL: Poll = Poll { ready: Wait::looks(5.0, 3.0, 4.0, 600.0), gone: Wait::looks(10.0, 5.0, 5.0, 600.0) };
    const RATE: Rate = Rate { group: "endpoints", burst: 4, per_second: 0.3 };
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateVpcEndpoint", "ec2:CreateTags", "route53:AssociateVPCWithHostedZone"],
        read: &["ec2:DescribeVpcEndpoints"],
        update: &["ec2:ModifyVpcEndpoint", "ec2:CreateTags", "ec2:DeleteTags", "route53:AssociateVPCWithHostedZone"],
        delete: &[DELETE],
        find: &["ec2:DescribeVpcEndpoints"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidVpcId.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidRouteTableId.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidSubnetId.NotFound", 60.0),
        Retry::on(Verb::Create, "InvalidSecurityGroupId.NotFound", 60.0),
        // For about a minute the names of a deleted endpoint are still taken.
        Retry::saying(Verb::Create, "InvalidParameter", "conflicting DNS domain", 180.0),
        Retry::on(Verb::Update, "IncorrectState", 300.0),
        Retry::on(Verb::Delete, "IncorrectState", 300.0),
        Retry::on(Verb::Delete, "DependencyViolation", 300.0),
    ];
    const NAMED: Named = Named::By(&[("id", "vpce-…")]);

    type Props = VpcEndpointProps;
    type Attrs = VpcEndpointAttrs;

    async fn create(cx: &Cx, token: &Token, want: &VpcEndpointProps) -> Result<VpcEndpointAttrs> {
        let create = cx
            .ec2()
            .create_vpc_endpoint()
            .client_token(token.as_str())
            .vpc_id(want.vpc.id())
            .service_name(&want.service)
            .vpc_endpoint_type(VpcEndpointType::from(want.endpoint_type.as_str()))
            .set_route_table_ids(ids(&want.route_tables))
            .set_subnet_ids(ids(&want.subnets))
            .set_security_group_ids(ids(&want.groups))
            .set_private_dns_enabled(want.private_dns)
            .set_policy_document(want.policy.as_ref().map(Policy::to_json))
            .tag_specifications(tags::on_create(ResourceType::VpcEndpoint, token, &want.tags));
        let answer = call("ec2:CreateVpcEndpoint", create.send().await)?;
        let id = complete("ec2:CreateVpcEndpoint", answer.vpc_endpoint.and_then(|it| it.vpc_endpoint_id))?;
        Ok(VpcEndpointAttrs { id })
    }

    async fn read(cx: &Cx, have: &[VpcEndpointAttrs]) -> Result<Vec<Option<Seen<VpcEndpoint>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, VpcEndpoint>) -> Result<VpcEndpointAttrs> {
        let Edit { have, was, want, changed } = edit;
        if changed.iter().any(|field| *field != "tags") {
            let policy = want.policy.as_ref().filter(|_| edit.changes("policy")).map(Policy::to_json);
            let modify = cx
                .ec2()
                .modify_vpc_endpoint()
                .vpc_endpoint_id(&have.id)
                .set_add_route_table_ids(without(&want.route_tables, &was.route_tables))
                .set_remove_route_table_ids(without(&was.route_tables, &want.route_tables))
                .set_add_subnet_ids(without(&want.subnets, &was.subnets))
                .set_remove_subnet_ids(without(&was.subnets, &want.subnets))
                .set_add_security_group_ids(without(&want.groups, &was.groups))
                .set_remove_security_group_ids(without(&was.groups, &want.groups))
                .set_private_dns_enabled(want.private_dns.filter(|_| edit.changes("private_dns")))
                .set_policy_document(policy);
            call("ec2:ModifyVpcEndpoint", modify.send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, &have.id, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &VpcEndpointAttrs) -> Result<()> {
        let answer = call(DELETE, cx.ec2().delete_vpc_endpoints().vpc_endpoint_ids(&have.id).send().await);
        let answer = answer.and_then(|it| partial(DELETE, it.unsuccessful()));
        deleted(answer, &["InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<VpcEndpoint>]) -> Result<Vec<Option<VpcEndpointAttrs>>> {
        described::find(cx, lost).await
    }

    fn conflicts(old: &VpcEndpointProps, new: &VpcEndpointProps) -> bool {
        // Two gateways would want the same route, two interfaces the same private name.
        old.vpc == new.vpc && old.service == new.service && old.endpoint_type == new.endpoint_type
    }
}

impl Described for VpcEndpoint {
    type Item = types::VpcEndpoint;
    const CALL: &'static str = "ec2:DescribeVpcEndpoints";
    const BY_ID: &'static str = "vpc-endpoint-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::VpcEndpoint>> {
        let pages = cx.ec2().describe_vpc_endpoints().filters(filter).into_paginator().items().send();
        let mut found: Vec<types::VpcEndpoint> = call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)?;
        found.retain(|it| state(it) != "deleted");
        Ok(found)
    }

    fn id(have: &VpcEndpointAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::VpcEndpoint) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::VpcEndpoint) -> Option<Seen<VpcEndpoint>> {
        let props = VpcEndpointProps {
            vpc: Ref::known(item.vpc_id()?),
            service: item.service_name()?.to_owned(),
            endpoint_type: item.vpc_endpoint_type()?.as_str().to_owned(),
            route_tables: item.route_table_ids().iter().map(Ref::known).collect(),
            subnets: item.subnet_ids().iter().map(Ref::known).collect(),
            groups: item.groups().iter().filter_map(|it| it.group_id()).map(Ref::known).collect(),
            private_dns: item.private_dns_enabled(),
            policy: item.policy_document().map(Policy::parse).transpose().ok()?,
            tags: tags::visible(item.tags()),
        };
        let attrs = VpcEndpointAttrs { id: item.vpc_endpoint_id()?.to_owned() };
        Some(Seen { phase: phase(item), props, attrs })
    }
}

/// Returns the state in lower case, as AWS answers it; the SDK's enumeration has it with capitals and knows none.
fn state(endpoint: &types::VpcEndpoint) -> String {
    endpoint.state().map(|it| it.as_str().to_ascii_lowercase()).unwrap_or_default()
}

fn phase(endpoint: &types::VpcEndpoint) -> Phase {
    let state = state(endpoint);
    match state.as_str() {
        "pending" | "pendingacceptance" => Phase::Pending,
        "deleting" => Phase::Deleting,
        "failed" | "rejected" | "expired" => {
            let message = endpoint.last_error().and_then(|it| it.message()).unwrap_or("no message");
            Phase::Failed(format!("{state}: {message}"))
        }
        _ => Phase::Ready,
    }
}

fn ids<K: Kind>(all: &BTreeSet<Ref<K>>) -> Option<Vec<String>> {
    without(all, &BTreeSet::new())
}

/// Returns the ids of those in `all` that are not in `others`; `None` for nothing, which AWS wants left out.
fn without<K: Kind>(all: &BTreeSet<Ref<K>>, others: &BTreeSet<Ref<K>>) -> Option<Vec<String>> {
    let ids: Vec<String> = all.difference(others).map(|it| it.id().to_owned()).collect();
    (!ids.is_empty()).then_some(ids)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::State;

    use super::*;

    #[test]
    fn states_are_read_in_any_case() {
        let phase = |state: &str| phase(&types::VpcEndpoint::builder().state(State::from(state)).build());
        for pending in ["pending", "Pending", "pendingAcceptance"] {
            assert_eq!(phase(pending), Phase::Pending);
        }
        assert_eq!(phase("available"), Phase::Ready);
        assert_eq!(phase("deleting"), Phase::Deleting);
        assert_eq!(phase("Failed"), Phase::Failed("failed: no message".to_owned()));
    }
}
