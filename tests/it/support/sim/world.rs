//! What is in the simulated cloud, and what requests do to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use moodle_infra::aws::{Error, Result};
use moodle_infra::kind::erased::{LostValue, SeenValue};
use moodle_infra::kind::{Address, Change, Phase, Token, Verb};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::dice::Dice;
use super::log::{Call, Method};
use super::nature::{Nature, Repeated, Times};
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

/// A resource, alive or not.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) kind: &'static str,
    pub(crate) region: String,
    pub(crate) token: Token,
    pub(crate) props: Value,
    pub(crate) attrs: Value,
    /// The stack that its tags name.
    pub(crate) stack: Option<String>,
    /// The numbers of the resources that its properties refer to.
    refers: BTreeSet<usize>,
    pub(crate) made: Instant,
    pub(crate) ready: Instant,
    /// What AWS says when it gives up on it, instead of getting it ready.
    failed: Option<String>,
    /// When reads see it at first, and when it is found by its token at first.
    seen: Instant,
    found: Instant,
    /// When its deletion began, and when it is gone.
    pub(crate) deleted: Option<Instant>,
    pub(crate) gone: Option<Instant>,
}

impl Resource {
    fn is_alive(&self, now: Instant) -> bool {
        self.gone.is_none_or(|gone| now < gone)
    }

    fn phase(&self, now: Instant) -> Phase {
        match &self.failed {
            _ if self.deleted.is_some() => Phase::Deleting,
            _ if now < self.ready => Phase::Pending,
            Some(why) => Phase::Failed(why.clone()),
            None => Phase::Ready,
        }
    }
}

/// A request that arrived and has its effect at a time.
struct Effect {
    at: Instant,
    number: usize,
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
    effects: Vec<Effect>,
    answers: BTreeMap<usize, Result<Value>>,
    /// Tokens of the published rates: how many are left, and since when.
    buckets: BTreeMap<&'static str, (f64, Instant)>,
    dice: Dice,
}

/// A lost request or answer is noticed after so long.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// How long a look takes.
const LOOK: Duration = Duration::from_millis(200);
/// Properties whose text is never a reference.
const NO_REFERENCE: &[&str] = &["name", "description", "tags", "service", "zone", "note", "place"];

