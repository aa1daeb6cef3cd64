//! Ring 1: spec, topology, graph.
