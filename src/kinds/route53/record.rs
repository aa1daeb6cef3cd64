//! `route53.record`: one name in DNS: the site's, or the one that proves that its domain is ours.
//!
//! Its name is changed in place: the old record goes and the new one comes in one batch, of which Route 53 does all or
//! nothing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
};

use super::NO_ZONE;
use super::hosted_zone::HostedZone;
use super::name::{DnsName, canonical};
use crate::aws::{Cx, Error, Result, call};
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Transition, Verb,
};
use crate::kinds::answer::existing;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Record;

props! {
    /// What we want of a record; either `value` or `alias` is set.
    pub struct RecordProps {
        /// The zone that it is in.
        replace zone: Ref<HostedZone>,
        /// Its name.
        update name: DnsName,
        /// Its type: `A`, `AAAA`, `CNAME`.
        update record_type: String,
        /// The name that a `CNAME` leads to.
        update value: Option<DnsName>,
        /// For how many seconds resolvers keep it; an alias has its target's.
        update ttl: Option<i64>,
        /// The name of the AWS resource that it is another name of.
        update alias: Option<DnsName>,
        /// The zone of that name, which AWS owns.
        update alias_zone: Option<Text>,
        /// Whether the alias answers only while that resource is healthy.
        update evaluate_health: Option<bool>,
    }
}

attrs! {
    /// A record is found by its zone, its name and its type.
    pub struct RecordAttrs {
        /// `Z…`.
        zone: String,
        /// The name.
        name: String,
        /// The type.
        record_type: String,
    }
}

const CHANGE: &str = "route53:ChangeResourceRecordSets";
const LIST: &str = "route53:ListResourceRecordSets";
const REFUSED: &str = "InvalidChangeBatch";
/// More than one name can have.
const PAGE: i32 = 100;

impl Kind for Record {
    const NAME: &'static str = "route53.record";
    const ID: &'static str = "name";
    // One call for each name, which answers all its types; a zone may have thousands of others.
    const BATCH: usize = 20;
    // Its servers know it after a minute; ACM looks for it by itself.
    const POLL: Poll = Poll::at_once();
    const MOVES: &'static [&'static str] = &["name", "record_type"];
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions =
        Actions { create: &[CHANGE], read: &[LIST], update: &[LIST, CHANGE], delete: &[LIST, CHANGE], find: &[LIST] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, NO_ZONE, 60.0),
        // Load balancers and distributions are known to Route 53 some time after they are made.
        Retry::saying(Verb::Create, REFUSED, "target was not found", 120.0),
        Retry::saying(Verb::Update, REFUSED, "target was not found", 120.0),
    ];
    const NAMED: Named = Named::By(&[("zone", "ZONE"), ("name", "NAME"), ("record_type", "TYPE")]);

    type Props = RecordProps;
    type Attrs = RecordAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &RecordProps) -> Result<RecordAttrs> {
        // Not "make or replace": a record that is there is somebody's.
        let batch = [change(ChangeAction::Create, set_of(want)?)?];
        apply(cx, want.zone.id(), batch).await.map_err(|error| named(error, want))?;
        Ok(attrs_of(want))
    }

    async fn read(cx: &Cx, have: &[RecordAttrs]) -> Result<Vec<Option<Seen<Record>>>> {
        let mut known: BTreeMap<(&str, &str), Vec<ResourceRecordSet>> = BTreeMap::new();
        for it in have {
            if let Entry::Vacant(unknown) = known.entry((&it.zone, &it.name)) {
                unknown.insert(sets(cx, &it.zone, &it.name).await?);
            }
        }
        let seen = |it: &RecordAttrs| {
            let set = of_type(&known[&(it.zone.as_str(), it.name.as_str())], &it.record_type)?;
            Some(Seen { phase: Phase::Ready, props: props_of(&it.zone, set), attrs: it.clone() })
        };
        Ok(have.iter().map(seen).collect())
    }

    async fn update(cx: &Cx, edit: Edit<'_, Record>) -> Result<RecordAttrs> {
        let Edit { have, was: _, want, changed: _ } = edit;
        let after = attrs_of(want);
        let mut batch = Vec::new();
        if *have == after {
            batch.push(change(ChangeAction::Upsert, set_of(want)?)?);
        } else {
            if let Some(old) = current(cx, have).await? {
                batch.push(change(ChangeAction::Delete, old)?);
            }
            // After a lost answer the new one may be there already.
            let there = current(cx, &after).await?;
            if there.is_none_or(|it| props_of(&after.zone, &it) != *want) {
                batch.push(change(ChangeAction::Create, set_of(want)?)?);
            }
        }
        if !batch.is_empty() {
            apply(cx, &have.zone, batch).await.map_err(|error| named(error, want))?;
        }
        Ok(after)
    }

    async fn delete(cx: &Cx, have: &RecordAttrs) -> Result<()> {
        // Route 53 deletes only what is described as it stands.
        let Some(set) = current(cx, have).await? else { return Ok(()) };
        match apply(cx, &have.zone, [change(ChangeAction::Delete, set)?]).await {
            Err(error) if error.is(NO_ZONE) || (error.is(REFUSED) && error.message.contains("not found")) => Ok(()),
            other => other,
        }
    }

    async fn find(cx: &Cx, lost: &[Lost<Record>]) -> Result<Vec<Option<RecordAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let attrs = attrs_of(want);
            let there = current(cx, &attrs).await?;
            all.push(there.filter(|it| props_of(&attrs.zone, it) == *want).map(|_| attrs));
        }
        Ok(all)
    }

    fn conflicts(old: &RecordProps, new: &RecordProps) -> bool {
        // A CNAME suffers nothing beside it.
        let exclusive = [old, new].iter().any(|it| it.record_type == "CNAME");
        old.zone == new.zone && old.name == new.name && (exclusive || old.record_type == new.record_type)
    }

    fn noticed(_old: &RecordProps, _new: &RecordProps, transition: Transition) -> Option<&'static str> {
        (transition == Transition::OldFirst).then_some("a name of the site leads nowhere")
    }
}

