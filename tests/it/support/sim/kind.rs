//! A kind whose calls are answered by the simulated cloud.

use std::sync::{Arc, Mutex, MutexGuard};

use moodle_infra::aws::{Cx, Result};
use moodle_infra::kind::erased::{Boxed, EditValue, Erased, LostValue, Meta, Registry, SeenValue};
use moodle_infra::kind::{Token, Transition};
use serde_json::Value;

use super::nature::natures;
use super::weather::Weather;
use super::world::{Look, Request, World};

/// A handle to a simulated cloud.
#[derive(Clone)]
pub(crate) struct Cloud(Arc<Mutex<World>>);

impl Cloud {
    /// Returns what is in the cloud now.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.lock().unwrap();
        world.advance();
        world
    }
}

/// Returns an empty cloud and the registry whose calls it answers.
pub(crate) fn simulated(real: &Registry, weather: Weather, seed: u64) -> (Cloud, Registry) {
    let cloud = Cloud(Arc::new(Mutex::new(World::new(natures(real), weather, seed))));
    let kinds = real.iter().map(|kind| {
        let simulated: Arc<dyn Erased> = Arc::new(Simulated { real: Arc::clone(kind), cloud: cloud.clone() });
        simulated
    });
    let registry = Registry::of(kinds);
    (cloud, registry)
}

struct Simulated {
    real: Arc<dyn Erased>,
    cloud: Cloud,
}

impl Simulated {
    async fn change(&self, cx: &Cx, request: Request) -> Result<Value> {
        let sent = self.cloud.world().send(self.meta().name, cx.region(), request);
        tokio::time::sleep_until(sent.answered).await;
        self.cloud.world().answer(sent.number)
    }

    async fn look<T>(&self, cx: &Cx, look: Look, answer: impl Fn(&World) -> T) -> Result<T> {
        let sent = self.cloud.world().look(self.meta().name, cx.region(), look);
        tokio::time::sleep_until(sent.answered).await;
        let mut world = self.cloud.world();
        world.answer_look(sent.number).map(|()| answer(&world))
    }
}

impl Erased for Simulated {
    fn meta(&self) -> &Meta {
        self.real.meta()
    }

    fn normalise(&self, props: &Value) -> std::result::Result<Value, String> {
        self.real.normalise(props)
    }

    fn check_attrs(&self, attrs: &Value) -> std::result::Result<(), String> {
        self.real.check_attrs(attrs)
    }

    fn later(&self, want: &Value) -> Vec<&'static str> {
        self.real.later(want)
    }

    fn holds_data(&self, props: &Value) -> bool {
        self.real.holds_data(props)
    }

    fn conflicts(&self, old: &Value, new: &Value) -> bool {
        self.real.conflicts(old, new)
    }

    fn noticed(&self, old: &Value, new: &Value, transition: Transition) -> Option<&'static str> {
        self.real.noticed(old, new, transition)
    }

    fn create<'a>(&'a self, cx: &'a Cx, token: &'a Token, want: &'a Value) -> Boxed<'a, Result<Value>> {
        let request = Request::Create { region: cx.region().to_owned(), token: token.clone(), want: want.clone() };
        Box::pin(self.change(cx, request))
    }

    fn read<'a>(&'a self, cx: &'a Cx, have: &'a [Value]) -> Boxed<'a, Result<Vec<Option<SeenValue>>>> {
        let name = self.meta().name;
        Box::pin(
            self.look(cx, Look::Read(have.len()), move |world| have.iter().map(|it| world.seen(name, it)).collect()),
        )
    }

    fn update<'a>(&'a self, cx: &'a Cx, edit: EditValue<'a>) -> Boxed<'a, Result<Value>> {
        let EditValue { have, was: _, want, changed, mark } = edit;
        let changed = changed.iter().map(|it| (*it).to_owned()).collect();
        let mark = mark.map(|it| it.stack.clone());
        Box::pin(self.change(cx, Request::Update { have: have.clone(), want: want.clone(), changed, mark }))
    }

    fn adopt<'a>(&'a self, cx: &'a Cx, id: &'a str, _want: &'a Value) -> Boxed<'a, Result<Option<Value>>> {
        let name = self.meta().name;
        Box::pin(self.look(cx, Look::Read(1), move |world| world.named(name, id)))
    }

    fn delete<'a>(&'a self, cx: &'a Cx, have: &'a Value) -> Boxed<'a, Result<()>> {
        Box::pin(async move { self.change(cx, Request::Delete { have: have.clone() }).await.map(drop) })
    }

    fn find<'a>(&'a self, cx: &'a Cx, lost: &'a [LostValue]) -> Boxed<'a, Result<Vec<Option<Value>>>> {
        let name = self.meta().name;
        Box::pin(
            self.look(cx, Look::Find(lost.len()), move |world| lost.iter().map(|it| world.found(name, it)).collect()),
        )
    }
}
