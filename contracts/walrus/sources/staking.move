/// Staking: the second shared object that clients name. It says which storage nodes there are.
module walrus::staking;

use std::string::String;
use sui::{clock::Clock, coin::Coin, dynamic_field as df};
use wal::wal::WAL;
use walrus::{
    committee::Committee,
    staked_wal::StakedWal,
    staking_inner::{Self, StakingInnerV1},
    staking_pool::StakingPool,
    storage_node::StorageNodeCap,
    system::System
};

const EWrongVersion: u64 = 1;

#[error]
const ENoStakingOnDevnet: vector<u8> = b"Staking is not part of the embedded devnet";

const VERSION: u64 = 4;

public struct Staking has key {
    id: UID,
    version: u64,
    package_id: ID,
    new_package_id: Option<ID>,
}

/// Shares staking at epoch 0.
public(package) fun create(
    epoch_zero_duration: u64,
    epoch_duration: u64,
    n_shards: u16,
    package_id: ID,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    let mut staking = Staking {
        id: object::new(ctx),
        version: VERSION,
        package_id,
        new_package_id: option::none(),
    };
    let inner = staking_inner::new(epoch_zero_duration, epoch_duration, n_shards, clock, ctx);
    df::add(&mut staking.id, VERSION, inner);
    transfer::share_object(staking);
}

/// Adds a node before the first epoch. Returns whether there was room for it.
public(package) fun add_pool(self: &mut Staking, pool: StakingPool): bool {
    self.inner_mut().add_pool(pool)
}

/// Starts the next epoch, here and in `system`, and pays the nodes for the one that ends.
public(package) fun advance_epoch(self: &mut Staking, system: &mut System, clock: &Clock) {
    let inner = self.inner_mut();
    let committee = inner.compute_next_committee();
    let bls_committee = inner.bls_committee(&committee, inner.epoch() + 1);
    let params = inner.voted_params();
    let rewards = system.advance_epoch(bls_committee, &params);
    inner.start_epoch(committee, rewards, clock);
}

/// Changes the votes of all nodes; they count when the next epoch starts.
public(package) fun set_votes(
    self: &mut Staking,
    storage_price: u64,
    write_price: u64,
    node_capacity: u64,
) {
    self.inner_mut().set_votes(storage_price, write_price, node_capacity);
}

public fun committee(self: &Staking): &Committee {
    self.inner().committee()
}

public fun previous_committee(self: &Staking): &Committee {
    self.inner().previous_committee()
}

public fun compute_next_committee(self: &Staking): Committee {
    self.inner().compute_next_committee()
}

/// Publishes where the node of `cap` is reached, as `host:port`.
public fun set_network_address(self: &mut Staking, cap: &StorageNodeCap, network_address: String) {
    self.inner_mut().set_network_address(cap, network_address);
}

/// Always aborts: staking is not part of the embedded devnet. Clients learn the type of WAL from the signature.
public fun stake_with_pool(
    _self: &mut Staking,
    _to_stake: Coin<WAL>,
    _node_id: ID,
    _ctx: &mut TxContext,
): StakedWal {
    abort ENoStakingOnDevnet
}

public fun epoch(self: &Staking): u32 {
    self.inner().epoch()
}

fun inner_mut(self: &mut Staking): &mut StakingInnerV1 {
    assert!(self.version == VERSION, EWrongVersion);
    df::borrow_mut(&mut self.id, VERSION)
}

fun inner(self: &Staking): &StakingInnerV1 {
    assert!(self.version == VERSION, EWrongVersion);
    df::borrow(&self.id, VERSION)
}

#[test_only]
public fun rewards_for_testing(self: &Staking, node_id: ID): u64 {
    self.inner().rewards_for_testing(node_id)
}

#[test_only]
public fun set_version_for_testing(self: &mut Staking, version: u64) {
    self.version = version;
}
