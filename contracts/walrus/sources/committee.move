/// Which node holds which shards.
module walrus::committee;

use sui::vec_map::{Self, VecMap};

public struct Committee(VecMap<ID, vector<u16>>) has copy, drop, store;

public(package) fun empty(): Committee {
    Committee(vec_map::empty())
}

/// Deals shards like cards: shard `s` goes to node `s` modulo the number of nodes. That is how they lie after some
/// epochs upstream: neighbours are seldom on one node.
public(package) fun deal(nodes: vector<ID>, n_shards: u16): Committee {
    let count = nodes.length();
    let mut shards = vector::tabulate!(count, |_| vector[]);
    (n_shards as u64).do!(|shard| shards[shard % count].push_back(shard as u16));
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
