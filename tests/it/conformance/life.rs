//! The life of a resource: what the suite does with each case, and what it checks on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use moodle_infra::aws::faults::{Fault, Faults};
use moodle_infra::aws::{Cx, Effect, Error};
use moodle_infra::graph::Graph;
use moodle_infra::kind::erased::{EditValue, Erased, LostValue, Meta, Registry, SeenValue, TAGS};
use moodle_infra::kind::{Address, Named, Phase, Token, reference};
use moodle_infra::kinds::registry;
use moodle_infra::plan::diff::differences;
use serde_json::Value;

use super::cases::{Build, Case};

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// No call fails that should succeed.
    Runs,
    /// A create call is one call that changes something.
    OneCall,
    /// Every call made is among the verb's actions.
    Actions,
    /// A read takes two calls at most, of a few kinds three.
    FewReads,
    /// One that is gone does not spoil the read of the others.
    ReadsTogether,
    /// What is read after create and the updates that it leaves for later is what was wanted.
    ReadsAsWanted,
    /// What is read after an update is what was wanted, with the same attributes but for those that it may move.
    UpdatesInPlace,
    /// A change that AWS cannot make in place is sorted as a replacement, and the replacement can be made.
    Replaces,
    /// An equal one can stand beside it, unless the kind says that the two conflict.
    StandsBesideAnEqual,
    /// The token, or the natural key, finds the resource.
    Finds,
    /// Another token, or another key, does not.
    FindsNoStranger,
    /// After a lost answer the error says that the effect is unknown, and the resource is found.
    SurvivesLostAnswer,
    /// By the id that users see it is found again, with the same attributes and properties.
    Imports,
    /// Its marks say whose it is, and can be changed together with its tags.
    Marks,
    /// What was deleted is not read any more.
    Deletes,
    /// Deleting it again is success.
    DeletesTwice,
}

/// A check that failed.
pub(super) struct Failure {
    /// Which.
    pub(super) check: Check,
    /// What was expected and what was.
    pub(super) why: String,
}

/// Kinds whose deletion leaves something to read, because they go with another resource.
const GO_WITH_ANOTHER: &[&str] = &[
    "acm.issued",
    "autoscaling.refresh",
    "autoscaling.release",
    "backup.copy",
    "ec2.vpc_dns",
    "rds.copy",
    "s3.encryption",
    "ssm.command",
];

/// Kinds of which nothing stands in AWS, so that they are never gone.
const NEVER_GONE: &[&str] = &["ssm.command"];

/// Kinds that cannot be found: AWS answers the same token with what it has begun, so that they are asked for again.
const ASKED_AGAIN: &[&str] = &["backup.copy"];

/// Kinds whose creation may ask for something by a call that changes nothing, and then makes its one call.
const ASK_FIRST: &[&str] = &[
    "autoscaling.first",
    "backup.copy",
    "cloudfront.distribution",
    "elbv2.rule",
    "rds.copy",
    "secretsmanager.secret",
    "ssm.command",
];

/// Kinds whose creation makes nothing: they wait for what another resource becomes, or find nothing to do.
const ONLY_LOOK: &[&str] = &["acm.issued", "autoscaling.refresh", "autoscaling.release"];

/// Kinds of which AWS tells a part by a third call: a group's members, its parameters.
const READ_BY_THREE: &[&str] = &[
    "autoscaling.refresh",
    "cloudfront.distribution",
    "elasticache.parameter_group",
    "elasticache.replication_group",
    "elbv2.load_balancer",
    "elbv2.rule",
    "elbv2.target_group",
];

/// Kinds of which AWS tells every part by a call of its own.
const READ_BY_FOUR: &[&str] = &["autoscaling.release", "kms.key"];

