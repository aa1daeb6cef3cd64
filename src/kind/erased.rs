//! The same contract without types, for the engine: properties and attributes as JSON, futures in boxes.

use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Actions, Attributes, Edit, Field, Fields, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Transition,
    Wait,
};
use crate::aws::{Cx, Result, tags};

/// A boxed future.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The property that is the tags, in every kind that has them.
pub const TAGS: &str = "tags";

/// What the engine knows of a kind without calling it.
#[derive(Debug, Clone)]
pub struct Meta {
    /// [`Kind::NAME`].
    pub name: &'static str,
    /// [`Kind::ID`].
    pub id: &'static str,
    /// [`Kind::BATCH`].
    pub batch: usize,
    /// [`Kind::POLL`].
    pub poll: Poll,
    /// [`Kind::CHANGED`].
    pub changed: Wait,
    /// [`Kind::RATE`].
    pub rate: Rate,
    /// [`Kind::READS`].
    pub reads: Rate,
    /// [`Kind::ACTIONS`].
    pub actions: Actions,
    /// [`Kind::RETRY`].
    pub retry: &'static [Retry],
    /// [`Kind::MOVES`].
    pub moves: &'static [&'static str],
    /// [`Kind::NAMED`].
    pub named: Named,
    /// [`Kind::LABELS`].
    pub labels: &'static [&'static str],
    /// [`Fields::FIELDS`].
    pub fields: &'static [Field],
    /// [`Attributes::NAMES`].
    pub attributes: &'static [&'static str],
}

impl Meta {
    /// Returns what `K` declares.
    #[must_use]
    pub fn of<K: Kind>() -> Meta {
        Meta {
            name: K::NAME,
            id: K::ID,
            batch: K::BATCH,
            poll: K::POLL,
            changed: K::CHANGED,
            rate: K::RATE,
            reads: K::READS,
            actions: K::ACTIONS,
            retry: K::RETRY,
            moves: K::MOVES,
            named: K::NAMED,
            labels: K::LABELS,
            fields: K::Props::FIELDS,
            attributes: K::Attrs::NAMES,
        }
    }

    /// Whether its resources have tags, and so carry marks that say whose they are.
    #[must_use]
    pub fn is_tagged(&self) -> bool {
        self.fields.iter().any(|it| it.name == TAGS)
    }

    /// Returns the service, which is the first part of the name.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }

    /// Returns IAM's prefix of the service, as in the names of its API calls.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        let Actions { create, read, update: _, delete: _, find: _ } = self.actions;
        let action = read.first().or(create.first()).copied().unwrap_or(self.name);
        action.split(':').next().unwrap_or(action)
    }
}

/// [`Seen`] without types.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenValue {
    /// Where it is in its life.
    pub phase: Phase,
    /// Its properties as they stand in AWS.
    pub props: Value,
    /// Its attributes.
    pub attrs: Value,
    /// The stack whose mark it carries among its tags, which is not a part of its properties.
    pub stack: Option<String>,
}

/// [`Lost`] without types.
#[derive(Debug, Clone)]
pub struct LostValue {
    /// The token that the call carried.
    pub token: Token,
    /// The properties that it asked for, resolved.
    pub want: Value,
}

/// [`Edit`] without types.
#[derive(Debug, Clone, Copy)]
pub struct EditValue<'a> {
    /// The attributes of the resource.
    pub have: &'a Value,
    /// The properties before, as last seen.
    pub was: &'a Value,
    /// The properties wanted.
    pub want: &'a Value,
    /// The names of the properties to change; never empty.
    pub changed: &'a [&'a str],
    /// The marks to put on it together with its tags, which are among `changed` then.
    pub mark: Option<&'a Token>,
}

/// [`Kind`] without types. The methods are those of [`Kind`]; every value is resolved and normalised.
pub trait Erased: Send + Sync {
    /// Returns what the kind declares.
    fn meta(&self) -> &Meta;

    /// Returns the properties in canonical form, or why they are not properties of this kind.
    ///
    /// # Errors
    /// The text of serde's error.
    fn normalise(&self, props: &Value) -> std::result::Result<Value, String>;

    /// Whether these can be attributes of this kind (a state file may have been edited).
    ///
    /// # Errors
    /// The text of serde's error.
    fn check_attrs(&self, attrs: &Value) -> std::result::Result<(), String>;

    /// [`Kind::later`].
    fn later(&self, want: &Value) -> Vec<&'static str>;

    /// [`Kind::holds_data`].
    fn holds_data(&self, props: &Value) -> bool;

    /// [`Kind::conflicts`]; `new` may have unresolved references.
    fn conflicts(&self, old: &Value, new: &Value) -> bool;

    /// [`Kind::noticed`]; `new` may have unresolved references.
    fn noticed(&self, old: &Value, new: &Value, transition: Transition) -> Option<&'static str>;

    /// [`Kind::create`].
    fn create<'a>(&'a self, cx: &'a Cx, token: &'a Token, want: &'a Value) -> Boxed<'a, Result<Value>>;

    /// [`Kind::read`].
    fn read<'a>(&'a self, cx: &'a Cx, have: &'a [Value]) -> Boxed<'a, Result<Vec<Option<SeenValue>>>>;

    /// [`Kind::update`].
    fn update<'a>(&'a self, cx: &'a Cx, edit: EditValue<'a>) -> Boxed<'a, Result<Value>>;

    /// [`Kind::delete`].
    fn delete<'a>(&'a self, cx: &'a Cx, have: &'a Value) -> Boxed<'a, Result<()>>;

    /// [`Kind::adopt`].
    fn adopt<'a>(&'a self, cx: &'a Cx, id: &'a str, want: &'a Value) -> Boxed<'a, Result<Option<Value>>>;

    /// [`Kind::find`].
    fn find<'a>(&'a self, cx: &'a Cx, lost: &'a [LostValue]) -> Boxed<'a, Result<Vec<Option<Value>>>>;
}

