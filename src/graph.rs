//! Resources and the references between them.
//!
//! [`Graph::add`] is the only source of a [`Ref`] that names a resource, so a reference cannot dangle, close a cycle
//! or name another kind: what it refers to was added before. [`Graph::all`] gives such references once more.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

use crate::kind::{Address, Kind, Milestone, Ref, reference};

/// The resources that a spec asks for, in an order in which each stands behind all that it needs.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    dag: DiGraph<Node, Milestone>,
    by_address: BTreeMap<Address, NodeIndex>,
    /// What users want to know after an apply: name → value, which may refer to resources.
    pub outputs: BTreeMap<String, Value>,
}

/// A resource that a spec asks for.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub address: Address,
    /// The name of its kind.
    pub kind: &'static str,
    /// The region it is made in; `None` is the stack's own.
    pub region: Option<String>,
    /// The properties wanted; references may be unresolved.
    pub props: Value,
}

impl Graph {
    /// Adds a resource in the stack's region and returns the reference to it.
    ///
    /// # Panics
    /// When the address is taken: addresses are written by tiers, so that is our bug.
    #[expect(clippy::needless_pass_by_value, reason = "the graph takes the properties over")]
    pub fn add<K: Kind>(&mut self, address: Address, props: K::Props) -> Ref<K> {
        self.add_in(None, address, &props)
    }

    /// Adds a resource in the region named.
    ///
    /// # Panics
    /// As [`Graph::add`].
    pub fn add_in<K: Kind>(&mut self, region: Option<&str>, address: Address, props: &K::Props) -> Ref<K> {
        let props = serde_json::to_value(props).unwrap_or_else(|error| panic!("bug: {address}: {error}"));
        let needs = reference::sources(&props);
        let region = region.map(str::to_owned);
        let index = self.dag.add_node(Node { address: address.clone(), kind: K::NAME, region, props });
        assert!(self.by_address.insert(address.clone(), index).is_none(), "bug: two resources at {address}");
        for source in needs {
            self.need(index, &source.of, source.until);
        }
        Ref::to(address)
    }

    /// Makes `user` wait for `needed` without any value passing from one to the other.
    ///
    /// # Panics
    /// When `needed` was added after `user`: then the two could close a cycle.
    pub fn after<K: Kind, L: Kind>(&mut self, user: &Ref<K>, needed: &Ref<L>) {
        let (Some(user), Some(needed)) = (user.source(), needed.source()) else { return };
        let index = self.by_address[&user.of];
        self.need(index, &needed.of, needed.until);
    }

    fn need(&mut self, user: NodeIndex, needed: &Address, until: Milestone) {
        let needed = *self.by_address.get(needed).unwrap_or_else(|| panic!("bug: {needed} is not in the graph"));
        assert!(needed.index() < user.index(), "bug: a resource waits for one added after it");
        // The later milestone of the two, where a user needs one resource twice.
        let until = self.dag.find_edge(user, needed).map_or(until, |edge| until.max(self.dag[edge]));
        self.dag.update_edge(user, needed, until);
    }

    /// Returns every resource, each behind all that it needs.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.dag.raw_nodes().iter().map(|node| &node.weight)
    }

    /// Returns the resource at `address`.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Node> {
        self.by_address.get(address).map(|index| &self.dag[*index])
    }

    /// Returns every resource of a kind by its address, in the order in which they were added.
    #[must_use]
    pub fn all<K: Kind>(&self) -> Vec<(Address, Ref<K>)> {
        let ours = self.nodes().filter(|it| it.kind == K::NAME);
        ours.map(|it| (it.address.clone(), Ref::to(it.address.clone()))).collect()
    }

    /// Returns what the resource at `address` waits for, by address.
    #[must_use]
    pub fn needs(&self, address: &Address) -> BTreeMap<Address, Milestone> {
        let Some(index) = self.by_address.get(address) else { return BTreeMap::new() };
        let edges = self.dag.edges(*index);
        edges.map(|edge| (self.dag[petgraph::visit::EdgeRef::target(&edge)].address.clone(), *edge.weight())).collect()
    }

    /// Returns the number of resources.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dag.node_count()
    }

    /// Whether there is no resource.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
