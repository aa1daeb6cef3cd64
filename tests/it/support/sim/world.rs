//! What is in the simulated cloud, and what requests do to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use moodle_infra::aws::{Error, Result};
use moodle_infra::kind::erased::{LostValue, SeenValue};
use moodle_infra::kind::{Address, Change, Rate, Token, Verb};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::dice::Dice;
use super::log::{Call, Method};
use super::nature::{Nature, Repeated, Times};
use super::rates::Rates;
use super::resource::Resource;
use super::shape;
use super::weather::{Fault, Weather};

/// A request that changes something.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Create { region: String, token: Token, want: Value },
    Update { have: Value, want: Value, changed: Vec<String>, mark: Option<String> },
    Delete { have: Value },
}

/// A request that only looks, and at how many.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look {
    Read(usize),
    Find(usize),
}

/// A request under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) number: usize,
    pub(crate) answered: Instant,
}

/// A request that arrived and has its effect at a time.
struct Effect {
    answered: Instant,
    kind: &'static str,
    request: Request,
}

/// A simulated cloud.
pub(crate) struct World {
    natures: BTreeMap<&'static str, Nature>,
    /// Every resource that ever was.
    pub(crate) resources: Vec<Resource>,
    /// Every call, by number.
    pub(crate) calls: Vec<Call>,
    /// The rules that the client broke.
    pub(crate) broken: Vec<String>,
    pub(crate) weather: Weather,
    /// The addresses of what holds data and may be deleted; `None`: anything may.
    pub(crate) may_lose: Option<BTreeSet<Address>>,
    /// Every call that was refused because it came too fast.
    pub(crate) throttled: usize,
    /// Whether the client's machine has slept: calls for which there was room before come only after, and for the rest of
    /// the run the client is ahead of the buckets by these.
    pub(crate) slept: bool,
    /// What comes, by time and the number of its call.
    effects: BTreeMap<(Instant, usize), Effect>,
    answers: BTreeMap<usize, Result<Value>>,
    rates: Rates,
    /// The newest resource of each identity.
    identities: BTreeMap<String, usize>,
    /// Resources by the name that users gave them.
    named: BTreeMap<String, Vec<(usize, &'static str)>>,
    /// Every resource of a kind that is not known to be gone.
    of_kind: BTreeMap<&'static str, Vec<usize>>,
    /// Who refers to a resource.
    users: BTreeMap<usize, BTreeSet<usize>>,
    dice: Dice,
}

/// A lost request or answer is noticed after so long.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// How long a look takes.
const LOOK: Duration = Duration::from_millis(200);
/// How long, at most, a slow answer takes more, in seconds.
const SLOWEST: f64 = 40.0;

impl World {
    pub(crate) fn new(natures: BTreeMap<&'static str, Nature>, weather: Weather, seed: u64) -> World {
        World {
            natures,
            resources: Vec::new(),
            calls: Vec::new(),
            broken: Vec::new(),
            weather,
            may_lose: None,
            throttled: 0,
            slept: false,
            effects: BTreeMap::new(),
            answers: BTreeMap::new(),
            rates: Rates::default(),
            identities: BTreeMap::new(),
            named: BTreeMap::new(),
            of_kind: BTreeMap::new(),
            users: BTreeMap::new(),
            dice: Dice::of(seed ^ 0x00c1_00d5),
        }
    }

    /// Returns what exists now, with its number.
    pub(crate) fn alive(&self) -> impl Iterator<Item = (usize, &Resource)> {
        let now = Instant::now();
        self.resources.iter().enumerate().filter(move |(_, it)| it.is_alive(now))
    }

    /// Returns the resource that attributes stand for, if it exists.
    pub(crate) fn at(&self, kind: &str, have: &Value) -> Option<(usize, &Resource)> {
        let now = Instant::now();
        self.newest(kind, have).map(|number| (number, &self.resources[number])).filter(|(_, it)| it.is_alive(now))
    }