impl World {
    pub(crate) fn new(natures: BTreeMap<&'static str, Nature>, weather: Weather, seed: u64) -> World {
        World {
            natures,
            resources: Vec::new(),
            calls: Vec::new(),
            broken: Vec::new(),
            weather,
            effects: Vec::new(),
            answers: BTreeMap::new(),
            buckets: BTreeMap::new(),
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
        let names = identity(kind, have);
        self.alive().find(|(_, it)| it.kind == kind && names.iter().all(|name| it.attrs[name] == have[name]))
    }

    /// Returns the durations of a kind.
    pub(crate) fn times(&self, kind: &str) -> Times {
        self.natures[kind].times
    }

    /// Starts the calls of a client that knows nothing of the calls before it: the buckets are full.
    pub(crate) fn fill_buckets(&mut self) {
        self.buckets.clear();
    }

    /// Deletes a resource behind the client's back.
    pub(crate) fn lose(&mut self, address: &Address) {
        let now = Instant::now();
        for resource in self.resources.iter_mut().filter(|it| it.token.address == *address && it.is_alive(now)) {
            resource.gone = Some(now);
        }
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
    pub(crate) fn send(&mut self, kind: &'static str, request: Request) -> Sent {
        let now = Instant::now();
        let (method, address) = match &request {
            Request::Create { token, .. } => (Method::Create, Some(token.address.clone())),
            Request::Update { have, .. } => (Method::Update, self.address(kind, have)),
            Request::Delete { have } => (Method::Delete, self.address(kind, have)),
        };
        let number = self.log(kind, method, address.clone());
        let times = self.natures[kind].times;
        let mut fault = self.weather.fault(number, &mut self.dice);
        if !self.takes_token(kind, now) {
            self.broken.push(format!("call {number}: {kind} is called faster than its rate"));
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
        let answered =
            now + fault.map_or(takes, |fault| if fault == Fault::Throttle { LOOK } else { LOST_AFTER + takes });
        if let Some(fault) = fault {
            self.answers.insert(number, Err(error_of(fault)));
        }
        if let Some(address) = address.filter(|it| self.weather.refuse.contains(&(it.clone(), method))) {
            let refused = Error::refused("sim:Refused", "Refused", format!("{address} is refused for good"));
            self.answers.insert(number, Err(refused));
        } else if fault.is_none_or(Fault::has_effect) {
            self.effects.push(Effect { at: now + takes / 2, number, answered: now + takes, kind, request });
        }
        Sent { number, answered }
    }

    /// Receives a look.
    pub(crate) fn look(&mut self, kind: &'static str, look: Look) -> Sent {
        let (method, count) = match look {
            Look::Read(count) => (Method::Read, count),
            Look::Find(count) => (Method::Find, count),
        };
        let number = self.log(kind, method, None);
        let batch = self.natures[kind].real.meta().batch;
        if count > batch || count == 0 {
            self.broken.push(format!("call {number}: {count} of {kind} in one look, where {batch} is the limit"));
        }
        let fault = self.weather.fault(number, &mut self.dice);
        let wait = match fault {
            None | Some(Fault::Throttle) => LOOK,
            Some(_) => LOOK + LOST_AFTER,
        };
        self.answers.insert(number, fault.map_or(Ok(Value::Null), |fault| Err(error_of(fault))));
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
        let (mut due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.effects).into_iter().partition(|effect| effect.at <= now);
        self.effects = later;
        due.sort_by_key(|effect| (effect.at, effect.number));
        for Effect { at, number, answered, kind, request } in due {
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

    fn create(
        &mut self,
        kind: &'static str,
        region: &str,
        token: &Token,
        want: &Value,
        at: Instant,
        answered: Instant,
    ) -> Result<Value> {
        let nature = &self.natures[kind];
        let same = |it: &&Resource| it.kind == kind && it.region == region && it.is_alive(at);
        if nature.repeated == Repeated::Token
            && let Some(before) = self.resources.iter().filter(same).find(|it| it.token == *token)
        {
            return Ok(before.attrs.clone());
        }
        if let Some(other) = self.resources.iter().filter(same).find(|it| nature.real.conflicts(&it.props, want)) {
            let message = format!("{} conflicts with {}", token.address, other.token.address);
            return Err(Error::refused("sim:Create", "AlreadyExists", message));
        }
        let refers = self.refers(want, &token.address.clone(), at)?;
        if self.weather.too_early {
            self.check_age(kind, &refers, at)?;
        }
        let number = self.resources.len();
        let attrs = attrs_of(&self.natures[kind], kind, want, number);
        let nature = &self.natures[kind];
        let stack = nature.real.meta().is_tagged().then(|| token.stack.clone());
        let mut props = want.clone();
        for field in nature.real.later(want) {
            props[field] = match &props[field] {
                Value::Bool(wanted) => json!(!wanted),
                _ => Value::Null,
            };
        }
        let waits = nature.real.meta().poll.ready.first.is_some();
        let extra = (nature.times.create - nature.times.accept).max(0.0);
        let extra = if waits { self.varied(extra) } else { Duration::ZERO };
        let failed = self.weather.fail.contains(&token.address).then(|| "Sim.GaveUp: the weather".to_owned());
        let stale = Duration::from_secs_f64(self.dice.share() * self.weather.stale);
        let lag = Duration::from_secs_f64(self.dice.share() * self.weather.lag);
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
            failed,
            seen: at + stale,
            found: at + lag,
            deleted: None,
            gone: None,
        });
        Ok(attrs)
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
        let mut props = before.props.clone();
        for name in changed {
            props[name.as_str()] = want[name.as_str()].clone();
        }
        let others =
            self.alive().filter(|(other, it)| *other != number && it.kind == kind && it.region == before.region);
        if let Some((_, other)) = others.into_iter().find(|(_, it)| nature.real.conflicts(&it.props, &props)) {
            let message = format!("{} conflicts with {}", before.token.address, other.token.address);
            return Err(Error::refused("sim:Update", "AlreadyExists", message));
        }
        let moves = self.natures[kind].real.meta().moves;
        let change = self.natures[kind].times.change;
        let ready = before.ready.max(at + self.varied(change));
        let refers = self.refers(&props, &before.token.address, at)?;
        let serial = self.calls.len();
        let resource = &mut self.resources[number];
        resource.refers = refers;
        resource.props = props;
        resource.ready = ready;
        for name in moves {
            resource.attrs[*name] = json!(format!("{kind}-{number}-{name}-{serial}"));
        }
        Ok(resource.attrs.clone())
    }

    fn delete(&mut self, kind: &str, have: &Value, at: Instant, answered: Instant) -> Result<()> {
        let Some((number, resource)) = self.at(kind, have) else { return Ok(()) };
        if resource.deleted.is_some() {
            return Ok(());
        }
        let address = resource.token.address.clone();
        let user = self.alive().find(|(_, it)| it.refers.contains(&number)).map(|(_, it)| it.token.address.clone());
        if let Some(user) = user {
            let message = format!("{address} is deleted before its user {user}");
            self.broken.push(message.clone());
            return Err(Error::refused("sim:Delete", "DependencyViolation", message));
        }
        let nature = &self.natures[kind];
        let waits = nature.real.meta().poll.gone.first.is_some();
        let takes = nature.times.delete;
        let gone = if waits { at + self.varied(takes) } else { answered };
        let resource = &mut self.resources[number];
        resource.deleted = Some(at);
        resource.gone = Some(gone);
        Ok(())
    }

    /// Returns a resource as a read sees it.
    pub(crate) fn seen(&self, kind: &str, have: &Value) -> Option<SeenValue> {
        let now = Instant::now();
        let (_, it) = self.at(kind, have).filter(|(_, it)| it.seen <= now)?;
        Some(SeenValue {
            phase: it.phase(now),
            props: it.props.clone(),
            attrs: it.attrs.clone(),
            stack: it.stack.clone(),
        })
    }

    /// Returns the attributes of the resource that users call `id`.
    pub(crate) fn named(&self, kind: &str, id: &str) -> Option<Value> {
        let named = self.natures[kind].real.meta().named;
        let mut called = self.alive().filter(|(_, it)| it.kind == kind && named.id(&it.attrs).as_deref() == Some(id));
        called.next().map(|(_, it)| it.attrs.clone())
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
        if nature.repeated == Repeated::NaturalKey {
            let have = attrs_of(nature, nature.real.meta().name, &lost.want, usize::MAX);
            return self.at(kind, &have).filter(|(_, it)| it.found <= now).map(|(_, it)| it.attrs.clone());
        }
        let mut ours = self.alive().filter(|(_, it)| it.kind == kind && it.token == lost.token && it.found <= now);
        ours.next().map(|(_, it)| it.attrs.clone())
    }

    fn address(&self, kind: &str, have: &Value) -> Option<Address> {
        self.at(kind, have).map(|(_, it)| it.token.address.clone())
    }

    fn log(&mut self, kind: &'static str, method: Method, address: Option<Address>) -> usize {
        self.calls.push(Call { kind, method, address, began: Instant::now(), ended: None, failed: None });
        self.calls.len() - 1
    }

    /// Takes a token of a kind's published rate.
    fn takes_token(&mut self, kind: &'static str, now: Instant) -> bool {
        let rate = self.natures[kind].real.meta().rate;
        let (left, since) = self.buckets.entry(kind).or_insert((f64::from(rate.burst), now));
        let passed = now.duration_since(*since).as_secs_f64();
        *left = (*left + passed * rate.per_second).min(f64::from(rate.burst));
        *since = now;
        let takes = 1.0 <= *left + 1e-6;
        if takes {
            *left -= 1.0;
        }
        takes
    }

    /// Returns the numbers of the resources that properties refer to; refuses those that are gone.
    fn refers(&mut self, props: &Value, user: &Address, at: Instant) -> Result<BTreeSet<usize>> {
        let mut refers = BTreeSet::new();
        for text in texts(props) {
            let named: Vec<(usize, bool)> = self
                .resources
                .iter()
                .enumerate()
                .filter(|(_, it)| handles(it).any(|handle| handle == text))
                .map(|(number, it)| (number, it.is_alive(at) && it.deleted.is_none()))
                .collect();
            refers.extend(named.iter().filter(|(_, alive)| *alive).map(|(number, _)| *number));
            if !named.is_empty() && !named.iter().any(|(_, alive)| *alive) {
                self.broken.push(format!("{user} refers to {text}, which is gone"));
                return Err(Error::refused("sim:Refer", "NotFound", format!("{text} is not there")));
            }
        }
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

fn error_of(fault: Fault) -> Error {
    match fault {
        Fault::Throttle => Error::refused("sim:Any", "RequestLimitExceeded", "slower"),
        Fault::LoseRequest | Fault::LoseAnswer => Error::unknown("sim:Any", "connection reset"),
        Fault::Break | Fault::BreakDone => {
            Error { code: Some("InternalError".to_owned()), ..Error::unknown("sim:Any", "status 500") }
        }
    }
}

/// The names of the attributes by which a kind tells its resources apart.
fn identity(kind: &str, have: &Value) -> Vec<String> {
    let names = have.as_object().into_iter().flat_map(serde_json::Map::keys).cloned();
    match kind {
        "ec2.route_table_association" => vec!["subnet".to_owned()],
        _ if have.get("id").is_some() => vec!["id".to_owned()],
        _ => names.filter(|name| name != "arn").collect(),
    }
}

/// Makes the attributes of a resource: those that are properties as well, and made-up ones.
fn attrs_of(nature: &Nature, kind: &str, want: &Value, number: usize) -> Value {
    // An id looks as users know it, where that is more than a word.
    let look = nature.real.meta().named.look().unwrap_or_default();
    let before = look.strip_suffix('…').filter(|it| !it.contains('/')).unwrap_or(kind);
    let before = before.trim_end_matches('-');
    let attribute = |name: &&'static str| {
        let made_up = match *name {
            "id" => json!(format!("{before}-{number}")),
            "arn" => json!(format!("arn:sim:{kind}:{}", want["name"].as_str().unwrap_or(&number.to_string()))),
            "version" => json!(format!("{kind}-{number}-version")),
            "public_ip" => json!(format!("203.0.113.{number}")),
            name => want[name].clone(),
        };
        ((*name).to_owned(), made_up)
    };
    Value::Object(nature.real.meta().attributes.iter().map(attribute).collect())
}

/// Returns the texts by which others refer to a resource.
fn handles(it: &Resource) -> impl Iterator<Item = &str> {
    let named: &[&str] = match it.kind {
        "iam.role" | "logs.log_group" => &["name", "arn"],
        "ec2.internet_gateway_attachment" => &["gateway"],
        _ => &["id", "arn", "public_ip", "version"],
    };
    named.iter().filter_map(|name| it.attrs[*name].as_str())
}

/// Returns every text of properties that may be a reference.
fn texts(props: &Value) -> Vec<String> {
    match props {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => {
            let may = members.iter().filter(|(name, _)| !NO_REFERENCE.contains(&name.as_str()));
            may.flat_map(|(_, member)| texts(member)).collect()
        }
        _ => Vec::new(),
    }
}
