/// The nodes that may be in a committee, with their stake. On the embedded devnet: all nodes, with equal stake, in
/// the order in which genesis added them.
module walrus::active_set;

const EZeroMaxSize: u64 = 0;

public struct ActiveSetEntry has copy, drop, store {
    node_id: ID,
    staked_amount: u64,
}

public struct ActiveSet has copy, drop, store {
    max_size: u16,
    threshold_stake: u64,
    nodes: vector<ActiveSetEntry>,
    total_stake: u64,
}

public(package) fun new(max_size: u16, threshold_stake: u64): ActiveSet {
    assert!(max_size > 0, EZeroMaxSize);
    ActiveSet { max_size, threshold_stake, nodes: vector[], total_stake: 0 }
}

/// Returns whether the node is in the set afterwards. A full set takes nobody new: displacing a node with less stake
/// needs stakes that differ.
public(package) fun insert_or_update(set: &mut ActiveSet, node_id: ID, staked_amount: u64): bool {
    let index = set.nodes.find_index!(|entry| entry.node_id == node_id);
    if (index.is_some()) {
        let entry = &mut set.nodes[index.destroy_some()];
        set.total_stake = set.total_stake - entry.staked_amount + staked_amount;
        entry.staked_amount = staked_amount;
        return true
    };
    if (set.nodes.length() == (set.max_size as u64)) return false;
    set.nodes.push_back(ActiveSetEntry { node_id, staked_amount });
    set.total_stake = set.total_stake + staked_amount;
    true
}

public(package) fun active_ids(set: &ActiveSet): vector<ID> {
    set.nodes.map_ref!(|entry| entry.node_id)
}
