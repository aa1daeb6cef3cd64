//! Random specs: what is wanted of a site of test kinds, and edits of it.

use std::collections::{BTreeMap, BTreeSet};

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::Maybe;
use moodle_infra::kind::{Address, Kind, Ref, Text};

use crate::support::sim::dice::Dice;
use crate::support::sim::things::{Data, Movable, MovableProps, Noted, Plain, Single, Slow, ThingProps, Versioned};

/// A kind of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Plain,
    Slow,
    Single,
    Noted,
    Data,
    Movable,
    Versioned,
}

const SORTS: [Sort; 7] =
    [Sort::Plain, Sort::Slow, Sort::Single, Sort::Noted, Sort::Data, Sort::Movable, Sort::Versioned];

/// A reference to another item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    to: usize,
    early: bool,
    /// Whether to its version or long name, not to its id.
    other: bool,
}

/// What is wanted of one thing.
#[derive(Debug, Clone)]
struct Item {
    name: usize,
    sort: Sort,
    place: usize,
    size: i64,
    note: Option<i64>,
    base: Option<Link>,
    links: BTreeSet<Link>,
}

/// What is wanted of everything; an item refers only to items before it.
#[derive(Debug, Clone)]
pub(super) struct Model {
    items: Vec<Item>,
    /// The next name, place or note.
    fresh: usize,
}

/// Returns the address of a name.
pub(super) fn address(name: usize) -> Address {
    Address::of("site.thing", Some(&name.to_string()))
}

impl Model {
    /// Returns a random spec of so many things.
    pub(super) fn random(size: usize, dice: &mut Dice) -> Model {
        let mut model = Model { items: Vec::new(), fresh: 0 };
        for _ in 0..size {
            model.add(dice);
        }
        model
    }

    fn fresh(&mut self) -> usize {
        self.fresh += 1;
        self.fresh
    }

    fn add(&mut self, dice: &mut Dice) {
        let name = self.fresh();
        let index = if self.items.is_empty() { 0 } else { dice.below(self.items.len() + 1) };
        let base = if dice.chance(0.5) { self.link(index, dice) } else { None };
        let links = (0..dice.below(3)).filter_map(|_| self.link(index, dice)).collect();
        let note = dice.chance(0.5).then_some(1);
        let place = self.fresh();
        let item = Item { name, sort: *dice.pick(&SORTS), place, size: 1, note, base, links };
        self.items.insert(index, item);
    }

    /// Returns a link from an item at `index`.
    fn link(&self, index: usize, dice: &mut Dice) -> Option<Link> {
        let before = &self.items[..index];
        let to = if before.is_empty() { None } else { Some(dice.pick(before).name) };
        to.map(|to| Link { to, early: dice.chance(0.5), other: dice.chance(0.3) })
    }

    /// Edits so many things.
    pub(super) fn edit(&mut self, times: usize, dice: &mut Dice) {
        for _ in 0..times {
            if self.items.len() < 3 {
                self.add(dice);
            }
            let fresh = self.fresh();
            let index = dice.below(self.items.len());
            match dice.below(12) {
                0 | 1 => self.items[index].size += 1,
                2 => self.items[index].note = dice.chance(0.7).then_some(i64::try_from(fresh).unwrap()),
                3 | 4 => self.items[index].place = fresh,
                5 => self.add(dice),
                6 => self.remove(index),
                7 => self.items[index].base = self.link(index, dice),
                8 => self.items[index].links = self.link(index, dice).into_iter().collect(),
                9 => self.items[index].sort = *dice.pick(&SORTS),
                10 => self.swap_places(index, dice),
                _ => self.hand_over(index, dice),
            }
        }
    }

    fn remove(&mut self, index: usize) {
        let name = self.items.remove(index).name;
        for item in &mut self.items {
            item.links.retain(|link| link.to != name);
            item.base = item.base.filter(|link| link.to != name);
        }
    }

    /// Two things change places, which both cannot do one after the other where only one can stand at a place.
    fn swap_places(&mut self, index: usize, dice: &mut Dice) {
        let sort = self.items[index].sort;
        let same: Vec<usize> = (0..self.items.len()).filter(|it| self.items[*it].sort == sort).collect();
        let other = *dice.pick(&same);
        let place = self.items[index].place;
        self.items[index].place = self.items[other].place;
        self.items[other].place = place;
    }

    /// A new thing takes the place of one that goes or moves.
    fn hand_over(&mut self, index: usize, dice: &mut Dice) {
        let before = self.items[index].clone();
        self.add(dice);
        let fresh = self.fresh();
        let newest = self.items.iter().map(|it| it.name).max();
        let Some(new) = self.items.iter_mut().find(|it| Some(it.name) == newest) else { return };
        new.sort = before.sort;
        new.place = before.place;
        let Some(old) = self.items.iter().position(|it| it.name == before.name) else { return };
        if dice.chance(0.5) {
            self.remove(old);
        } else {
            self.items[old].place = fresh;
        }
    }

    /// Returns the graph of the spec.
    pub(super) fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        let mut ends: BTreeMap<usize, [Text; 4]> = BTreeMap::new();
        for item in &self.items {
            let text = |link: &Link| ends[&link.to][usize::from(link.early) + 2 * usize::from(link.other)].clone();
            let Item { name, sort, place, size, note, base, links } = item;
            let props = ThingProps {
                place: format!("place {place}"),
                base: Maybe(base.as_ref().map(text)),
                size: *size,
                note: note.map(|it| format!("note {it}")),
                links: links.iter().map(text).collect(),
            };
            let address = address(*name);
            let end = match sort {
                Sort::Plain => ends_of(&graph.add::<Plain>(address, props)),
                Sort::Slow => ends_of(&graph.add::<Slow>(address, props)),
                Sort::Single => ends_of(&graph.add::<Single>(address, props)),
                Sort::Noted => ends_of(&graph.add::<Noted>(address, props)),
                Sort::Data => ends_of(&graph.add::<Data>(address, props)),
                Sort::Versioned => ends_of(&graph.add::<Versioned>(address, props)),
                Sort::Movable => {
                    let ThingProps { place, base, size, note, links } = props;
                    ends_of(&graph.add::<Movable>(address, MovableProps { place, base, size, note, links }))
                }
            };
            ends.insert(*name, end);
        }
        let outputs = ends.iter().map(|(name, end)| (format!("output-{name}"), serde_json::to_value(&end[2]).unwrap()));
        graph.outputs = outputs.collect();
        graph
    }
}

/// Returns what others can refer to: its id, and its version or long name, each when it is ready and as soon as it is
/// made.
fn ends_of<K: Kind>(it: &Ref<K>) -> [Text; 4] {
    let other = K::MOVES.first().unwrap_or(&"arn");
    [it.text(), it.early().text(), it.attr(other), it.early().attr(other)]
}
