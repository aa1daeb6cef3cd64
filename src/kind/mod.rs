//! The contract that a resource author reads: what a kind of AWS resource must be able to do.
//!
//! A kind is a type without values that implements [`Kind`]. It knows one AWS resource type and nothing of the
//! engine: no graph, no state, no plan. The engine in turn knows no kind; it drives them all through
//! [`erased::Erased`], with properties and attributes as JSON.
//!
//! *Absent on purpose*: a wait method (the engine polls [`Kind::read`]), SDK waiters and SDK retries (the engine
//! settles and repeats), and any memory of earlier calls (the journal is the only memory).

use std::fmt;
use std::future::Future;

use crate::aws::{Cx, Result};

pub mod address;
pub mod erased;
pub mod fields;
pub mod named;
pub mod reference;
pub mod token;
pub mod values;

pub use address::Address;
pub use fields::{Attributes, Change, Field, Fields};
pub use named::Named;
pub use reference::{Milestone, Part, Ref, Source, Text};
pub use token::Token;

/// A kind of AWS resource.
///
/// Rules that the conformance suite checks for every kind:
///
/// - `create` makes **one** mutating API call, so that a refused call means "nothing happened". What that call
///   cannot carry is named by [`Kind::later`] and set by `update` right after.
/// - `read` answers properties as they stand in AWS, normalised by the property types, so that what was created
///   equals what is read.
/// - Gone is `None` from `read` and success from `delete`, never an error.
pub trait Kind: Sized + Send + Sync + 'static {
    /// The name in state files and plans, `service.kind`. Never renamed.
    const NAME: &'static str;
    /// The attribute that a [`Ref`] to this kind stands for, usually `id`.
    const ID: &'static str;
    /// The most resources that one `read` or `find` takes.
    const BATCH: usize;
    /// When to look whether a resource is ready or gone, and how long that usually takes.
    const POLL: Poll;
    /// When to look whether a change in place has come to its end, from the answer of the update call.
    const CHANGED: Wait = Wait::of_change(Self::POLL.ready);
    /// The request rate of the tightest mutating call.
    const RATE: Rate;
    /// The rate of looks: of `read` and `find`, each of up to [`Kind::BATCH`] resources. Polls and refreshes keep to it.
    const READS: Rate = Rate { group: "reads", burst: 10, per_second: 5.0 };
    /// The IAM actions of each verb; the permissions a run needs are their union.
    const ACTIONS: Actions;
    /// Refusals that pass with time, most often because something was made a moment ago.
    const RETRY: &'static [Retry] = &[];
    /// Whether deleting a resource of this kind deletes data that no later apply can bring back; [`Kind::holds_data`]
    /// where that depends on its properties.
    const HOLDS_DATA: bool = false;
    /// The attributes that an update in place changes, by name (the newest version of a launch template).
    ///
    /// While a plan updates the resource, references to these are known only after the update, so that their users
    /// follow in the same apply.
    const MOVES: &'static [&'static str] = &[];
    /// How users name one that stands in AWS already. The look is left out here: every kind says what its ids look like.
    const NAMED: Named = Named::By(&[(Self::ID, "")]);
    /// The properties that are only a name in AWS, which nothing else follows from: a resource that is imported keeps
    /// those that it has.
    const LABELS: &'static [&'static str] = &[];

    /// What we want of the resource.
    type Props: Fields;
    /// What AWS assigned to it.
    type Attrs: Attributes;

    /// Makes the resource and returns as soon as its id is known. `want` has no unresolved reference.
    ///
    /// The token is set as client token where the API takes one, and stamped as a tag where the API takes tags.
    fn create(cx: &Cx, token: &Token, want: &Self::Props) -> impl Future<Output = Result<Self::Attrs>> + Send;

    /// Reads resources as they stand in AWS, in the order of `have`; `None` for one that does not exist (any more).
    fn read(cx: &Cx, have: &[Self::Attrs]) -> impl Future<Output = Result<Vec<Option<Seen<Self>>>>> + Send;

    /// Changes the named properties in place. Returns the attributes, of which it may change those that
    /// [`Kind::MOVES`] names (a route table association gets a new id).
    fn update(cx: &Cx, edit: Edit<'_, Self>) -> impl Future<Output = Result<Self::Attrs>> + Send;

    /// Starts the deletion. A resource that is gone already is success.
    fn delete(cx: &Cx, have: &Self::Attrs) -> impl Future<Output = Result<()>> + Send;

    /// Looks for resources whose create call lost its answer: by token tag where the kind has tags, else by natural
    /// key. A resource of another owner is `None`.
    fn find(cx: &Cx, lost: &[Lost<Self>]) -> impl Future<Output = Result<Vec<Option<Self::Attrs>>>> + Send;

    /// Returns attributes with which [`Kind::read`] finds the resource that users call `id`, which [`Kind::NAMED`] has
    /// accepted; `None` if there is none. Those that the properties wanted do not tell the read fills. Where they are not
    /// enough for it, a kind asks AWS here.
    fn adopt(_cx: &Cx, id: &str, want: &Self::Props) -> impl Future<Output = Result<Option<Self::Attrs>>> + Send {
        std::future::ready(Ok(Self::NAMED.attrs::<Self>(id, want)))
    }

    /// Returns the properties that the create call cannot carry and that differ from what AWS sets by itself.
    fn later(_want: &Self::Props) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether deleting a resource with these properties deletes such data. Asked of the properties as recorded and as
    /// seen, never of those wanted: what a spec says is not yet so.
    fn holds_data(_props: &Self::Props) -> bool {
        Self::HOLDS_DATA
    }

    /// Whether the two cannot exist at the same time, so that a replacement must delete before it creates.
    fn conflicts(_old: &Self::Props, _new: &Self::Props) -> bool {
        false
    }

    /// What who uses the site notices while this becomes that, as a clause: `nobody reaches the site`.
    fn noticed(_old: &Self::Props, _new: &Self::Props, _transition: Transition) -> Option<&'static str> {
        None
    }
}

