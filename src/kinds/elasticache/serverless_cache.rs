//! `elasticache.serverless_cache`: a cache that grows and shrinks with what the site does.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::{
    CacheUsageLimits, DataStorage, DataStorageUnit, EcpuPerSecond, ServerlessCache as Described,
};

use super::listed::{self, Listed};
use super::{asked, host_and_port, ids, named, tags};
use crate::aws::{Cx, Result, call};
use crate::kind::values::Tags;
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, deleted};
use crate::kinds::ec2::security_group::SecurityGroup;
use crate::kinds::ec2::subnet::Subnet;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct ServerlessCache;

props! {
    /// What we want of a serverless cache.
    pub struct ServerlessCacheProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// What it is for.
        update description: String,
        /// `valkey`, `redis` or `memcached`.
        update engine: String,
        /// The major version: `8`, or of memcached `1.6`.
        update version: String,
        /// The least storage that is kept ready, in GiB.
        update min_gib: Option<i32>,
        /// The most storage that it grows to, in GiB.
        update max_gib: Option<i32>,
        /// The least processing that is kept ready, in ElastiCache processing units a second.
        update min_ecpu: Option<i32>,
        /// The most processing that it grows to.
        update max_ecpu: Option<i32>,
        /// Where its endpoints stand, two or three of them.
        replace subnets: BTreeSet<Ref<Subnet>>,
        /// Who may talk to it.
        update groups: BTreeSet<Ref<SecurityGroup>>,
        /// The key that encrypts what it stores; AWS's own where there is none.
        replace key: Option<String>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct ServerlessCacheAttrs {
        /// Its name.
        id: String,
        /// `arn:aws:elasticache:…:serverlesscache:…`.
        arn: String,
        /// Where clients write, `host:port`; known when it is ready.
        endpoint: Option<String>,
        /// Where clients may read, `host:port`; known when it is ready, and only where there is one.
        reader_endpoint: Option<String>,
    }
}

const CREATE: &str = "elasticache:CreateServerlessCache";
const MODIFY: &str = "elasticache:ModifyServerlessCache";

