//! `ec2.security_group`: who may talk to a part of the site; its rules are resources of their own.
//!
//! On AWS the group's name ends in a piece of our token, because a name is unique within a VPC and a replacement
//! stands beside its predecessor until everybody has moved over.

use aws_sdk_ec2::types::{self, Filter, IpPermission, IpRange, ResourceType, Tag};

use super::described::{self, Described};
use super::tags;
use super::vpc::Vpc;
use crate::aws::tags::TOKEN;
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct SecurityGroup;

props! {
    /// What we want of a security group.
    pub struct SecurityGroupProps {
        /// The VPC that it is a part of.
        replace vpc: Ref<Vpc>,
        /// Its name, without the piece of our token.
        replace name: String,
        /// What it is for. AWS keeps it for ever.
        replace description: String,
        /// Whether the rule that lets everything out, which AWS adds by itself, stays.
        update default_egress: bool,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct SecurityGroupAttrs {
        /// `sg-…`.
        id: String,
    }
}

impl Kind for SecurityGroup {
    const NAME: &'static str = "ec2.security_group";
    const ID: &'static str = "id";
    const BATCH: usize = 200;
    const POLL: Poll = Poll { ready: Wait { typical: 0.7, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &["ec2:CreateSecurityGroup", "ec2:CreateTags"],
        read: &["ec2:DescribeSecurityGroups"],
        update: &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
        ],
        delete: &["ec2:DeleteSecurityGroup"],
        find: &["ec2:DescribeSecurityGroups"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "InvalidVpcID.NotFound", 60.0),
        Retry::on(Verb::Update, "InvalidGroup.NotFound", 60.0),
        // Network interfaces of load balancers and endpoints stay for minutes after their owner.
        Retry::on(Verb::Delete, "DependencyViolation", 900.0),
        Retry::on(Verb::Delete, "InvalidGroup.InUse", 900.0),
    ];
    const NAMED: Named = Named::By(&[("id", "sg-…")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = SecurityGroupProps;
    type Attrs = SecurityGroupAttrs;

    async fn create(cx: &Cx, token: &Token, want: &SecurityGroupProps) -> Result<SecurityGroupAttrs> {
        let create = cx
            .ec2()
            .create_security_group()
            .vpc_id(want.vpc.id())
            .group_name(format!("{}-{}", want.name, token.short()))
            .description(&want.description)
            .tag_specifications(tags::on_create(ResourceType::SecurityGroup, token, &want.tags));
        let answer = call("ec2:CreateSecurityGroup", create.send().await)?;
        Ok(SecurityGroupAttrs { id: complete("ec2:CreateSecurityGroup", answer.group_id)? })
    }

    async fn read(cx: &Cx, have: &[SecurityGroupAttrs]) -> Result<Vec<Option<Seen<SecurityGroup>>>> {
        described::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, SecurityGroup>) -> Result<SecurityGroupAttrs> {
        let id = &edit.have.id;
        if edit.changes("default_egress") {
            set_default_egress(cx, id, edit.want.default_egress).await?;
        }
        if edit.changes("tags") {
            tags::update(cx, id, &edit.was.tags, &edit.want.tags).await?;
        }
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &SecurityGroupAttrs) -> Result<()> {
        let answer = call("ec2:DeleteSecurityGroup", cx.ec2().delete_security_group().group_id(&have.id).send().await);
        deleted(answer, &["InvalidGroup.NotFound"])
    }

    async fn find(cx: &Cx, lost: &[Lost<SecurityGroup>]) -> Result<Vec<Option<SecurityGroupAttrs>>> {
        described::find(cx, lost).await
    }

    fn later(want: &SecurityGroupProps) -> Vec<&'static str> {
        if want.default_egress { Vec::new() } else { vec!["default_egress"] }
    }
}

impl Described for SecurityGroup {
    type Item = types::SecurityGroup;
    const CALL: &'static str = "ec2:DescribeSecurityGroups";
    const BY_ID: &'static str = "group-id";

    async fn describe(cx: &Cx, filter: Filter) -> Result<Vec<types::SecurityGroup>> {
        let pages = cx.ec2().describe_security_groups().filters(filter).into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn id(have: &SecurityGroupAttrs) -> &str {
        &have.id
    }

    fn tags(item: &types::SecurityGroup) -> &[Tag] {
        item.tags()
    }

    fn seen(item: &types::SecurityGroup) -> Option<Seen<SecurityGroup>> {
        let props = SecurityGroupProps {
            vpc: Ref::known(item.vpc_id()?),
            name: name_of(item)?,
            description: item.description()?.to_owned(),
            default_egress: item.ip_permissions_egress().iter().any(is_default),
            tags: tags::visible(item.tags()),
        };
        Some(Seen { phase: Phase::Ready, props, attrs: SecurityGroupAttrs { id: item.group_id()?.to_owned() } })
    }
}

/// Returns the name without the piece of the token that the group carries.
fn name_of(group: &types::SecurityGroup) -> Option<String> {
    let name = group.group_name()?;
    let token = group.tags().iter().find(|tag| tag.key() == Some(TOKEN)).and_then(Tag::value);
    let suffix = token.and_then(|it| it.get(..8));
    Some(suffix.and_then(|it| name.strip_suffix(it)?.strip_suffix('-')).unwrap_or(name).to_owned())
}

/// Whether this is the rule that AWS adds to each new group. One of ours says what it is for, AWS's does not.
fn is_default(rule: &IpPermission) -> bool {
    let everywhere = |range: &IpRange| range.cidr_ip() == Some(EVERYWHERE) && range.description().is_none();
    rule.ip_protocol() == Some(EVERY_PROTOCOL) && rule.ip_ranges().iter().any(everywhere)
}

const EVERYWHERE: &str = "0.0.0.0/0";
const EVERY_PROTOCOL: &str = "-1";

async fn set_default_egress(cx: &Cx, group: &str, wanted: bool) -> Result<()> {
    let everywhere = IpRange::builder().cidr_ip(EVERYWHERE).build();
    let rule = IpPermission::builder().ip_protocol(EVERY_PROTOCOL).ip_ranges(everywhere).build();
    if wanted {
        let authorize = cx.ec2().authorize_security_group_egress().group_id(group).ip_permissions(rule);
        let answer = call("ec2:AuthorizeSecurityGroupEgress", authorize.send().await);
        deleted(answer, &["InvalidPermission.Duplicate"])
    } else {
        let revoke = cx.ec2().revoke_security_group_egress().group_id(group).ip_permissions(rule);
        deleted(call("ec2:RevokeSecurityGroupEgress", revoke.send().await), &["InvalidPermission.NotFound"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything(description: Option<&str>) -> IpPermission {
        let range = IpRange::builder().cidr_ip(EVERYWHERE).set_description(description.map(str::to_owned)).build();
        IpPermission::builder().ip_protocol(EVERY_PROTOCOL).ip_ranges(range).build()
    }

    #[test]
    fn a_rule_that_says_what_it_is_for_is_not_awss_own() {
        assert!(is_default(&everything(None)));
        assert!(!is_default(&everything(Some("Updates"))));
    }

    #[test]
    fn the_name_loses_the_piece_of_our_token_and_nothing_else() {
        let group = |name: &str, token: &str| {
            let tag = Tag::builder().key(TOKEN).value(token).build();
            types::SecurityGroup::builder().group_name(name).tags(tag).build()
        };
        assert_eq!(name_of(&group("web-0123abcd", "0123abcd9999")).as_deref(), Some("web"));
        assert_eq!(name_of(&group("web-deadbeef", "0123abcd9999")).as_deref(), Some("web-deadbeef"));
    }
}
