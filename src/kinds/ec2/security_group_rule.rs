//! `ec2.security_group_rule`: one line of a security group: who may come in, or where it may go.
//!
//! A resource of its own, so that two groups can name each other and each line can change alone.

use aws_sdk_ec2::types::{
    self, Filter, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, Tag, UserIdGroupPair,
};
use serde::{Deserialize, Serialize};

use super::described::{self, Described};
use super::security_group::SecurityGroup;
use super::tags;
use crate::aws::{Cx, Result, call};
use crate::kind::values::{Cidr, Tags};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct SecurityGroupRule;

/// Whether a rule is about what comes in or what goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// What comes in.
    Ingress,
    /// What goes out.
    Egress,
}

props! {
    /// What we want of a rule; one of `cidr`, `peer` and `prefix_list` is set.
    pub struct SecurityGroupRuleProps {
        /// The group that it is a line of.
        replace group: Ref<SecurityGroup>,
        /// What it is about.
        replace direction: Direction,
        /// `tcp`, `udp`, `icmp`, or `-1` for all.
        update protocol: String,
        /// The first port; `-1` where the protocol has none.
        update from_port: i32,
        /// The last port; `-1` where the protocol has none.
        update to_port: i32,
        // The three others replace, because AWS refuses to change a rule from one sort of peer to another.
        /// The address range at the other end.
        replace cidr: Option<Cidr>,
        /// The security group at the other end.
        replace peer: Option<Ref<SecurityGroup>>,
        /// The managed prefix list at the other end.
        replace prefix_list: Option<String>,
        /// What it is for.
        update description: String,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns, and what a deletion needs.
    pub struct SecurityGroupRuleAttrs {
        /// `sgr-…`.
        id: String,
        /// `sg-…`.
        group: String,
        /// Whether it is about what comes in or what goes out.
        direction: Direction,
    }
}

const INGRESS: &str = "ec2:AuthorizeSecurityGroupIngress";
const EGRESS: &str = "ec2:AuthorizeSecurityGroupEgress";

impl Kind for SecurityGroupRule {
    const NAME: &'static str = "ec2.security_group_rule";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[INGRESS, EGRESS, "ec2:CreateTags"],
        read: &["ec2:DescribeSecurityGroupRules"],
        update: &["ec2:ModifySecurityGroupRules", "ec2:CreateTags", "ec2:DeleteTags"],
        delete: &["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"],
        find: &["ec2:DescribeSecurityGroupRules"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidGroup.NotFound", 60.0),
        Retry::on(Verb::Update, "InvalidGroup.NotFound", 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "sgr-…")]);

    type Props = SecurityGroupRuleProps;
    type Attrs = SecurityGroupRuleAttrs;

    async fn create(cx: &Cx, token: &Token, want: &SecurityGroupRuleProps) -> Result<SecurityGroupRuleAttrs> {
        let (group, permission) = (want.group.id(), permission(want));
        let tags = tags::on_create(ResourceType::SecurityGroupRule, token, &want.tags);
        let rules = match want.direction {
            Direction::Ingress => {
                let authorize = cx.ec2().authorize_security_group_ingress().group_id(group);
                let authorize = authorize.ip_permissions(permission).tag_specifications(tags);
                call(INGRESS, authorize.send().await)?.security_group_rules
            }
            Direction::Egress => {
                let authorize = cx.ec2().authorize_security_group_egress().group_id(group);
                let authorize = authorize.ip_permissions(permission).tag_specifications(tags);
                call(EGRESS, authorize.send().await)?.security_group_rules
            }
        };
        let rule = rules.unwrap_or_default().into_iter().next();
        let id = complete(INGRESS, rule.and_then(|it| it.security_group_rule_id))?;
        Ok(SecurityGroupRuleAttrs { id, group: group.to_owned(), direction: want.direction })
    }

    async fn read(cx: &Cx, have: &[SecurityGroupRuleAttrs]) -> Result<Vec<Option<Seen<SecurityGroupRule>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, SecurityGroupRule>) -> Result<SecurityGroupRuleAttrs> {
        let SecurityGroupRuleAttrs { id, group, direction: _ } = edit.have;
        if edit.changed.iter().any(|field| *field != "tags") {
            let update = SecurityGroupRuleUpdate::builder().security_group_rule_id(id);
            let update = update.security_group_rule(request(edit.want)).build();
            let modify = cx.ec2().modify_security_group_rules().group_id(group).security_group_rules(update);
            call("ec2:ModifySecurityGroupRules", modify.send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, id, &edit.was.tags, &edit.want.tags).await?;
        }
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SecurityGroupRuleAttrs) -> Result<()> {
        let SecurityGroupRuleAttrs { id, group, direction } = have;
        let answer = match direction {
            Direction::Ingress => {
                let revoke = cx.ec2().revoke_security_group_ingress().group_id(group).security_group_rule_ids(id);
                call("ec2:RevokeSecurityGroupIngress", revoke.send().await).map(drop)
            }
            Direction::Egress => {
                let revoke = cx.ec2().revoke_security_group_egress().group_id(group).security_group_rule_ids(id);
                call("ec2:RevokeSecurityGroupEgress", revoke.send().await).map(drop)
            }
        };
        deleted(answer, &["InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidGroup.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<SecurityGroupRule>]) -> Result<Vec<Option<SecurityGroupRuleAttrs>>> {
        described::find(cx, lost).await
    }

    fn conflicts(old: &SecurityGroupRuleProps, new: &SecurityGroupRuleProps) -> bool {
        let what = |it: &SecurityGroupRuleProps| {
            let ports = (it.protocol.clone(), it.from_port, it.to_port);
            (it.group.clone(), it.direction, ports, it.cidr, it.peer.clone(), it.prefix_list.clone())
        };
        what(old) == what(new)
    }
}

impl Described for SecurityGroupRule {
    type Item = types::SecurityGroupRule;
    const CALL: &'static str = "ec2:DescribeSecurityGroupRules";
    const BY_ID: &'static str = "security-group-rule-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::SecurityGroupRule>> {
        let pages = cx.ec2().describe_security_group_rules().filters(filter).into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn id(have: &SecurityGroupRuleAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::SecurityGroupRule) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::SecurityGroupRule) -> Option<Seen<SecurityGroupRule>> {
        let group = item.group_id()?;
        let direction = if item.is_egress()? { Direction::Egress } else { Direction::Ingress };
        let cidr = item.cidr_ipv4().or(item.cidr_ipv6());
        let props = SecurityGroupRuleProps {
            group: Ref::known(group),
            direction,
            protocol: item.ip_protocol()?.to_owned(),
            from_port: item.from_port().unwrap_or(-1),
            to_port: item.to_port().unwrap_or(-1),
            cidr: cidr.map(str::parse).transpose().ok()?,
            peer: item.referenced_group_info().and_then(|it| it.group_id()).map(Ref::known),
            prefix_list: item.prefix_list_id().map(str::to_owned),
            description: item.description().unwrap_or_default().to_owned(),
            tags: tags::visible(item.tags()),
        };
        let id = item.security_group_rule_id()?.to_owned();
        let attrs = SecurityGroupRuleAttrs { id, group: group.to_owned(), direction };
        Some(Seen { phase: Phase::Ready, props, attrs })
    }
}