/// The kinds that an engine can drive, by name.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Arc<dyn Erased>>);

impl Registry {
    /// Returns a registry of these kinds.
    ///
    /// # Panics
    /// When two of them have one name.
    #[must_use]
    pub fn of(kinds: impl IntoIterator<Item = Arc<dyn Erased>>) -> Registry {
        let mut registry = Registry::default();
        for kind in kinds {
            let name = kind.meta().name;
            assert!(registry.0.insert(name, kind).is_none(), "bug: two kinds named {name}");
        }
        registry
    }

    /// Returns the kind of that name; `None` in a state file of a newer version.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Erased>> {
        self.0.get(name)
    }

    /// Returns every kind, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Erased>> {
        self.0.values()
    }
}

/// Returns `K` without its types.
#[must_use]
pub fn erase<K: Kind>() -> Arc<dyn Erased> {
    Arc::new(Typed::<K> { meta: Meta::of::<K>(), kind: PhantomData })
}

struct Typed<K> {
    meta: Meta,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Typed<K> {
    /// Reads a value that `normalise` or `check_attrs` has accepted.
    fn typed<T: DeserializeOwned>(value: &Value) -> T {
        T::deserialize(value).unwrap_or_else(|error| panic!("bug: {} cannot read {value}: {error}", K::NAME))
    }

    fn value(typed: &impl Serialize) -> Value {
        serde_json::to_value(typed).unwrap_or_else(|error| panic!("bug: {} is not JSON: {error}", K::NAME))
    }
}

impl<K: Kind> Erased for Typed<K> {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn normalise(&self, props: &Value) -> std::result::Result<Value, String> {
        use serde::Deserialize;
        K::Props::deserialize(props).map(|it| Self::value(&it)).map_err(|error| error.to_string())
    }

    fn check_attrs(&self, attrs: &Value) -> std::result::Result<(), String> {
        use serde::Deserialize;
        K::Attrs::deserialize(attrs).map(drop).map_err(|error| error.to_string())
    }

    fn later(&self, want: &Value) -> Vec<&'static str> {
        K::later(&Self::typed(want))
    }

    fn holds_data(&self, props: &Value) -> bool {
        K::holds_data(&Self::typed(props))
    }

    fn conflicts(&self, old: &Value, new: &Value) -> bool {
        K::conflicts(&Self::typed(old), &Self::typed(new))
    }

    fn noticed(&self, old: &Value, new: &Value, transition: Transition) -> Option<&'static str> {
        K::noticed(&Self::typed(old), &Self::typed(new), transition)
    }

    fn create<'a>(&'a self, cx: &'a Cx, token: &'a Token, want: &'a Value) -> Boxed<'a, Result<Value>> {
        Box::pin(async move {
            let want: K::Props = Self::typed(want);
            K::create(cx, token, &want).await.map(|attrs| Self::value(&attrs))
        })
    }

    fn read<'a>(&'a self, cx: &'a Cx, have: &'a [Value]) -> Boxed<'a, Result<Vec<Option<SeenValue>>>> {
        Box::pin(async move {
            let have: Vec<K::Attrs> = have.iter().map(Self::typed).collect();
            let seen = K::read(cx, &have).await?;
            assert_eq!(seen.len(), have.len(), "bug: {} answers {} for {}", K::NAME, seen.len(), have.len());
            let erased = |Seen { phase, props, attrs }: Seen<K>| {
                let mut props = Self::value(&props);
                let stack = props.get_mut(TAGS).and_then(tags::take_marks);
                SeenValue { phase, props, attrs: Self::value(&attrs), stack }
            };
            Ok(seen.into_iter().map(|it| it.map(erased)).collect())
        })
    }

    fn update<'a>(&'a self, cx: &'a Cx, edit: EditValue<'a>) -> Boxed<'a, Result<Value>> {
        Box::pin(async move {
            let EditValue { have, was, want, changed, mark } = edit;
            let mut want = want.clone();
            if let Some((tags, token)) = want.get_mut(TAGS).zip(mark) {
                tags::add_marks(tags, token);
            }
            let (have, was, want) = (Self::typed(have), Self::typed(was), Self::typed(&want));
            let edit = Edit { have: &have, was: &was, want: &want, changed };
            K::update(cx, edit).await.map(|attrs| Self::value(&attrs))
        })
    }

    fn delete<'a>(&'a self, cx: &'a Cx, have: &'a Value) -> Boxed<'a, Result<()>> {
        Box::pin(async move {
            let have: K::Attrs = Self::typed(have);
            K::delete(cx, &have).await
        })
    }

    fn adopt<'a>(&'a self, cx: &'a Cx, id: &'a str, want: &'a Value) -> Boxed<'a, Result<Option<Value>>> {
        Box::pin(async move {
            let want: K::Props = Self::typed(want);
            Ok(K::adopt(cx, id, &want).await?.map(|attrs| Self::value(&attrs)))
        })
    }

    fn find<'a>(&'a self, cx: &'a Cx, lost: &'a [LostValue]) -> Boxed<'a, Result<Vec<Option<Value>>>> {
        Box::pin(async move {
            let lost: Vec<Lost<K>> =
                lost.iter().map(|it| Lost { token: it.token.clone(), want: Self::typed(&it.want) }).collect();
            let found = K::find(cx, &lost).await?;
            assert_eq!(found.len(), lost.len(), "bug: {} finds {} for {}", K::NAME, found.len(), lost.len());
            Ok(found.into_iter().map(|it| it.map(|attrs| Self::value(&attrs))).collect())
        })
    }
}
