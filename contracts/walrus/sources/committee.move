/// Which node holds which shards.
module walrus::committee;

use sui::vec_map::{Self, VecMap};

public struct Committee(VecMap<ID, vector<u16>>) has copy, drop, store;

public(package) fun empty(): Committee {
    Committee(vec_map::empty())
}

/// Hands out shards in order: the first node gets the first `weight` of them, and so on.
public(package) fun initialize(assigned_number: VecMap<ID, u16>): Committee {
    let mut next = 0;
    let (nodes, weights) = assigned_number.into_keys_values();
    let shards = weights.map!(|weight| {
        let first = next;
        next = next + weight;
        vector::tabulate!(weight as u64, |i| first + (i as u16))
    });
    Committee(vec_map::from_keys_values(nodes, shards))
}

public fun shards(cmt: &Committee, node_id: &ID): &vector<u16> {
    cmt.0.get(node_id)
}

public fun size(cmt: &Committee): u64 {
    cmt.0.size()
}

public fun inner(cmt: &Committee): &VecMap<ID, vector<u16>> {
    &cmt.0
}

public fun to_inner(cmt: &Committee): VecMap<ID, vector<u16>> {
    cmt.0
}