/// Returns the description to send: AWS refuses an empty one.
fn described_as(want: &SecurityGroupRuleProps) -> Option<String> {
    (!want.description.is_empty()).then(|| want.description.clone())
}

fn permission(want: &SecurityGroupRuleProps) -> IpPermission {
    let text = || described_as(want);
    let mut permission =
        IpPermission::builder().ip_protocol(&want.protocol).from_port(want.from_port).to_port(want.to_port);
    if let Some(cidr) = want.cidr {
        permission = if cidr.net().addr().is_ipv4() {
            permission.ip_ranges(IpRange::builder().cidr_ip(cidr.to_string()).set_description(text()).build())
        } else {
            permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(cidr.to_string()).set_description(text()).build())
        };
    }
    if let Some(peer) = &want.peer {
        let pair = UserIdGroupPair::builder().group_id(peer.id()).set_description(text());
        permission = permission.user_id_group_pairs(pair.build());
    }
    if let Some(list) = &want.prefix_list {
        let list = PrefixListId::builder().prefix_list_id(list).set_description(text());
        permission = permission.prefix_list_ids(list.build());
    }
    permission.build()
}

fn request(want: &SecurityGroupRuleProps) -> SecurityGroupRuleRequest {
    let cidr = |ipv4: bool| want.cidr.filter(|it| it.net().addr().is_ipv4() == ipv4).map(|it| it.to_string());
    SecurityGroupRuleRequest::builder()
        .ip_protocol(&want.protocol)
        .from_port(want.from_port)
        .to_port(want.to_port)
        .set_cidr_ipv4(cidr(true))
        .set_cidr_ipv6(cidr(false))
        .set_prefix_list_id(want.prefix_list.clone())
        .set_referenced_group_id(want.peer.as_ref().map(|it| it.id().to_owned()))
        .set_description(described_as(want))
        .build()
}