    /// Returns the resource that a deletion is about: the one that exists, and of acts the first of several.
    fn leaving(&self, kind: &str, have: &Value) -> Option<(usize, &Resource)> {
        let nature = &self.natures[kind];
        if !nature.is_act() {
            return self.at(kind, have);
        }
        let (now, identity) = (Instant::now(), shape::identity(nature, have));
        let all = self.of_kind.get(kind).into_iter().flatten().map(|number| (*number, &self.resources[*number]));
        let mut alive = all.filter(|(_, it)| it.is_alive(now) && it.deleted.is_none());
        alive.find(|(_, it)| shape::identity(nature, &it.attrs) == identity)
    }

    /// Returns the newest resource that attributes stand for, gone or not.
    fn newest(&self, kind: &str, have: &Value) -> Option<usize> {
        self.identities.get(&shape::identity(&self.natures[kind], have)).copied()
    }

    /// Returns what reads would show of a resource now, but for what replicas do not know yet.
    pub(crate) fn known(&self, number: usize) -> Value {
        self.resources[number].known(Instant::now())
    }

    /// Returns the durations of a kind.
    pub(crate) fn times(&self, kind: &str) -> Times {
        self.natures[kind].times
    }

    /// Starts the calls of a client that knows nothing of the calls before it: the buckets are full.
    pub(crate) fn fill_buckets(&mut self) {
        self.rates.fill();
        self.slept = false;
    }

    /// Deletes a resource behind the client's back.
    pub(crate) fn lose(&mut self, address: &Address) {
        let now = Instant::now();
        for resource in self.resources.iter_mut().filter(|it| it.token.address == *address && it.is_alive(now)) {
            resource.gone = Some(now);
            // What reads would have shown of it after a deletion of ours is no more.
            resource.ghost = None;
        }
    }

    /// Whether nothing that exists refers to what stands at an address.
    pub(crate) fn is_unused(&self, address: &Address) -> bool {
        let now = Instant::now();
        let ours = self.alive().filter(|(_, it)| it.token.address == *address).map(|(number, _)| number);
        let mut users = ours.flat_map(|number| self.users.get(&number).into_iter().flatten());
        !users.any(|user| self.resources[*user].is_alive(now))
    }

    /// Lets AWS give up the deletion of a resource.
    pub(crate) fn keep(&mut self, address: &Address) {
        let now = Instant::now();
        let mut leaving = self.resources.iter_mut().filter(|it| it.deleted.is_some() && it.is_alive(now));
        let found = leaving.find(|it| it.token.address == *address).expect("it is being deleted");
        found.deleted = None;
        found.gone = None;
    }

    /// Changes a property of a resource behind the client's back.
    pub(crate) fn edit(&mut self, address: &Address, field: &str, value: Value) {
        let now = Instant::now();
        let found = self.resources.iter_mut().find(|it| it.token.address == *address && it.is_alive(now));
        found.unwrap().props[field] = value;
    }