fn attrs_of(want: &RecordProps) -> RecordAttrs {
    let [zone, name, record_type] = [want.zone.id(), want.name.as_str(), &want.record_type].map(str::to_owned);
    RecordAttrs { zone, name, record_type }
}

async fn apply(cx: &Cx, zone: &str, batch: impl IntoIterator<Item = Change>) -> Result<()> {
    let batch = ChangeBatch::builder().set_changes(Some(batch.into_iter().collect())).build().map_err(unbuilt)?;
    let change = cx.route53().change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
    call(CHANGE, change.send().await).map(drop)
}

/// Says of a refusal because of another owner's record what to do.
fn named(error: Error, want: &RecordProps) -> Error {
    if !error.is(REFUSED) || !error.message.contains("already exists") {
        return error;
    }
    let (name, record_type) = (want.name.as_str(), &want.record_type);
    let message = format!(
        "{name} has a record in the zone already that this stack did not make; delete it there, or choose another \
         domain, and apply again ({record_type}: {})",
        error.message
    );
    Error { message, ..error }
}

#[expect(clippy::needless_pass_by_value, reason = "to be the end of a chain")]
fn unbuilt(error: aws_smithy_types::error::operation::BuildError) -> Error {
    Error::refused(CHANGE, "InvalidInput", error.to_string())
}

fn change(action: ChangeAction, set: ResourceRecordSet) -> Result<Change> {
    Change::builder().action(action).resource_record_set(set).build().map_err(unbuilt)
}

fn set_of(want: &RecordProps) -> Result<ResourceRecordSet> {
    let RecordProps { zone: _, name, record_type, value, ttl, alias, alias_zone, evaluate_health } = want;
    let value = value.as_ref().map(|it| ResourceRecord::builder().value(it.as_str()).build()).transpose();
    let target = alias.as_ref().map(|it| {
        AliasTarget::builder()
            .dns_name(it.as_str())
            .set_hosted_zone_id(alias_zone.as_ref().map(|it| it.as_str().to_owned()))
            .evaluate_target_health(evaluate_health.unwrap_or(false))
            .build()
    });
    let set = ResourceRecordSet::builder()
        .name(name.as_str())
        .r#type(RrType::from(record_type.as_str()))
        .set_ttl(*ttl)
        .set_resource_records(value.map_err(unbuilt)?.map(|it| vec![it]))
        .set_alias_target(target.transpose().map_err(unbuilt)?);
    set.build().map_err(unbuilt)
}

