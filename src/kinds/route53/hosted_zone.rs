//! `route53.hosted_zone`: the zone in DNS in which the site's names stand.
//!
//! It answers the world only when the zone above it, or the registrar, names its name servers.

use aws_sdk_route53::types::{DelegationSet, HostedZone as Described, HostedZoneConfig, Tag, TagResourceType};

use super::NO_ZONE;
use super::name::{DnsName, canonical};
use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct HostedZone;

props! {
    /// What we want of a zone.
    pub struct HostedZoneProps {
        /// Its name.
        replace name: DnsName,
        /// What it is for.
        update comment: String,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct HostedZoneAttrs {
        /// `Z…`.
        id: String,
        /// The names of the servers that answer for it, with blanks between them.
        name_servers: String,
    }
}

const CREATE: &str = "route53:CreateHostedZone";
const GET: &str = "route53:GetHostedZone";
const LIST: &str = "route53:ListHostedZonesByName";
const TAGS: &str = "route53:ListTagsForResource";
const TAG: &str = "route53:ChangeTagsForResource";
const COMMENT: &str = "route53:UpdateHostedZoneComment";
const DELETE: &str = "route53:DeleteHostedZone";
/// So many tags a call are set, and so many removed.
const TAGS_A_CALL: usize = 10;

impl Kind for HostedZone {
    const NAME: &'static str = "route53.hosted_zone";
    const ID: &'static str = "id";
    // Two calls each: the list has no name servers.
    const BATCH: usize = 10;
    // Its servers know it after a minute; nothing here asks them.
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = Rate { group: "hosted zones", burst: 40, per_second: 2.0 };
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE],
        read: &[GET, TAGS],
        update: &[COMMENT, TAG],
        delete: &[DELETE],
        find: &[LIST, GET],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Update, NO_ZONE, 60.0),
        // Records that are gone are counted for a moment.
        Retry::on(Verb::Delete, "HostedZoneNotEmpty", 60.0),
    ];
    const HOLDS_DATA: bool = true;
    const NAMED: Named = Named::By(&[("id", "ZONE")]);

    type Props = HostedZoneProps;
    type Attrs = HostedZoneAttrs;

    async fn create(cx: &Cx, token: &Token, want: &HostedZoneProps) -> Result<HostedZoneAttrs> {
        let HostedZoneProps { name, comment, tags: _ } = want;
        let config = HostedZoneConfig::builder().comment(comment).private_zone(false).build();
        let create = cx.route53().create_hosted_zone().name(name.as_str()).caller_reference(token.as_str());
        let answer = call(CREATE, create.hosted_zone_config(config).send().await)?;
        attrs_of(CREATE, answer.hosted_zone.as_ref(), answer.delegation_set.as_ref())
    }

    async fn read(cx: &Cx, have: &[HostedZoneAttrs]) -> Result<Vec<Option<Seen<HostedZone>>>> {
        let mut all = Vec::new();
        for HostedZoneAttrs { id, name_servers: _ } in have {
            all.push(seen(cx, id).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, HostedZone>) -> Result<HostedZoneAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("comment") {
            let update = cx.route53().update_hosted_zone_comment().id(&have.id).comment(&want.comment);
            call(COMMENT, update.send().await)?;
        }
        if edit.changes("tags") {
            update_tags(cx, &have.id, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &HostedZoneAttrs) -> Result<()> {
        let delete = cx.route53().delete_hosted_zone().id(&have.id).send().await;
        deleted(call(DELETE, delete), &[NO_ZONE])
    }

    async fn find(cx: &Cx, lost: &[Lost<HostedZone>]) -> Result<Vec<Option<HostedZoneAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            // A zone keeps its caller reference for life; zones of one name stand together in the list.
            let list = cx.route53().list_hosted_zones_by_name().dns_name(format!("{}.", want.name.as_str()));
            let listed = call(LIST, list.send().await)?.hosted_zones;
            let ours = listed.iter().find(|it| it.caller_reference == token.as_str());
            all.push(match ours {
                Some(ours) => {
                    let found = get(cx, ours.id()).await?;
                    found.map(|it| attrs_of(GET, it.zone.as_ref(), it.servers.as_ref())).transpose()?
                }
                None => None,
            });
        }
        Ok(all)
    }

    fn later(_want: &HostedZoneProps) -> Vec<&'static str> {
        vec!["tags"]
    }
}

struct Found {
    zone: Option<Described>,
    servers: Option<DelegationSet>,
}

async fn get(cx: &Cx, id: &str) -> Result<Option<Found>> {
    let answer = existing(call(GET, cx.route53().get_hosted_zone().id(id).send().await), &[NO_ZONE])?;
    Ok(answer.map(|it| Found { zone: it.hosted_zone, servers: it.delegation_set }))
}

async fn seen(cx: &Cx, id: &str) -> Result<Option<Seen<HostedZone>>> {
    let Some(Found { zone, servers }) = get(cx, id).await? else { return Ok(None) };
    let list = cx.route53().list_tags_for_resource().resource_type(TagResourceType::Hostedzone).resource_id(id);
    let Some(tags) = existing(call(TAGS, list.send().await), &[NO_ZONE])? else { return Ok(None) };
    let tags = tags.resource_tag_set.and_then(|it| it.tags).unwrap_or_default();
    let attrs = attrs_of(GET, zone.as_ref(), servers.as_ref())?;
    let zone = complete(GET, zone)?;
    let props = HostedZoneProps {
        name: zone.name().into(),
        comment: zone.config().and_then(HostedZoneConfig::comment).unwrap_or_default().to_owned(),
        tags: tags::visible(tags.iter().filter_map(|it| Some((it.key()?, it.value().unwrap_or_default())))),
    };
    Ok(Some(Seen { phase: Phase::Ready, props, attrs }))
}

fn attrs_of(
    operation: &'static str,
    zone: Option<&Described>,
    servers: Option<&DelegationSet>,
) -> Result<HostedZoneAttrs> {
    let id = complete(operation, zone)?.id().trim_start_matches("/hostedzone/").to_owned();
    let mut servers: Vec<String> =
        complete(operation, servers)?.name_servers().iter().map(|it| canonical(it)).collect();
    servers.sort_unstable();
    Ok(HostedZoneAttrs { id, name_servers: servers.join(" ") })
}

/// Makes the tags of a zone those wanted. After its creation `was` is what is wanted, and all of it is still to be set.
async fn update_tags(cx: &Cx, id: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, _) = tags::difference(was, want);
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let set: Vec<Tag> = want.0.iter().map(tag).collect();
    let change = || cx.route53().change_tags_for_resource().resource_type(TagResourceType::Hostedzone).resource_id(id);
    for keys in gone.chunks(TAGS_A_CALL) {
        call(TAG, change().set_remove_tag_keys(Some(keys.to_vec())).send().await)?;
    }
    for tags in set.chunks(TAGS_A_CALL) {
        call(TAG, change().set_add_tags(Some(tags.to_vec())).send().await)?;
    }
    Ok(())
}