    /// Receives a request; it has its effect halfway to its answer, even when nobody waits for that.
    pub(crate) fn send(&mut self, kind: &'static str, region: &str, request: Request) -> Sent {
        let now = Instant::now();
        let (method, address) = match &request {
            Request::Create { token, .. } => (Method::Create, Some(token.address.clone())),
            Request::Update { have, .. } => (Method::Update, self.address(kind, have)),
            Request::Delete { have } => (Method::Delete, self.address(kind, have)),
        };
        let number = self.log(kind, method, address.clone());
        if let Request::Delete { have } = &request {
            self.check_protected(kind, have);
        }
        let times = self.natures[kind].times;
        let mut fault = self.weather.fault(number, &mut self.dice);
        if self.is_too_fast(number, kind, region, self.natures[kind].real.meta().rate) {
            fault = Some(Fault::Throttle);
        }
        let poll = self.natures[kind].real.meta().poll;
        let takes = match method {
            Method::Create => times.accept,
            Method::Update => times.update.max(0.1),
            // What the answer of the delete call is the end of takes all its time in the call.
            _ if poll.gone.first.is_none() => times.delete.max(0.1),
            _ => 0.5,
        };
        let takes = self.varied(takes);
        let answered = now
            + match fault {
                None => takes,
                Some(Fault::Throttle) => LOOK,
                Some(Fault::Slow) => takes + Duration::from_secs_f64(self.dice.share() * SLOWEST),
                Some(_) => LOST_AFTER + takes,
            };
        if let Some(error) = fault.and_then(error_of) {
            self.answers.insert(number, Err(error));
        }
        let passing = self.passing(kind, method);
        if let Some(address) = address.filter(|it| self.weather.refuse.contains(&(it.clone(), method))) {
            let refused = Error::refused("sim:Refused", "Refused", format!("{address} is refused for good"));
            self.answers.insert(number, Err(refused));
        } else if let Some(refused) = passing {
            self.answers.entry(number).or_insert(Err(refused));
        } else if fault.is_none_or(Fault::has_effect) {
            // A call that waits for its own end begins its work soon all the same.
            let at = now + (takes / 2).min(Duration::from_secs(2));
            self.effects.insert((at, number), Effect { answered: now + takes, kind, request });
        }
        Sent { number, answered }
    }

    /// Checks that nobody asks to delete data that is not allowed to go.
    fn check_protected(&mut self, kind: &'static str, have: &Value) {
        let Some((_, it)) = self.at(kind, have) else { return };
        let address = &it.token.address;
        let may_lose = self.may_lose.as_ref().is_none_or(|may| may.contains(address));
        if !may_lose && self.natures[kind].real.holds_data(&it.props) {
            self.broken.push(format!("{address} holds data and is deleted"));
        }
    }

    /// Receives a look.
    pub(crate) fn look(&mut self, kind: &'static str, region: &str, look: Look) -> Sent {
        let (method, count) = match look {
            Look::Read(count) => (Method::Read, count),
            Look::Find(count) => (Method::Find, count),
        };
        let number = self.log(kind, method, None);
        let batch = self.natures[kind].real.meta().batch;
        if count > batch || count == 0 {
            self.broken.push(format!("call {number}: {count} of {kind} in one look, where {batch} is the limit"));
        }
        let mut fault = self.weather.fault(number, &mut self.dice);
        if self.is_too_fast(number, kind, region, self.natures[kind].real.meta().reads) {
            fault = Some(Fault::Throttle);
        }
        let wait = match fault {
            None | Some(Fault::Throttle) => LOOK,
            Some(Fault::Slow) => LOOK + Duration::from_secs_f64(self.dice.share() * SLOWEST),
            Some(_) => LOOK + LOST_AFTER,
        };
        self.answers.insert(number, fault.and_then(error_of).map_or(Ok(Value::Null), Err));
        Sent { number, answered: Instant::now() + wait }
    }

    /// Returns the answer to a request.
    pub(crate) fn answer(&mut self, number: usize) -> Result<Value> {
        let answer = self.answers.remove(&number).expect("answered once, when its time has come");
        self.calls[number].ended = Some(Instant::now());
        self.calls[number].failed =
            answer.as_ref().err().map(|error| error.code.clone().unwrap_or_else(|| error.message.clone()));
        answer
    }

    /// Returns whether a look gets an answer.
    pub(crate) fn answer_look(&mut self, number: usize) -> Result<()> {
        self.answer(number).map(drop)
    }