fn props_of(zone: &str, set: &ResourceRecordSet) -> RecordProps {
    let alias = set.alias_target();
    // One of several values is not what we want, so it is shown as it stands.
    let values: Vec<String> = set.resource_records().iter().map(|it| canonical(it.value())).collect();
    RecordProps {
        zone: Ref::known(zone),
        name: set.name().into(),
        record_type: set.r#type().as_str().to_owned(),
        value: (!values.is_empty()).then(|| values.join(" ").as_str().into()),
        ttl: set.ttl(),
        alias: alias.map(|it| it.dns_name().into()),
        alias_zone: alias.map(|it| it.hosted_zone_id().into()),
        evaluate_health: alias.map(AliasTarget::evaluate_target_health),
    }
}

async fn current(cx: &Cx, have: &RecordAttrs) -> Result<Option<ResourceRecordSet>> {
    let sets = sets(cx, &have.zone, &have.name).await?;
    Ok(of_type(&sets, &have.record_type).cloned())
}

fn of_type<'a>(sets: &'a [ResourceRecordSet], record_type: &str) -> Option<&'a ResourceRecordSet> {
    sets.iter().find(|it| it.r#type().as_str() == record_type)
}

/// Returns the records of one name; none where there is no such zone.
async fn sets(cx: &Cx, zone: &str, name: &str) -> Result<Vec<ResourceRecordSet>> {
    let list = cx.route53().list_resource_record_sets().hosted_zone_id(zone);
    // The answer begins at the name and goes on with later ones.
    let list = list.start_record_name(format!("{name}.")).max_items(PAGE).send().await;
    let found = existing(call(LIST, list), &[NO_ZONE])?.map(|it| it.resource_record_sets).unwrap_or_default();
    // Weighted ones and the like are not ours.
    let simple = |it: &ResourceRecordSet| it.set_identifier().is_none() && canonical(it.name()) == name;
    Ok(found.into_iter().filter(simple).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(name: &str, record_type: &str) -> RecordProps {
        RecordProps {
            zone: Ref::known("Z1"),
            name: name.into(),
            record_type: record_type.to_owned(),
            value: Some("target.example.edu".into()),
            ttl: Some(300),
            alias: None,
            alias_zone: None,
            evaluate_health: None,
        }
    }

    #[test]
    fn a_cname_stands_alone() {
        let conflict = |old, new| Record::conflicts(&props("a.edu", old), &props("A.edu.", new));
        assert!(conflict("A", "A") && conflict("CNAME", "A") && conflict("AAAA", "CNAME"));
        assert!(!conflict("A", "AAAA"));
        assert!(!Record::conflicts(&props("a.edu", "CNAME"), &props("b.edu", "CNAME")));
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let want = props("a.edu", "CNAME");
        assert_eq!(props_of("Z1", &set_of(&want).unwrap()), want);
        let alias = RecordProps {
            record_type: "A".to_owned(),
            value: None,
            ttl: None,
            alias: Some("LB-1.eu-west-1.elb.amazonaws.com.".into()),
            alias_zone: Some("Z32O12XQLNTSW2".into()),
            evaluate_health: Some(true),
            ..want
        };
        assert_eq!(props_of("Z1", &set_of(&alias).unwrap()), alias);
    }

    #[test]
    fn somebody_elses_record_is_named() {
        let message = "[Tried to create resource record set [name='a.edu.', type='CNAME'] but it already exists]";
        let error = named(Error::refused(CHANGE, REFUSED, message), &props("a.edu", "CNAME"));
        assert!(error.is(REFUSED));
        assert!(error.message.starts_with("a.edu has a record in the zone already that this stack did not make;"));
        let other = Error::refused(CHANGE, REFUSED, "the target was not found");
        assert_eq!(named(other.clone(), &props("a.edu", "A")), other);
    }
}