/// How a resource becomes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// It is changed in place.
    InPlace,
    /// Another one is made, and it is deleted when that is ready.
    NewFirst,
    /// It is deleted before the other one is made.
    OldFirst,
}

/// A resource as `read` found it.
#[derive(Debug, Clone)]
pub struct Seen<K: Kind> {
    /// Where it is in its life.
    pub phase: Phase,
    /// Its properties as they stand in AWS.
    pub props: K::Props,
    /// Its attributes; more of them may be known than at creation (an endpoint).
    pub attrs: K::Attrs,
}

/// What `update` is asked to do.
#[derive(Debug)]
pub struct Edit<'a, K: Kind> {
    /// The attributes of the resource.
    pub have: &'a K::Attrs,
    /// The properties before, as last seen.
    pub was: &'a K::Props,
    /// The properties wanted.
    pub want: &'a K::Props,
    /// The names of the properties to change; never empty.
    pub changed: &'a [&'a str],
}

impl<K: Kind> Edit<'_, K> {
    /// Whether the named property is to be changed.
    #[must_use]
    pub fn changes(&self, field: &str) -> bool {
        self.changed.contains(&field)
    }
}

/// A create call whose answer was lost.
#[derive(Debug, Clone)]
pub struct Lost<K: Kind> {
    /// The token that the call carried.
    pub token: Token,
    /// The properties that it asked for.
    pub want: K::Props,
}

/// Where a resource is in its life, as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Exists, but is not usable yet or is being changed.
    Pending,
    /// Usable.
    Ready,
    /// AWS gave up on it; it will not become ready.
    Failed(String),
    /// On its way out.
    Deleting,
}

/// When to look whether a resource is ready, and whether it is gone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Poll {
    /// From the create call to ready.
    pub ready: Wait,
    /// From the delete call to gone.
    pub gone: Wait,
}

impl Poll {
    /// A resource that is ready when its create call answers and gone when its delete call answers.
    #[must_use]
    pub const fn at_once() -> Poll {
        Poll { ready: Wait::none(), gone: Wait::none() }
    }
}

/// One wait; all figures in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wait {
    /// The median duration: priority of steps and estimate of the time left. Includes the call itself.
    pub typical: f64,
    /// The first look, counted from the answer of the call. `None`: the answer of the call is the end of it.
    pub first: Option<f64>,
    /// From one look to the next.
    pub every: f64,
    /// After so long it is an error.
    pub timeout: f64,
}

impl Wait {
    /// Nothing to wait for; the call takes about half a second.
    #[must_use]
    pub const fn none() -> Wait {
        Wait { typical: 0.5, first: None, every: 0.0, timeout: 0.0 }
    }

    /// Where nothing is known of a kind's changes: a change is over soon, or takes as long as it wants.
    #[must_use]
    pub const fn of_change(ready: Wait) -> Wait {
        let first = match ready.first {
            Some(first) => Some(first.min(ready.every)),
            None => None,
        };
        Wait { typical: ready.typical.min(5.0), first, every: ready.every, timeout: ready.timeout }
    }

    /// Ready or gone after about `typical` seconds: first look after `first`, then every `every`, error after `timeout`.
    #[must_use]
    pub const fn looks(typical: f64, first: f64, every: f64, timeout: f64) -> Wait {
        Wait { typical, first: Some(first), every, timeout }
    }
}

/// A token bucket: so many calls at once, then so many a second. AWS counts per account, and per region where the
/// service is not global.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The name of the bucket within its service. Kinds that name the same one share it, as their calls do in AWS.
    pub group: &'static str,
    /// The size of the bucket, in calls.
    pub burst: u32,
    /// The refill, in calls a second.
    pub per_second: f64,
}

/// The IAM actions that each verb of a kind needs.
#[derive(Debug, Clone, Copy)]
pub struct Actions {
    /// For `create`.
    pub create: &'static [&'static str],
    /// For `read`.
    pub read: &'static [&'static str],
    /// For `update`.
    pub update: &'static [&'static str],
    /// For `delete`.
    pub delete: &'static [&'static str],
    /// For `find`.
    pub find: &'static [&'static str],
}

/// One of the calls that change AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Makes a resource.
    Create,
    /// Changes one in place.
    Update,
    /// Deletes one.
    Delete,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Delete => "delete",
        })
    }
}

/// A refusal that passes with time.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// The verb whose call is refused.
    pub verb: Verb,
    /// The error code on the wire.
    pub code: &'static str,
    /// A part of the message, where the code alone says too little; else empty.
    pub message: &'static str,
    /// For how long to try again, in seconds from the first refusal.
    pub seconds: f64,
}

impl Retry {
    /// A refusal told by its code alone.
    #[must_use]
    pub const fn on(verb: Verb, code: &'static str, seconds: f64) -> Retry {
        Retry { verb, code, message: "", seconds }
    }

    /// A refusal told by its code and a part of its message.
    #[must_use]
    pub const fn saying(verb: Verb, code: &'static str, message: &'static str, seconds: f64) -> Retry {
        Retry { verb, code, message, seconds }
    }
}