    /// Lets everything happen whose time has come.
    pub(crate) fn advance(&mut self) {
        let now = Instant::now();
        while let Some(((at, number), _)) = self.effects.first_key_value().filter(|((at, _), _)| *at <= now) {
            let (at, number) = (*at, *number);
            let Some(Effect { answered, kind, request }) = self.effects.remove(&(at, number)) else { return };
            let answer = match request {
                Request::Create { region, token, want } => self.create(kind, &region, &token, &want, at, answered),
                Request::Update { have, want, changed, mark } => {
                    let updated = self.update(kind, &have, &want, &changed, at);
                    if let (Ok(attrs), Some(stack)) = (&updated, mark) {
                        self.mark(kind, attrs, Some(stack));
                    }
                    updated
                }
                Request::Delete { have } => self.delete(kind, &have, at, answered).map(|()| Value::Null),
            };
            // A fault has written its answer already.
            self.answers.entry(number).or_insert(answer);
        }
    }

    /// Whether nobody else can take a resource of this kind away: only our record makes it a thing.
    pub(crate) fn is_act(&self, kind: &str) -> bool {
        self.natures[kind].is_act()
    }

    fn create(
        &mut self,
        kind: &'static str,
        region: &str,
        token: &Token,
        want: &Value,
        at: Instant,
        answered: Instant,
    ) -> Result<Value> {
        let resources = &self.resources;
        self.of_kind.entry(kind).or_default().retain(|number| resources[*number].is_alive(at));
        let nature = &self.natures[kind];
        let same = || self.of_kind[kind].iter().map(|it| &self.resources[*it]).filter(|it| it.region == region);
        if nature.repeated == Repeated::Token
            && let Some(before) = same().find(|it| it.token == *token)
        {
            return Ok(before.known(at));
        }
        if let Some(other) = same().find(|it| nature.clash(&it.props, want)) {
            let message = format!("{} conflicts with {}", token.address, other.token.address);
            return Err(Error::refused("sim:Create", "AlreadyExists", message));
        }
        let refers = self.refers(want, &token.address, at)?;
        if self.weather.too_early {
            self.check_age(kind, &refers, at)?;
        }
        let number = self.resources.len();
        let attrs = shape::attributes(&self.natures[kind], want, number);
        let late = shape::late(kind).iter().map(|name| (*name, shape::made_up(kind, name, number, 0))).collect();
        let nature = &self.natures[kind];
        let stack = nature.real.meta().is_tagged().then(|| token.stack.clone());
        let mut props = want.clone();
        for field in nature.real.later(want) {
            props[field] = match &props[field] {
                Value::Bool(wanted) => json!(!wanted),
                Value::Number(wanted) => json!(wanted.as_i64().map_or(0, |it| it + 1)),
                Value::String(_) => json!(""),
                Value::Object(_) => json!({}),
                _ => Value::Null,
            };
        }
        let waits = nature.real.meta().poll.ready.first.is_some();
        let extra = (nature.times.create - nature.times.accept).max(0.0);
        let extra = if waits { self.varied(extra) } else { Duration::ZERO };
        let failed = self.weather.fail.contains(&token.address).then(|| "Sim.GaveUp: the weather".to_owned());
        let stale = Duration::from_secs_f64(self.dice.share() * self.weather.stale);
        let lag = Duration::from_secs_f64(self.dice.share() * self.weather.lag);
        self.enter(number, kind, &attrs, &refers);
        self.resources.push(Resource {
            kind,
            region: region.to_owned(),
            token: token.clone(),
            props,
            attrs: attrs.clone(),
            stack,
            refers,
            made: at,
            ready: answered + extra,
            late,
            failed,
            seen: at + stale,
            found: at + lag,
            stale: None,
            held: None,
            deleted: None,
            gone: None,
            ghost: None,
        });
        Ok(self.resources[number].known(at))
    }

