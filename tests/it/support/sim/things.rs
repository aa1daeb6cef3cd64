//! Kinds that exist in tests alone, one for each way in which kinds differ.

use std::collections::BTreeSet;

use moodle_infra::aws::{Cx, Error, Result};
use moodle_infra::kind::erased::{Registry, erase};
use moodle_infra::kind::values::Maybe;
use moodle_infra::kind::{Actions, Edit, Kind, Lost, Poll, Rate, Seen, Text, Token, Wait};
use moodle_infra::{attrs, props};

props! {
    /// What we want of a thing.
    pub struct ThingProps {
        /// Where it stands; at some kinds only one can stand there.
        replace place: String,
        /// Another thing that it is built on, or nothing.
        replace base: Maybe<Text>,
        /// Its size.
        update size: i64,
        /// Something that some kinds cannot say at once, and that is left alone when it is not said.
        update note: Option<String>,
        /// Other things that it knows.
        update links: BTreeSet<Text>,
    }
}

props! {
    /// What we want of a thing that can be moved.
    pub struct MovableProps {
        /// Where it stands; only one can stand there.
        update place: String,
        /// Another thing that it is built on, or nothing.
        replace base: Maybe<Text>,
        /// Its size.
        update size: i64,
        /// As of any thing.
        update note: Option<String>,
        /// As of any thing.
        update links: BTreeSet<Text>,
    }
}

/// Returns what a thing is built on: nothing where the text is empty.
pub(crate) fn on(base: Text) -> Maybe<Text> {
    Maybe(Some(base).filter(|it| *it != Text::from("")))
}

attrs! {
    /// What the cloud assigns to a thing that has versions.
    pub struct VersionedAttrs {
        /// Its id.
        id: String,
        /// Its long name.
        arn: String,
        /// Its newest version.
        version: String,
    }
}

attrs! {
    /// What the cloud assigns.
    pub struct ThingAttrs {
        /// Its id.
        id: String,
        /// Its long name.
        arn: String,
    }
}

/// Declares a kind of the tests.
///
/// ```ignore
/// thing! { /// Ready at once. Plain, "sim.plain", ThingProps, ThingAttrs, Poll::at_once(), 5.0; }
/// ```
macro_rules! thing {
    ($(#[$doc:meta])* $name:ident, $wire:literal, $props:ty, $attrs:ty, $poll:expr, $rate:expr; $($more:tt)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Kind for $name {
            const NAME: &'static str = $wire;
            const ID: &'static str = "id";
            const BATCH: usize = 10;
            const POLL: Poll = $poll;
            const RATE: Rate = Rate { group: $wire, burst: 10, per_second: $rate };
            const ACTIONS: Actions = Actions { create: &[], read: &[], update: &[], delete: &[], find: &[] };
            type Props = $props;
            type Attrs = $attrs;

            async fn create(_cx: &Cx, _token: &Token, _want: &$props) -> Result<$attrs> {
                Err(only_simulated())
            }

            async fn read(_cx: &Cx, _have: &[$attrs]) -> Result<Vec<Option<Seen<$name>>>> {
                Err(only_simulated())
            }

            async fn update(_cx: &Cx, _edit: Edit<'_, $name>) -> Result<$attrs> {
                Err(only_simulated())
            }

            async fn delete(_cx: &Cx, _have: &$attrs) -> Result<()> {
                Err(only_simulated())
            }

            async fn find(_cx: &Cx, _lost: &[Lost<$name>]) -> Result<Vec<Option<$attrs>>> {
                Err(only_simulated())
            }

            $($more)*
        }
    };
}

fn only_simulated() -> Error {
    Error::refused("sim:Any", "OnlySimulated", "there is no such thing in AWS")
}

thing! {
    /// Ready when its create call answers.
    Plain, "sim.plain", ThingProps, ThingAttrs, Poll::at_once(), 5.0;
}

thing! {
    /// Takes its time to get ready and to go; its create call takes a token.
    Slow, "sim.slow", ThingProps, ThingAttrs,
    Poll { ready: Wait::looks(30.0, 20.0, 2.0, 300.0), gone: Wait::looks(15.0, 10.0, 2.0, 300.0) }, 2.0;

    const CHANGED: Wait = Wait::looks(60.0, 50.0, 2.0, 300.0);
}

thing! {
    /// Only one can stand at a place.
    Single, "sim.single", ThingProps, ThingAttrs,
    Poll { ready: Wait::looks(5.0, 3.0, 1.0, 120.0), gone: Wait::looks(3.0, 2.0, 1.0, 120.0) }, 5.0;

    fn conflicts(old: &ThingProps, new: &ThingProps) -> bool {
        old.place == new.place
    }
}

thing! {
    /// Cannot be told its note when it is made.
    Noted, "sim.noted", ThingProps, ThingAttrs, Poll { ready: Wait::looks(2.0, 1.0, 1.0, 60.0), gone: Wait::none() }, 5.0;

    fn later(want: &ThingProps) -> Vec<&'static str> {
        if want.note.is_some() { vec!["note"] } else { Vec::new() }
    }
}

thing! {
    /// Holds data, unless its note says that it is scratch.
    Data, "sim.data", ThingProps, ThingAttrs, Poll { ready: Wait::looks(8.0, 5.0, 1.0, 60.0), gone: Wait::none() }, 5.0;

    const HOLDS_DATA: bool = true;

    fn holds_data(props: &ThingProps) -> bool {
        props.note.as_deref() != Some("scratch")
    }
}

thing! {
    /// Can be moved, but only one can stand at a place.
    Movable, "sim.movable", MovableProps, ThingAttrs, Poll::at_once(), 5.0;

    fn conflicts(old: &MovableProps, new: &MovableProps) -> bool {
        old.place == new.place
    }
}

thing! {
    /// Has another version after each change; cannot be told its note when it is made.
    Versioned, "sim.versioned", ThingProps, VersionedAttrs,
    Poll { ready: Wait::looks(3.0, 2.0, 1.0, 60.0), gone: Wait::none() }, 5.0;

    const MOVES: &'static [&'static str] = &["version"];

    fn later(want: &ThingProps) -> Vec<&'static str> {
        if want.note.is_some() { vec!["note"] } else { Vec::new() }
    }
}

/// Returns every kind of the tests.
pub(crate) fn things() -> Registry {
    Registry::of([
        erase::<Plain>(),
        erase::<Slow>(),
        erase::<Single>(),
        erase::<Noted>(),
        erase::<Data>(),
        erase::<Movable>(),
        erase::<Versioned>(),
    ])
}
