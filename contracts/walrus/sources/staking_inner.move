/// The state of staking at version 1 of its layout: pools, committees and where in an epoch the network is.
module walrus::staking_inner;

use std::string::String;
use sui::{
    balance::Balance,
    bls12381::UncompressedG1,
    clock::Clock,
    group_ops::Element,
    object_table::{Self, ObjectTable},
    vec_map::{Self, VecMap}
};
use wal::wal::WAL;
use walrus::{
    active_set::{Self, ActiveSet},
    bls_aggregate::{Self, BlsCommittee},
    committee::{Self, Committee},
    epoch_parameters::{Self, EpochParams},
    events,
    extended_field::{Self, ExtendedField},
    staking_pool::StakingPool,
    storage_node::StorageNodeCap
};

/// Most nodes.
const TEMP_ACTIVE_SET_SIZE_LIMIT: u16 = 150;

const EPoolNotFound: u64 = 8;
const EZeroNodeWeight: u64 = 9;

public enum EpochState has copy, drop, store {
    /// Weight of the nodes that have taken over their new shards.
    EpochChangeSync(u16),
    /// When that was done, in milliseconds.
    EpochChangeDone(u64),
    NextParamsSelected(u64),
}

public struct StakingInnerV1 has store {
    n_shards: u16,
    /// Milliseconds.
    epoch_duration: u64,
    /// Milliseconds since 1970.
    first_epoch_start: u64,
    pools: ObjectTable<ID, StakingPool>,
    epoch: u32,
    active_set: ExtendedField<ActiveSet>,
    next_committee: Option<Committee>,
    committee: Committee,
    previous_committee: Committee,
    next_epoch_params: Option<EpochParams>,
    epoch_state: EpochState,
    next_epoch_public_keys: ExtendedField<VecMap<ID, Element<UncompressedG1>>>,
}

/// Epoch 0: no pools, no committee.
public(package) fun new(
    epoch_zero_duration: u64,
    epoch_duration: u64,
    n_shards: u16,
    clock: &Clock,
    ctx: &mut TxContext,
): StakingInnerV1 {
    StakingInnerV1 {
        n_shards,
        epoch_duration,
        first_epoch_start: clock.timestamp_ms() + epoch_zero_duration,
        pools: object_table::new(ctx),
        epoch: 0,
        active_set: extended_field::new(active_set::new(TEMP_ACTIVE_SET_SIZE_LIMIT, 0), ctx),
        next_committee: option::none(),
        committee: committee::empty(),
        previous_committee: committee::empty(),
        next_epoch_params: option::none(),
        epoch_state: EpochState::EpochChangeDone(clock.timestamp_ms()),
        next_epoch_public_keys: extended_field::new(vec_map::empty(), ctx),
    }
}

/// Adds a node whose stake is the same as every other node's. Returns whether it is active: the set may be full.
public(package) fun add_pool(self: &mut StakingInnerV1, pool: StakingPool): bool {
    let node_id = object::id(&pool);
    self.pools.add(node_id, pool);
    self.active_set.borrow_mut().insert_or_update(node_id, 1)
}

public(package) fun set_network_address(
    self: &mut StakingInnerV1,
    cap: &StorageNodeCap,
    network_address: String,
) {
    assert!(self.pools.contains(cap.node_id()), EPoolNotFound);
    self.pools[cap.node_id()].set_network_address(network_address);
}

/// Changes the votes of all active nodes.
public(package) fun set_votes(
    self: &mut StakingInnerV1,
    storage_price: u64,
    write_price: u64,
    node_capacity: u64,
) {
    let nodes = self.active_set.borrow().active_ids();
    nodes.do!(|node_id| self.pools[node_id].set_votes(storage_price, write_price, node_capacity));
}

/// The committee of the next epoch: every active node, with as equal a number of shards as can be.
public(package) fun compute_next_committee(self: &StakingInnerV1): Committee {
    let nodes = self.active_set.borrow().active_ids();
    assert!(!nodes.is_empty() && nodes.length() <= (self.n_shards as u64), EZeroNodeWeight);
    committee::deal(nodes, self.n_shards)
}

/// The keys and weights of `committee`, for `epoch`, in the order of its nodes.
public(package) fun bls_committee(
    self: &StakingInnerV1,
    committee: &Committee,
    epoch: u32,
): BlsCommittee {
    let members = committee.inner().keys().map!(|node_id| {
        bls_aggregate::new_bls_committee_member(
            *self.pools[node_id].node_info().public_key(),
            committee.shards(&node_id).length() as u16,
            node_id,
        )
    });
    bls_aggregate::new_bls_committee(epoch, members)
}

/// Prices of the first active node, and the capacity of all: nodes of the embedded devnet vote alike.
public(package) fun voted_params(self: &StakingInnerV1): EpochParams {
    let nodes = self.active_set.borrow().active_ids();
    assert!(!nodes.is_empty(), EZeroNodeWeight);
    let first = &self.pools[nodes[0]];
    epoch_parameters::new(
        first.node_capacity() * nodes.length(),
        first.storage_price(),
        first.write_price(),
    )
}

/// Starts the next epoch with `committee`, with nothing left to hand over, and pays the nodes.
public(package) fun start_epoch(
    self: &mut StakingInnerV1,
    committee: Committee,
    rewards: VecMap<ID, Balance<WAL>>,
    clock: &Clock,
) {
    self.epoch = self.epoch + 1;
    let epoch = self.epoch;
    events::emit_epoch_change_start(epoch);
    let (nodes, balances) = rewards.into_keys_values();
    nodes.zip_do!(balances, |node_id, balance| self.pools[node_id].collect_rewards(balance, epoch));
    self.previous_committee = self.committee;
    self.committee = committee;
    self.epoch_state = EpochState::EpochChangeDone(clock.timestamp_ms());
    events::emit_epoch_change_done(epoch);
}

public(package) fun epoch(self: &StakingInnerV1): u32 {
    self.epoch
}

public(package) fun committee(self: &StakingInnerV1): &Committee {
    &self.committee
}

public(package) fun previous_committee(self: &StakingInnerV1): &Committee {
    &self.previous_committee
}

#[test_only]
public fun rewards_for_testing(self: &StakingInnerV1, node_id: ID): u64 {
    self.pools[node_id].rewards_amount()
}