    /// Notes a new resource wherever it is looked for.
    fn enter(&mut self, number: usize, kind: &'static str, attrs: &Value, refers: &BTreeSet<usize>) {
        let nature = &self.natures[kind];
        self.identities.insert(shape::identity(nature, attrs), number);
        let id = nature.real.meta().id;
        if let Some(name) = attrs[id].as_str().filter(|_| nature.asked_for.contains(&id)) {
            self.named.entry(name.to_owned()).or_default().push((number, kind));
        }
        self.of_kind.entry(kind).or_default().push(number);
        for needed in refers {
            self.users.entry(*needed).or_default().insert(number);
        }
    }

    fn update(&mut self, kind: &str, have: &Value, want: &Value, changed: &[String], at: Instant) -> Result<Value> {
        let Some((number, before)) = self.at(kind, have).map(|(number, it)| (number, it.clone())) else {
            return Err(Error::refused("sim:Update", "NotFound", format!("{have} is not there")));
        };
        let nature = &self.natures[kind];
        let fields = nature.real.meta().fields;
        for name in changed {
            if !fields.iter().any(|field| field.name == name && field.change == Change::Update) {
                self.broken.push(format!("{kind} is to change `{name}` in place"));
            }
        }
        let props = shape::merged(before.props.as_object().cloned().unwrap_or_default(), want, changed);
        let of_kind = self.of_kind.get(kind).into_iter().flatten().filter(|other| **other != number);
        let mut others = of_kind.map(|it| &self.resources[*it]);
        let same = |it: &&Resource| it.region == before.region && it.is_alive(at);
        if let Some(other) = others.find(|it| same(it) && nature.clash(&it.props, &props)) {
            let message = format!("{} conflicts with {}", before.token.address, other.token.address);
            return Err(Error::refused("sim:Update", "AlreadyExists", message));
        }
        let moves = self.natures[kind].real.meta().moves;
        let change = self.natures[kind].times.change;
        let ready = before.ready.max(at + self.varied(change));
        let refers = self.refers(&props, &before.token.address, at)?;
        for needed in &before.refers {
            self.users.entry(*needed).or_default().remove(&number);
        }
        for needed in &refers {
            self.users.entry(*needed).or_default().insert(number);
        }
        let serial = self.calls.len();
        let stale = at + Duration::from_secs_f64(self.dice.share() * self.weather.stale);
        let asked_for = &self.natures[kind].asked_for;
        let resource = &mut self.resources[number];
        resource.refers = refers;
        resource.stale = Some((stale, std::mem::replace(&mut resource.props, props)));
        resource.ready = ready;
        for name in moves {
            let asked = asked_for.contains(name);
            let value = if asked { resource.props[*name].clone() } else { shape::made_up(kind, name, number, serial) };
            match resource.late.iter_mut().find(|(late, _)| late == name) {
                Some((_, late)) => *late = value,
                None => resource.attrs[*name] = value,
            }
        }
        let attrs = resource.known(at);
        self.identities.insert(shape::identity(&self.natures[kind], &attrs), number);
        Ok(attrs)
    }

    fn delete(&mut self, kind: &str, have: &Value, at: Instant, answered: Instant) -> Result<()> {
        let Some((number, resource)) = self.leaving(kind, have) else { return Ok(()) };
        let waits = self.natures[kind].real.meta().poll.gone.first.is_some();
        if resource.deleted.is_some() {
            // Where the answer is the end, it is that of the first call too.
            if !waits {
                let gone = resource.gone.map(|it| it.min(answered));
                self.resources[number].gone = gone;
            }
            return Ok(());
        }
        let address = resource.token.address.clone();
        let users = self.users.get(&number).into_iter().flatten().map(|user| &self.resources[*user]);
        let user = users.into_iter().find(|it| it.is_alive(at)).map(|it| it.token.address.clone());
        let held = resource.held.filter(|held| at < *held).and_then(|_| self.in_use(kind));
        if let Some(refused) = held {
            return Err(refused);
        }
        if let Some(user) = user {
            let message = format!("{address} is deleted before its user {user}");
            self.broken.push(message.clone());
            return Err(Error::refused("sim:Delete", "DependencyViolation", message));
        }
        let nature = &self.natures[kind];
        let takes = nature.times.delete;
        let gone = if waits { at + self.varied(takes) } else { answered };
        let ghost = gone + Duration::from_secs_f64(self.dice.share() * self.weather.stale);
        // A replica that is behind by less than the deletion takes shows that it is on its way.
        let soon = gone.duration_since(at) <= Duration::from_secs_f64(self.weather.stale);
        let unaware = self.dice.chance(0.5) && soon;
        let resource = &mut self.resources[number];
        resource.deleted = Some(at);
        resource.gone = Some(gone);
        resource.ghost = Some((ghost, unaware));
        for needed in resource.refers.clone() {
            let held = gone + Duration::from_secs_f64(self.dice.share() * self.weather.lingers);
            self.resources[needed].held = self.resources[needed].held.max(Some(held));
        }
        Ok(())
    }