/// Calls whose IAM action has another name.
const NAMED_OTHERWISE: &[(&str, &str)] = &[
    ("s3:DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("s3:DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"),
    ("s3:DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
    ("s3:DeleteObjects", "s3:DeleteObject"),
    ("s3:DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3:GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:ListObjectVersions", "s3:ListBucketVersions"),
    ("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("s3:PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
];

/// Returns the IAM action that a call needs.
pub(super) fn action(call: &str) -> &str {
    NAMED_OTHERWISE.iter().find(|(name, _)| *name == call).map_or(call, |(_, action)| action)
}

/// Lives through a case and returns what went wrong.
pub(super) async fn of(case: &Case, cx: Cx) -> Vec<Failure> {
    let build = (case.build)();
    let registry = registry();
    let kind = Arc::clone(registry.get(build.kind).expect("a case is of a kind in the registry"));
    let mut life = Life { registry, kind, cx, made: BTreeMap::new(), failures: Vec::new() };
    if let Err(error) = life.run(&build).await {
        life.fail(Check::Runs, error.to_string());
    }
    life.failures
}

struct Life {
    registry: Registry,
    kind: Arc<dyn Erased>,
    cx: Cx,
    /// The attributes of what the case needs, and of the resource itself.
    made: BTreeMap<Address, Value>,
    failures: Vec<Failure>,
}

impl Life {
    async fn run(&mut self, build: &Build) -> Result<(), Error> {
        self.set_up(&build.needs).await?;
        let normal = |props| self.kind.normalise(&self.resolved(props)).expect("properties are of their kind");
        let [before, update, replace] = [&build.before, &build.update, &build.replace].map(normal);

        let first = self.birth(&before, 1).await?;
        self.twin(&first, &before).await?;
        let first = self.change(first, &before, &update).await?;
        let second = self.replacement(&first, &before, &replace).await?;
        self.death(&second, &replace).await?;
        self.lost_answer(&before).await?;

        self.tear_down(&build.needs).await?;
        let gone = self.read(&first).await?;
        let never = NEVER_GONE.contains(&self.kind.meta().name);
        self.check(Check::Deletes, gone.is_none() || never, || format!("with all that it needed gone: {gone:?}"));
        Ok(())
    }

    /// Makes the resource and looks at it: half made, made, found.
    async fn birth(&mut self, want: &Value, incarnation: u32) -> Result<Value, Error> {
        let token = token(incarnation);
        self.cx.wire().record();
        let created = self.kind.create(&self.cx, &token, want).await;
        let calls = self.calls();
        let attrs = created?;
        let changing = calls.iter().filter(|call| !is_read(call)).count();
        let expected = usize::from(!ONLY_LOOK.contains(&self.kind.meta().name));
        self.check(Check::OneCall, changing == expected, || format!("{calls:?}"));
        self.check_actions("create", self.kind.meta().actions.create, &calls);

        // An apply may stop here; the next plan reads what is there so far.
        let half = self.read(&attrs).await?;
        self.check(Check::ReadsAsWanted, half.is_some(), || "nothing right after create".to_owned());
        let attrs = self.finish(&attrs, want, &token).await?;
        let seen = self.read(&attrs).await?;
        let attrs = completed(attrs, seen.as_ref());
        self.check_as_wanted(Check::ReadsAsWanted, want, &attrs, seen.as_ref());
        self.import(want, &attrs).await?;
        let attrs = self.marks(&token, want, attrs).await?;

        let found = self.find(&token, want).await?;
        if ASKED_AGAIN.contains(&self.kind.meta().name) {
            let again = self.kind.create(&self.cx, &token, want).await?;
            self.check(Check::Finds, again == attrs, || format!("{again} instead of {attrs}"));
            return Ok(attrs);
        }
        self.check(Check::Finds, found.as_ref() == Some(&attrs), || format!("{found:?} instead of {attrs}"));
        if self.has_tags() {
            let found = self.find(&self::token(99), want).await?;
            self.check(Check::FindsNoStranger, found.is_none(), || format!("{found:?}"));
        }
        Ok(attrs)
    }

    /// Takes the resource for one that was there before, and finds it by its id.
    async fn import(&mut self, want: &Value, attrs: &Value) -> Result<(), Error> {
        let named = self.kind.meta().named;
        let Named::By(_) = named else { return Ok(()) };
        let Some(id) = named.id(attrs).filter(|it| named.parse(it).is_some()) else {
            self.fail(Check::Imports, format!("the id of {attrs} does not look like {named:?}"));
            return Ok(());
        };
        let called = self.called(&id, want).await?;
        let seen = self.read(attrs).await?;
        self.check(Check::Imports, called.is_some() && called == seen, || format!("{called:?} instead of {seen:?}"));
        Ok(())
    }

    /// Reads what users call `id`.
    async fn called(&mut self, id: &str, want: &Value) -> Result<Option<SeenValue>, Error> {
        self.cx.wire().record();
        let adopted = self.kind.adopt(&self.cx, id, want).await?;
        let Meta { actions, .. } = self.kind.meta();
        self.check_actions("adopt", &[actions.read, actions.find].concat(), &self.calls());
        match adopted {
            Some(attrs) => self.read(&attrs).await,
            None => Ok(None),
        }
    }

    /// Marks the resource as another stack's, and as ours again.
    async fn marks(&mut self, token: &Token, want: &Value, mut attrs: Value) -> Result<Value, Error> {
        if !self.has_tags() {
            return Ok(attrs);
        }
        let other = Token::derive("other", "it", &Address::of("case.it", None), 1);
        let seen = self.read(&attrs).await?.and_then(|it| it.stack);
        self.check(Check::Marks, seen.as_deref() == Some("conformance"), || format!("{seen:?}"));
        for mark in [&other, token] {
            let edit = EditValue { have: &attrs, was: want, want, changed: &["tags"], mark: Some(mark) };
            attrs = self.kind.update(&self.cx, edit).await?;
            let seen = self.read(&attrs).await?.and_then(|it| it.stack);
            self.check(Check::Marks, seen.as_ref() == Some(&mark.stack), || format!("{seen:?} for {mark:?}"));
        }
        Ok(attrs)
    }

    /// Makes another one that is equal, as a replacement does, where the kind says that both can stand: it is another
    /// one, and the first outlives it.
    async fn twin(&mut self, first: &Value, want: &Value) -> Result<(), Error> {
        let name = self.kind.meta().name;
        if self.kind.conflicts(want, want) || ONLY_LOOK.contains(&name) {
            return Ok(());
        }
        // An act is told from another by what it is for.
        if matches!(self.kind.meta().named, Named::Not(_)) {
            return Ok(());
        }
        let token = token(4);
        let created = self.kind.create(&self.cx, &token, want).await;
        let Ok(second) = &created else {
            self.fail(Check::StandsBesideAnEqual, format!("{created:?}"));
            return Ok(());
        };
        let second = self.finish(second, want, &token).await?;
        let id = self.kind.meta().id;
        self.check(Check::StandsBesideAnEqual, second[id] != first[id], || format!("{second} is {first}"));
        if second[id] != first[id] {
            self.read(&second).await?;
            self.kind.delete(&self.cx, &second).await?;
            let (left, gone) = (self.read(first).await?, self.read(&second).await?);
            let holds = left.is_some() && (gone.is_none() || self.goes_with_another());
            self.check(Check::StandsBesideAnEqual, holds, || format!("{left:?} {gone:?}"));
        }
        Ok(())
    }

    /// Sets what the create call could not carry.
    async fn finish(&self, attrs: &Value, want: &Value, token: &Token) -> Result<Value, Error> {
        finish(&*self.kind, &self.cx, attrs, want, token).await
    }

    /// Changes the resource in place.
    async fn change(&mut self, attrs: Value, was: &Value, want: &Value) -> Result<Value, Error> {
        let differences = differences(self.kind.meta(), want, was);
        if differences.is_empty() {
            return Ok(attrs);
        }
        let replaces = differences.iter().any(|it| it.replaces);
        self.check(Check::UpdatesInPlace, !replaces, || format!("{differences:?}"));
        let changed: Vec<&str> = differences.iter().map(|it| it.field.as_str()).collect();
        self.cx.wire().record();
        let updated =
            self.kind.update(&self.cx, EditValue { have: &attrs, was, want, changed: &changed, mark: None }).await?;
        self.check_actions("update", self.kind.meta().actions.update, &self.calls());
        let moved = undeclared_moves(self.kind.meta(), &attrs, &updated);
        self.check(Check::UpdatesInPlace, moved.is_empty(), || format!("{moved:?}: {attrs} became {updated}"));
        let seen = self.read(&updated).await?;
        self.check_as_wanted(Check::UpdatesInPlace, want, &updated, seen.as_ref());
        Ok(updated)
    }

    /// Puts another resource in its place, in the order that `conflicts` asks for.
    async fn replacement(&mut self, first: &Value, before: &Value, want: &Value) -> Result<Value, Error> {
        let replaced = differences(self.kind.meta(), want, before);
        if !replaced.is_empty() {
            self.check(Check::Replaces, replaced.iter().any(|it| it.replaces), || format!("{replaced:?}"));
        }
        if self.kind.conflicts(before, want) {
            self.death(first, before).await?;
            self.birth(want, 2).await
        } else {
            let second = self.birth(want, 2).await?;
            let still = self.read(first).await?;
            self.check(Check::Replaces, still.is_some(), || "the first does not outlive the second's birth".to_owned());
            self.death(first, before).await?;
            let seen = self.read(&second).await?;
            self.check_as_wanted(Check::Replaces, want, &second, seen.as_ref());
            let both = self.kind.read(&self.cx, &[first.clone(), second.clone()]).await?;
            let there: Vec<bool> = both.iter().map(Option::is_some).collect();
            self.check(Check::ReadsTogether, there == [self.goes_with_another(), true], || format!("{both:?}"));
            Ok(second)
        }
    }

    /// Deletes the resource, twice.
    async fn death(&mut self, attrs: &Value, want: &Value) -> Result<(), Error> {
        self.cx.wire().record();
        self.kind.delete(&self.cx, attrs).await?;
        self.check_actions("delete", self.kind.meta().actions.delete, &self.calls());
        if !self.goes_with_another() {
            let seen = self.read(attrs).await?;
            self.check(Check::Deletes, seen.is_none(), || format!("{seen:?}"));
            let named = self.kind.meta().named;
            if let Some(id) = named.id(attrs).filter(|it| named.parse(it).is_some()) {
                let called = self.called(&id, want).await?;
                self.check(Check::Imports, called.is_some() == seen.is_some(), || format!("{called:?} when gone"));
            }
        }
        let again = self.kind.delete(&self.cx, attrs).await;
        self.check(Check::DeletesTwice, again.is_ok(), || format!("{again:?}"));
        Ok(())
    }

    /// Makes the resource without hearing of it, and finds it again.
    async fn lost_answer(&mut self, want: &Value) -> Result<(), Error> {
        let token = token(3);
        if !self.goes_with_another() {
            let found = self.find(&token, want).await?;
            self.check(Check::FindsNoStranger, found.is_none(), || format!("before create: {found:?}"));
        }
        let Meta { name, actions, .. } = self.kind.meta();
        // Where something may be asked first, the call that makes it is the first of its actions that changes something.
        let asks = ASK_FIRST.contains(name);
        let making = actions.create.iter().find(|it| asks && !is_read(it)).copied().unwrap_or("*");
        self.cx.wire().inject(Faults::default().on(making, 1, Fault::LoseAnswer));
        let lost = self.kind.create(&self.cx, &token, want).await;
        let again = ASKED_AGAIN.contains(name);
        let unknown = lost.as_ref().is_err_and(|error| error.effect == Effect::Unknown);
        self.check(Check::SurvivesLostAnswer, unknown, || format!("{lost:?}"));
        let found = match self.find(&token, want).await? {
            None if again => Some(self.kind.create(&self.cx, &token, want).await?),
            found => found,
        };
        self.check(Check::SurvivesLostAnswer, found.is_some(), || "not found".to_owned());
        let Some(attrs) = found else { return Ok(()) };
        let attrs = self.finish(&attrs, want, &token).await?;
        let seen = self.read(&attrs).await?;
        self.check_as_wanted(Check::SurvivesLostAnswer, want, &attrs, seen.as_ref());
        self.death(&attrs, want).await
    }

    /// Reads the resource until it is no longer pending; an emulator moves on at each look.
    async fn read(&mut self, attrs: &Value) -> Result<Option<SeenValue>, Error> {
        for _ in 0..10 {
            self.cx.wire().record();
            let mut seen = self.kind.read(&self.cx, std::slice::from_ref(attrs)).await?;
            let calls = self.calls();
            let name = self.kind.meta().name;
            let most = if READ_BY_FOUR.contains(&name) { 4 } else { 2 + usize::from(READ_BY_THREE.contains(&name)) };
            self.check(Check::FewReads, calls.len() <= most, || format!("{calls:?}"));
            self.check_actions("read", self.kind.meta().actions.read, &calls);
            let seen = seen.remove(0);
            if seen.as_ref().is_none_or(|it| it.phase != Phase::Pending) {
                return Ok(seen);
            }
        }
        Err(Error::unknown("read", "still pending after ten looks"))
    }

    async fn find(&mut self, token: &Token, want: &Value) -> Result<Option<Value>, Error> {
        self.cx.wire().record();
        let lost = LostValue { token: token.clone(), want: want.clone() };
        let mut found = self.kind.find(&self.cx, &[lost]).await?;
        self.check_actions("find", self.kind.meta().actions.find, &self.calls());
        Ok(found.remove(0))
    }

    /// Returns the calls since the last `record`, as IAM writes them.
    fn calls(&self) -> Vec<String> {
        self.cx.wire().recorded().into_iter().map(|it| it.operation).collect()
    }

    async fn set_up(&mut self, needs: &Graph) -> Result<(), Error> {
        for (number, node) in needs.nodes().enumerate() {
            let kind = Arc::clone(self.registry.get(node.kind).expect("a case needs kinds in the registry"));
            let want = kind.normalise(&self.resolved(&node.props)).expect("properties are of their kind");
            let token = Token::derive("conformance", "needs", &node.address, u32::try_from(number).unwrap_or(0));
            let attrs = kind.create(&self.cx, &token, &want).await?;
            let attrs = finish(&*kind, &self.cx, &attrs, &want, &token).await?;
            self.made.insert(node.address.clone(), attrs);
        }
        Ok(())
    }

    async fn tear_down(&mut self, needs: &Graph) -> Result<(), Error> {
        for node in needs.nodes().rev() {
            let kind = self.registry.get(node.kind).expect("a case needs kinds in the registry");
            kind.delete(&self.cx, &self.made[&node.address]).await?;
        }
        Ok(())
    }

    fn resolved(&self, props: &Value) -> Value {
        let known = |source: &reference::Source| self.made.get(&source.of)?[&source.attr].as_str().map(str::to_owned);
        reference::resolve(props, &known)
    }

    fn has_tags(&self) -> bool {
        self.kind.meta().fields.iter().any(|field| field.name == "tags")
    }

    fn goes_with_another(&self) -> bool {
        GO_WITH_ANOTHER.contains(&self.kind.meta().name)
    }

    fn check_as_wanted(&mut self, check: Check, want: &Value, attrs: &Value, seen: Option<&SeenValue>) {
        let Some(seen) = seen else { return self.fail(check, "nothing is read".to_owned()) };
        let differences = differences(self.kind.meta(), want, &seen.props);
        self.check(check, differences.is_empty(), || format!("{differences:?}"));
        self.check(check, seen.phase == Phase::Ready, || format!("{:?}", seen.phase));
        self.check(check, seen.attrs == *attrs, || format!("{} instead of {attrs}", seen.attrs));
    }

    fn check_actions(&mut self, verb: &str, declared: &[&str], calls: &[String]) {
        let missing: Vec<_> = calls.iter().filter(|call| !declared.contains(&action(call))).collect();
        self.check(Check::Actions, missing.is_empty(), || format!("{verb} also calls {missing:?}"));
    }

    fn check(&mut self, check: Check, holds: bool, why: impl FnOnce() -> String) {
        if !holds {
            self.fail(check, why());
        }
    }

    fn fail(&mut self, check: Check, why: String) {
        self.failures.push(Failure { check, why });
    }
}

/// Returns the attributes that an update changed though the kind does not say so. One that was not known before (an
/// endpoint) may become known.
fn undeclared_moves(kind: &Meta, before: &Value, after: &Value) -> Vec<&'static str> {
    let differs = |name: &&&'static str| !before[**name].is_null() && before[**name] != after[**name];
    kind.attributes.iter().filter(differs).filter(|name| !kind.moves.contains(name)).copied().collect()
}

async fn finish(kind: &dyn Erased, cx: &Cx, attrs: &Value, want: &Value, token: &Token) -> Result<Value, Error> {
    let later = kind.later(want);
    if later.is_empty() {
        return Ok(attrs.clone());
    }
    kind.update(
        cx,
        EditValue { have: attrs, was: want, want, changed: &later, mark: later.contains(&TAGS).then_some(token) },
    )
    .await
}

fn token(incarnation: u32) -> Token {
    Token::derive("conformance", "it", &Address::of("case.it", None), incarnation)
}

/// Returns the attributes with what AWS tells only of a resource that is ready.
fn completed(mut attrs: Value, seen: Option<&SeenValue>) -> Value {
    for (name, value) in attrs.as_object_mut().into_iter().flatten() {
        if let Some(seen) = seen.filter(|_| value.is_null()) {
            value.clone_from(&seen.attrs[name]);
        }
    }
    attrs
}

fn is_read(call: &str) -> bool {
    let name = call.split(':').nth(1).unwrap_or(call);
    ["Describe", "Get", "List"].iter().any(|prefix| name.starts_with(prefix))
}

#[test]
fn an_attribute_that_an_update_changes_must_be_declared() {
    let registry = registry();
    let [table, subnet] = ["ec2.route_table_association", "ec2.subnet"].map(|name| registry.get(name).unwrap().meta());
    let before = serde_json::json!({ "id": "a", "subnet": "s", "arn": null });
    let after = serde_json::json!({ "id": "b", "subnet": "s", "arn": "c" });
    assert_eq!(undeclared_moves(table, &before, &after), [""; 0]);
    assert_eq!(undeclared_moves(subnet, &before, &after), ["id"]);
}