impl Kind for ServerlessCache {
    const NAME: &'static str = "elasticache.serverless_cache";
    const ID: &'static str = "id";
    const BATCH: usize = 20;
    const POLL: Poll =
        Poll { ready: Wait::looks(130.0, 80.0, 5.0, 2400.0), gone: Wait::looks(130.0, 80.0, 5.0, 1200.0) };
    const CHANGED: Wait = Wait::looks(120.0, 10.0, 5.0, 2400.0);
    const RATE: Rate = super::MUTATING;
    const ACTIONS: Actions = Actions {
        create: &[
            CREATE,
            "elasticache:AddTagsToResource",
            "ec2:CreateTags",
            "ec2:CreateVpcEndpoint",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcs",
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
        ],
        read: &[Self::CALL, tags::LIST],
        update: &[Self::CALL, MODIFY, "elasticache:AddTagsToResource", "elasticache:RemoveTagsFromResource"],
        delete: &["elasticache:DeleteServerlessCache", "ec2:DeleteVpcEndpoints", "ec2:DescribeVpcEndpoints"],
        find: &[Self::CALL, tags::LIST],
    };
    const RETRY: &'static [Retry] = &[
        Retry::saying(Verb::Create, "InvalidParameterValue", "security group", 60.0),
        Retry::saying(Verb::Create, "InvalidParameterValue", "subnet", 60.0),
        Retry::on(Verb::Create, "ServiceLinkedRoleNotFoundFault", 120.0),
        // AWS is at work on the change before.
        Retry::on(Verb::Update, "InvalidServerlessCacheStateFault", 3600.0),
        Retry::on(Verb::Delete, "InvalidServerlessCacheStateFault", 1800.0),
    ];
    const NAMED: Named = Named::By(&[("id", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = ServerlessCacheProps;
    type Attrs = ServerlessCacheAttrs;

    async fn create(cx: &Cx, token: &Token, want: &ServerlessCacheProps) -> Result<ServerlessCacheAttrs> {
        let create = cx
            .elasticache()
            .create_serverless_cache()
            .serverless_cache_name(named(&want.name, token))
            .description(&want.description)
            .engine(&want.engine)
            .major_engine_version(&want.version)
            .set_cache_usage_limits(limits(want, want))
            .set_subnet_ids(Some(ids(&want.subnets)))
            .set_security_group_ids(Some(ids(&want.groups)))
            .set_kms_key_id(want.key.clone())
            .set_tags(Some(tags::on_create(token, &want.tags)));
        let cache = call(CREATE, create.send().await)?.serverless_cache;
        complete(CREATE, cache.and_then(|it| attrs_of(&it)))
    }

    async fn read(cx: &Cx, have: &[ServerlessCacheAttrs]) -> Result<Vec<Option<Seen<ServerlessCache>>>> {
        listed::read(cx, have).await
    }

    async fn update(cx: &Cx, edit: Edit<'_, ServerlessCache>) -> Result<ServerlessCacheAttrs> {
        let Edit { have, was, want, changed } = edit;
        if edit.changes("tags") {
            tags::update(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        let now = listed::now::<ServerlessCache>(cx, have).await?.unwrap_or_else(|| was.clone());
        // AWS takes one member a call.
        let modify = || cx.elasticache().modify_serverless_cache().serverless_cache_name(&have.id);
        let mut calls = Vec::new();
        if edit.changes("description") && now.description != want.description {
            calls.push(modify().description(&want.description));
        }
        if edit.changes("groups") && now.groups != want.groups {
            calls.push(modify().set_security_group_ids(Some(ids(&want.groups))));
        }
        let limited = changed.iter().any(|it| it.ends_with("_gib") || it.ends_with("_ecpu"));
        if limited && limits(want, &now) != limits(&now, &now) {
            calls.push(modify().set_cache_usage_limits(limits(want, &now)));
        }
        if edit.changes("engine") && now.engine != want.engine {
            // The other engine has other versions, so that these two belong together.
            calls.push(modify().engine(&want.engine).major_engine_version(&want.version));
        } else if edit.changes("version") && now.version != want.version {
            calls.push(modify().major_engine_version(&want.version));
        }
        for modify in calls {
            call(MODIFY, modify.send().await)?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &ServerlessCacheAttrs) -> Result<()> {
        let delete = cx.elasticache().delete_serverless_cache().serverless_cache_name(&have.id);
        let answer = call("elasticache:DeleteServerlessCache", delete.send().await);
        deleted(answer, &["ServerlessCacheNotFoundFault"])
    }

    async fn adopt(cx: &Cx, id: &str, want: &ServerlessCacheProps) -> Result<Option<ServerlessCacheAttrs>> {
        listed::adopt::<Self>(cx, id, want).await
    }

    async fn find(cx: &Cx, lost: &[Lost<ServerlessCache>]) -> Result<Vec<Option<ServerlessCacheAttrs>>> {
        listed::find(cx, lost).await
    }

    fn noticed(
        _old: &ServerlessCacheProps,
        _new: &ServerlessCacheProps,
        transition: Transition,
    ) -> Option<&'static str> {
        (transition != Transition::InPlace).then_some(super::STARTS_EMPTY)
    }
}

impl Listed for ServerlessCache {
    type Item = Described;
    const CALL: &'static str = "elasticache:DescribeServerlessCaches";

    async fn list(cx: &Cx, _names: &[String]) -> Result<Vec<Described>> {
        let pages = cx.elasticache().describe_serverless_caches().into_paginator().items().send();
        call(Self::CALL, pages.collect::<std::result::Result<_, _>>().await)
    }

    fn name(item: &Described) -> Option<&str> {
        item.serverless_cache_name()
    }

    fn arn(item: &Described) -> Option<&str> {
        item.arn()
    }

    fn recorded(have: &ServerlessCacheAttrs) -> &str {
        &have.id
    }

    fn asked(want: &ServerlessCacheProps) -> &str {
        &want.name
    }

    fn attrs(item: &Described, _want: &ServerlessCacheProps) -> Option<ServerlessCacheAttrs> {
        attrs_of(item)
    }

    fn seen(item: &Described, _have: &ServerlessCacheAttrs, tags: Tags) -> Option<Seen<ServerlessCache>> {
        let storage = item.cache_usage_limits().and_then(CacheUsageLimits::data_storage);
        let ecpu = item.cache_usage_limits().and_then(CacheUsageLimits::ecpu_per_second);
        let props = ServerlessCacheProps {
            name: asked(item.serverless_cache_name()?).to_owned(),
            description: item.description().unwrap_or_default().to_owned(),
            engine: item.engine()?.to_owned(),
            version: item.major_engine_version()?.to_owned(),
            min_gib: storage.and_then(DataStorage::minimum),
            max_gib: storage.and_then(DataStorage::maximum),
            min_ecpu: ecpu.and_then(EcpuPerSecond::minimum),
            max_ecpu: ecpu.and_then(EcpuPerSecond::maximum),
            subnets: item.subnet_ids().iter().map(Ref::known).collect(),
            groups: item.security_group_ids().iter().map(Ref::known).collect(),
            key: item.kms_key_id().map(str::to_owned),
            tags,
        };
        Some(Seen { phase: phase(item.status()?), props, attrs: attrs_of(item)? })
    }
}

fn attrs_of(cache: &Described) -> Option<ServerlessCacheAttrs> {
    Some(ServerlessCacheAttrs {
        id: cache.serverless_cache_name()?.to_owned(),
        arn: cache.arn()?.to_owned(),
        endpoint: host_and_port(cache.endpoint()),
        reader_endpoint: host_and_port(cache.reader_endpoint()),
    })
}

/// Returns the phase; AWS's own pages write the status in capitals, its answers in small letters.
fn phase(status: &str) -> Phase {
    match status.to_ascii_lowercase().as_str() {
        "available" => Phase::Ready,
        "deleting" => Phase::Deleting,
        "create-failed" => Phase::Failed(status.to_owned()),
        _ => Phase::Pending,
    }
}

/// Returns the limits of `want`, and those of `now` where it has none; AWS takes all of them as one.
fn limits(want: &ServerlessCacheProps, now: &ServerlessCacheProps) -> Option<CacheUsageLimits> {
    let gib = (want.min_gib.or(now.min_gib), want.max_gib.or(now.max_gib));
    let ecpu = (want.min_ecpu.or(now.min_ecpu), want.max_ecpu.or(now.max_ecpu));
    let storage = DataStorage::builder().set_minimum(gib.0).set_maximum(gib.1).unit(DataStorageUnit::Gb).build();
    let processing = EcpuPerSecond::builder().set_minimum(ecpu.0).set_maximum(ecpu.1).build();
    let is_limited = |(min, max): (Option<i32>, Option<i32>)| min.or(max).is_some();
    let limits = CacheUsageLimits::builder()
        .set_data_storage(is_limited(gib).then_some(storage))
        .set_ecpu_per_second(is_limited(ecpu).then_some(processing));
    (is_limited(gib) || is_limited(ecpu)).then(|| limits.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(max_gib: Option<i32>, max_ecpu: Option<i32>) -> ServerlessCacheProps {
        ServerlessCacheProps {
            name: "campus-app".to_owned(),
            description: "Application".to_owned(),
            engine: "valkey".to_owned(),
            version: "8".to_owned(),
            min_gib: None,
            max_gib,
            min_ecpu: None,
            max_ecpu,
            subnets: BTreeSet::new(),
            groups: BTreeSet::new(),
            key: None,
            tags: Tags::default(),
        }
    }

    #[test]
    fn a_limit_that_is_left_to_aws_stays_as_it_is() {
        let free = props(None, None);
        assert_eq!(limits(&free, &free), None);
        let both = limits(&props(Some(10), None), &props(Some(5), Some(2000))).expect("limits");
        assert_eq!(both.data_storage().and_then(DataStorage::maximum), Some(10));
        assert_eq!(both.ecpu_per_second().and_then(EcpuPerSecond::maximum), Some(2000));
    }

    #[test]
    fn a_status_is_read_in_any_case() {
        assert_eq!(["available", "AVAILABLE"].map(phase), [Phase::Ready, Phase::Ready]);
        assert_eq!(["creating", "MODIFYING"].map(phase), [Phase::Pending, Phase::Pending]);
        assert_eq!(phase("deleting"), Phase::Deleting);
        assert_eq!(phase("create-failed"), Phase::Failed("create-failed".to_owned()));
    }
}