    /// Returns how AWS says that a resource is still in use, where that is expected of its kind.
    fn in_use(&self, kind: &str) -> Option<Error> {
        let retry = self.natures[kind].real.meta().retry.iter().find(|it| it.verb == Verb::Delete)?;
        Some(Error::refused("sim:Delete", retry.code, format!("{} (something lingers)", retry.message)))
    }

    /// Returns a refusal that passes and is expected of a kind, as often as the weather wants.
    fn passing(&mut self, kind: &str, method: Method) -> Option<Error> {
        if !self.dice.chance(self.weather.not_yet) {
            return None;
        }
        let verb = match method {
            Method::Create => Verb::Create,
            Method::Update => Verb::Update,
            Method::Delete => Verb::Delete,
            Method::Read | Method::Find => return None,
        };
        let all: Vec<_> = self.natures[kind].real.meta().retry.iter().filter(|it| it.verb == verb).collect();
        if all.is_empty() {
            return None;
        }
        let retry = *self.dice.pick(&all);
        Some(Error::refused("sim:Any", retry.code, format!("{} (not yet)", retry.message)))
    }

    /// Takes a call from the bucket of its group, and says so when there is none left.
    fn is_too_fast(&mut self, number: usize, kind: &'static str, region: &str, rate: Rate) -> bool {
        let part = self.weather.rates;
        if self.rates.take(self.natures[kind].real.meta().service(), region, rate, part) {
            return false;
        }
        self.throttled += 1;
        if 1.0 <= part && !self.slept {
            self.broken.push(format!("call {number}: {kind} is called faster than the rate of {}", rate.group));
        }
        true
    }

    /// Returns a resource as a read sees it.
    pub(crate) fn seen(&self, kind: &str, have: &Value) -> Option<SeenValue> {
        self.resources[self.newest(kind, have)?].look(Instant::now())
    }

    /// Returns the attributes of the resource that users call `id`.
    pub(crate) fn named(&self, kind: &str, id: &str) -> Option<Value> {
        let now = Instant::now();
        let named = self.natures[kind].real.meta().named;
        let mut called = self.alive().filter(|(_, it)| it.kind == kind && named.id(&it.attrs).as_deref() == Some(id));
        called.next().map(|(_, it)| it.known(now))
    }

    /// Gives a resource the mark of a stack, or none.
    pub(crate) fn mark(&mut self, kind: &str, attrs: &Value, stack: Option<String>) {
        let number = self.at(kind, attrs).map(|(number, _)| number);
        if let Some(number) = number {
            self.resources[number].stack = stack;
        }
    }

