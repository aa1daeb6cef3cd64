//! `elbv2.load_balancer`: spreads visitors over the web servers of all zones.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer as InAws, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum,
    Tag,
};

use super::{NO_LOAD_BALANCER, full_name, name_of, tags, whole_name};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, deleted, existing};
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::kinds::ec2::subnet::Subnet;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct LoadBalancer;

props! {
    /// What we want of a load balancer.
    pub struct LoadBalancerProps {
        /// Its name, without the piece of our token: at most 23 characters.
        replace name: String,
        /// `internet-facing` or `internal`.
        replace scheme: String,
        /// Where it stands: subnets in two zones at least.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// Who may talk to it.
        update groups: BTreeSet<Ref<SecurityGroup>>,
        /// After so many seconds without a byte a connection is closed.
        update idle_timeout: i32,
        /// Whether visitors may use HTTP/2.
        update http2: bool,
        /// Whether headers with names that are none are taken out.
        update drop_invalid_headers: bool,
        /// How requests are treated that two servers may read otherwise: `monitor`, `defensive`, `strictest`.
        update desync: String,
        /// Whether AWS refuses to delete it.
        update deletion_protection: bool,
        /// The bucket of the access logs; empty for none.
        update log_bucket: Text,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct LoadBalancerAttrs {
        /// `arn:aws:elasticloadbalancing:…:loadbalancer/app/…`.
        arn: String,
        /// The whole name.
        name: String,
        /// What metrics call it: `app/…/…`.
        full_name: String,
        /// The name by which it is reached.
        dns_name: String,
        /// The hosted zone of that name, for alias records.
        zone_id: String,
    }
}

const CREATE: &str = "elasticloadbalancing:CreateLoadBalancer";
const DESCRIBE: &str = "elasticloadbalancing:DescribeLoadBalancers";
const ATTRIBUTES: &str = "elasticloadbalancing:DescribeLoadBalancerAttributes";
const MODIFY: &str = "elasticloadbalancing:ModifyLoadBalancerAttributes";
const SUBNETS: &str = "elasticloadbalancing:SetSubnets";
const GROUPS: &str = "elasticloadbalancing:SetSecurityGroups";
const DELETE: &str = "elasticloadbalancing:DeleteLoadBalancer";

const LOGS: &str = "access_logs.s3.enabled";
const LOG_BUCKET: &str = "access_logs.s3.bucket";

/// The property, its name in AWS, and how AWS sets it by itself.
const PLAIN: &[(&str, &str, &str)] = &[
    ("idle_timeout", "idle_timeout.timeout_seconds", "60"),
    ("http2", "routing.http2.enabled", "true"),
    ("drop_invalid_headers", "routing.http.drop_invalid_header_fields.enabled", "false"),
    ("desync", "routing.http.desync_mitigation_mode", "defensive"),
    ("deletion_protection", "deletion_protection.enabled", "false"),
];

impl Kind for LoadBalancer {
    const NAME: &'static str = "elbv2.load_balancer";
    const ID: &'static str = "arn";
    // One by one: a call for many fails as a whole when one is gone.
    const BATCH: usize = 5;
    const POLL: Poll = Poll { ready: Wait::looks(120.0, 85.0, 5.0, 900.0), gone: Wait::looks(2.0, 1.0, 3.0, 120.0) };
    const RATE: Rate = Rate { group: "load balancers", burst: 10, per_second: 0.2 };
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[
            CREATE,
            tags::ADD,
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "iam:CreateServiceLinkedRole",
        ],
        read: &[DESCRIBE, ATTRIBUTES, tags::DESCRIBE],
        update: &[
            MODIFY,
            SUBNETS,
            GROUPS,
            tags::ADD,
            tags::REMOVE,
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        delete: &[DELETE],
        find: &[DESCRIBE, tags::DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        // The way to the internet, or the group, is a moment old.
        Retry::on(Verb::Create, "InvalidSubnet", 60.0),
        Retry::on(Verb::Create, "SubnetNotFound", 60.0),
        Retry::on(Verb::Create, "InvalidSecurityGroup", 60.0),
        Retry::on(Verb::Update, NO_LOAD_BALANCER, 60.0),
        Retry::on(Verb::Update, "InvalidSecurityGroup", 60.0),
        // The policy of the bucket for the logs has not spread yet.
        Retry::saying(Verb::Update, "InvalidConfigurationRequest", "Access Denied", 120.0),
        Retry::on(Verb::Delete, "ResourceInUse", 300.0),
    ];
    const NAMED: Named = Named::By(&[("arn", "arn:…:loadbalancer/app/…")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = LoadBalancerProps;
    type Attrs = LoadBalancerAttrs;

    async fn create(cx: &Cx, token: &Token, want: &LoadBalancerProps) -> Result<LoadBalancerAttrs> {
        let create = cx
            .elbv2()
            .create_load_balancer()
            .name(whole_name(&want.name, token))
            .r#type(LoadBalancerTypeEnum::Application)
            .scheme(LoadBalancerSchemeEnum::from(want.scheme.as_str()))
            .set_subnets(Some(ids(&want.subnets)))
            .set_security_groups(Some(ids(&want.groups)))
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let made = call(CREATE, create.send().await)?.load_balancers.and_then(|it| it.into_iter().next());
        attrs_of(CREATE, &complete(CREATE, made)?)
    }

    async fn read(cx: &Cx, have: &[LoadBalancerAttrs]) -> Result<Vec<Option<Seen<LoadBalancer>>>> {
        let mut all = Vec::new();
        for it in have {
            all.push(seen(cx, it).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, LoadBalancer>) -> Result<LoadBalancerAttrs> {
        let Edit { have, was, want, changed } = edit;
        if edit.changes("subnets") {
            let set = cx.elbv2().set_subnets().load_balancer_arn(&have.arn).set_subnets(Some(ids(&want.subnets)));
            call(SUBNETS, set.send().await)?;
        }
        if edit.changes("groups") {
            let set = cx.elbv2().set_security_groups().load_balancer_arn(&have.arn);
            call(GROUPS, set.set_security_groups(Some(ids(&want.groups))).send().await)?;
        }
        let attributes = attributes(want, changed);
        if !attributes.is_empty() {
            let modify = cx.elbv2().modify_load_balancer_attributes().load_balancer_arn(&have.arn);
            call(MODIFY, modify.set_attributes(Some(attributes)).send().await)?;
        }
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    /// Takes listeners and rules with it.
    async fn delete(cx: &Cx, have: &LoadBalancerAttrs) -> Result<()> {
        let delete = cx.elbv2().delete_load_balancer().load_balancer_arn(&have.arn).send().await;
        deleted(call(DELETE, delete), &[NO_LOAD_BALANCER])
    }

    async fn find(cx: &Cx, lost: &[Lost<LoadBalancer>]) -> Result<Vec<Option<LoadBalancerAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let describe = cx.elbv2().describe_load_balancers().names(whole_name(&want.name, token)).send().await;
            let found = existing(call(DESCRIBE, describe), &[NO_LOAD_BALANCER])?.and_then(|it| it.load_balancers);
            let attrs = found.and_then(|it| it.into_iter().next()).map(|it| attrs_of(DESCRIBE, &it)).transpose()?;
            all.push(match attrs {
                Some(it) if tags::carries(cx, &it.arn, NO_LOAD_BALANCER, token).await? => Some(it),
                _ => None,
            });
        }
        Ok(all)
    }

    fn later(want: &LoadBalancerProps) -> Vec<&'static str> {
        let mut later: Vec<&'static str> =
            PLAIN.iter().filter(|(name, _, own)| value(want, name) != *own).map(|(name, _, _)| *name).collect();
        if want.log_bucket != Text::Known(String::new()) {
            later.push("log_bucket");
        }
        later
    }

    fn noticed(_old: &LoadBalancerProps, _new: &LoadBalancerProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("nobody reaches the site")
    }
}

fn ids<K: Kind>(refs: &BTreeSet<Ref<K>>) -> Vec<String> {
    refs.iter().map(|it| it.id().to_owned()).collect()
}

/// Returns a plain property as AWS writes it.
fn value(props: &LoadBalancerProps, name: &str) -> String {
    match name {
        "idle_timeout" => props.idle_timeout.to_string(),
        "http2" => props.http2.to_string(),
        "drop_invalid_headers" => props.drop_invalid_headers.to_string(),
        "desync" => props.desync.clone(),
        "deletion_protection" => props.deletion_protection.to_string(),
        other => panic!("bug: {other} is no attribute of a load balancer"),
    }
}

/// Returns those of the changed properties that are attributes.
fn attributes(want: &LoadBalancerProps, changed: &[&str]) -> Vec<LoadBalancerAttribute> {
    let attribute = |key: &str, value: &str| LoadBalancerAttribute::builder().key(key).value(value).build();
    let plain = PLAIN.iter().filter(|(name, _, _)| changed.contains(name));
    let mut all: Vec<_> = plain.map(|(name, key, _)| attribute(key, &value(want, name))).collect();
    if changed.contains(&"log_bucket") {
        let bucket = want.log_bucket.as_str();
        all.push(attribute(LOGS, if bucket.is_empty() { "false" } else { "true" }));
        if !bucket.is_empty() {
            all.push(attribute(LOG_BUCKET, bucket));
        }
    }
    all
}

fn attrs_of(operation: &'static str, there: &InAws) -> Result<LoadBalancerAttrs> {
    let arn = complete(operation, there.load_balancer_arn())?.to_owned();
    Ok(LoadBalancerAttrs {
        name: complete(operation, there.load_balancer_name())?.to_owned(),
        full_name: full_name(&arn, ":loadbalancer/"),
        dns_name: complete(operation, there.dns_name())?.to_owned(),
        zone_id: complete(operation, there.canonical_hosted_zone_id())?.to_owned(),
        arn,
    })
}

async fn seen(cx: &Cx, have: &LoadBalancerAttrs) -> Result<Option<Seen<LoadBalancer>>> {
    let describe = cx.elbv2().describe_load_balancers().load_balancer_arns(&have.arn).send().await;
    let found = existing(call(DESCRIBE, describe), &[NO_LOAD_BALANCER])?.and_then(|it| it.load_balancers);
    let Some(there) = found.and_then(|it| it.into_iter().next()) else { return Ok(None) };
    let describe = cx.elbv2().describe_load_balancer_attributes().load_balancer_arn(&have.arn).send().await;
    let attributes = existing(call(ATTRIBUTES, describe), &[NO_LOAD_BALANCER])?.and_then(|it| it.attributes);
    let (Some(attributes), Some(tags)) = (attributes, tags::of(cx, &have.arn, NO_LOAD_BALANCER).await?) else {
        return Ok(None);
    };
    let props = props_of(&there, &attributes, &tags);
    Ok(Some(Seen { phase: phase(&there), props, attrs: attrs_of(DESCRIBE, &there)? }))
}

fn props_of(there: &InAws, attributes: &[LoadBalancerAttribute], tags: &[Tag]) -> LoadBalancerProps {
    let of = |key: &str| attributes.iter().find(|it| it.key() == Some(key)).and_then(LoadBalancerAttribute::value);
    // One that is not there is as AWS sets it by itself.
    let plain = |name: &str| {
        let (_, key, own) = PLAIN.iter().find(|it| it.0 == name).unwrap_or_else(|| panic!("bug: {name}"));
        of(key).unwrap_or(own)
    };
    let log_bucket = of(LOG_BUCKET).filter(|_| of(LOGS) == Some("true")).unwrap_or_default();
    LoadBalancerProps {
        name: name_of(there.load_balancer_name().unwrap_or_default(), tags::token(tags)),
        scheme: there.scheme().map(LoadBalancerSchemeEnum::as_str).unwrap_or_default().to_owned(),
        subnets: there.availability_zones().iter().filter_map(|it| it.subnet_id()).map(Ref::known).collect(),
        groups: there.security_groups().iter().map(Ref::known).collect(),
        idle_timeout: plain("idle_timeout").parse().unwrap_or_default(),
        http2: plain("http2") == "true",
        drop_invalid_headers: plain("drop_invalid_headers") == "true",
        desync: plain("desync").to_owned(),
        deletion_protection: plain("deletion_protection") == "true",
        log_bucket: log_bucket.into(),
        tags: tags::visible(tags),
    }
}

fn phase(there: &InAws) -> Phase {
    let state = there.state();
    match state.and_then(|it| it.code()) {
        Some(LoadBalancerStateEnum::Provisioning) => Phase::Pending,
        Some(LoadBalancerStateEnum::Failed) => {
            Phase::Failed(state.and_then(|it| it.reason()).unwrap_or("AWS could not make it").to_owned())
        }
        _ => Phase::Ready,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::LoadBalancerState;

    use super::*;

    fn props() -> LoadBalancerProps {
        LoadBalancerProps {
            name: "campus".to_owned(),
            scheme: "internet-facing".to_owned(),
            subnets: BTreeSet::new(),
            groups: BTreeSet::new(),
            idle_timeout: 60,
            http2: true,
            drop_invalid_headers: false,
            desync: "defensive".to_owned(),
            deletion_protection: false,
            log_bucket: Text::from(""),
            tags: Tags::default(),
        }
    }

    #[test]
    fn what_aws_sets_by_itself_is_not_set_again() {
        assert_eq!(LoadBalancer::later(&props()), [""; 0]);
        let want =
            LoadBalancerProps { idle_timeout: 300, drop_invalid_headers: true, log_bucket: "logs".into(), ..props() };
        let later = LoadBalancer::later(&want);
        assert_eq!(later, ["idle_timeout", "drop_invalid_headers", "log_bucket"]);
        let sent = attributes(&want, &later);
        let sent: Vec<_> = sent.iter().map(|it| (it.key().unwrap(), it.value().unwrap())).collect();
        let expected = [
            ("idle_timeout.timeout_seconds", "300"),
            ("routing.http.drop_invalid_header_fields.enabled", "true"),
            (LOGS, "true"),
            (LOG_BUCKET, "logs"),
        ];
        assert_eq!(sent, expected);
        let sent = attributes(&props(), &["log_bucket"]);
        assert_eq!((sent.len(), sent[0].key(), sent[0].value()), (1, Some(LOGS), Some("false")));
    }

    #[test]
    fn states_become_phases() {
        let phase = |code: &str, reason: Option<&str>| {
            let state = LoadBalancerState::builder().code(LoadBalancerStateEnum::from(code));
            phase(&InAws::builder().state(state.set_reason(reason.map(str::to_owned)).build()).build())
        };
        assert_eq!(phase("provisioning", None), Phase::Pending);
        assert_eq!(phase("active", None), Phase::Ready);
        assert_eq!(phase("active_impaired", None), Phase::Ready);
        assert_eq!(phase("failed", Some("no room")), Phase::Failed("no room".to_owned()));
    }
}