    /// Returns the attributes of a lost resource.
    pub(crate) fn found(&self, kind: &str, lost: &LostValue) -> Option<Value> {
        let now = Instant::now();
        let nature = &self.natures[kind];
        let natural = nature.repeated == Repeated::NaturalKey;
        let have = shape::attributes(nature, &lost.want, usize::MAX);
        let names = || nature.identity.iter().filter(|name| nature.asked_for.contains(name));
        let same = |it: &Resource| names().all(|name| it.attrs[*name] == have[*name]);
        let ours = |it: &&Resource| if natural { same(it) } else { it.token == lost.token };
        let of_kind = self.of_kind.get(kind).into_iter().flatten().map(|number| &self.resources[*number]);
        let mut found = of_kind.filter(|it| it.is_alive(now) && it.found <= now).filter(ours);
        found.next().map(|it| it.known(now))
    }

    fn address(&self, kind: &str, have: &Value) -> Option<Address> {
        self.at(kind, have).map(|(_, it)| it.token.address.clone())
    }

    fn log(&mut self, kind: &'static str, method: Method, address: Option<Address>) -> usize {
        self.calls.push(Call { kind, method, address, began: Instant::now(), ended: None, failed: None });
        self.calls.len() - 1
    }

    /// Returns the numbers of the resources that properties refer to; refuses those that are gone.
    fn refers(&mut self, props: &Value, user: &Address, at: Instant) -> Result<BTreeSet<usize>> {
        let mut refers = shape::references(props, &self.named);
        let gone = |number: &usize| !self.resources[*number].is_alive(at) || self.resources[*number].deleted.is_some();
        let (dead, alive): (Vec<usize>, Vec<usize>) = refers.iter().copied().partition(gone);
        // A name may have had other bearers; its newest one is meant.
        let replaced = |dead: &usize| {
            let (kind, name) =
                (self.resources[*dead].kind, shape::identity_name(&self.natures, &self.resources[*dead]));
            let newer = refers.iter().filter(|it| *it > dead || alive.contains(it)).map(|it| &self.resources[*it]);
            name.is_some()
                && newer.into_iter().any(|it| it.kind == kind && shape::identity_name(&self.natures, it) == name)
        };
        if let Some(dead) = dead.iter().find(|it| !replaced(it)) {
            let (needed, it) = (&self.resources[*dead].token.address, self.resources[*dead].kind);
            let message = format!("{user} refers to {needed} ({it}), which is gone");
            // What somebody else deleted a moment ago, the client cannot know.
            if self.resources[*dead].deleted.is_some() {
                self.broken.push(message.clone());
            }
            return Err(Error::refused("sim:Refer", "NotFound", message));
        }
        refers.retain(|it| alive.contains(it));
        Ok(refers)
    }

    fn check_age(&self, kind: &str, refers: &BTreeSet<usize>, at: Instant) -> Result<()> {
        let nature = &self.natures[kind];
        for number in refers {
            let needed = &self.resources[*number];
            let age = at.duration_since(needed.made).as_secs_f64();
            let early = nature.too_early.iter().find(|it| it.on == needed.kind && age < it.seconds);
            let expected =
                |code: &str| nature.real.meta().retry.iter().find(|it| it.verb == Verb::Create && it.code == code);
            if let Some(early) = early {
                let message = expected(&early.error).map_or("", |it| it.message);
                return Err(Error::refused("sim:Create", early.error.clone(), format!("{message} (too early)")));
            }
        }
        Ok(())
    }

    fn varied(&mut self, seconds: f64) -> Duration {
        let jitter = self.weather.jitter;
        let share = if jitter > 0.0 { 1.0 + jitter * (2.0 * self.dice.share() - 1.0) } else { 1.0 };
        Duration::from_secs_f64(seconds * share)
    }
}

fn error_of(fault: Fault) -> Option<Error> {
    match fault {
        Fault::Throttle => Some(Error::refused("sim:Any", "RequestLimitExceeded", "slower")),
        Fault::LoseRequest | Fault::LoseAnswer => Some(Error::unknown("sim:Any", "connection reset")),
        Fault::Break | Fault::BreakDone => {
            Some(Error { code: Some("InternalError".to_owned()), ..Error::unknown("sim:Any", "status 500") })
        }
        Fault::Slow => None,
    }
}
