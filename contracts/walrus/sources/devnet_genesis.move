/// The one module that has no counterpart upstream: it sets the network up and turns its epochs, where upstream has
/// candidates that register, stakers, votes, and a clock that ends epochs. All nodes have the same stake; whoever holds
/// `DevnetAdminCap` adds nodes and starts epochs at will.
module walrus::devnet_genesis;

use std::string::String;
use sui::clock::Clock;
use walrus::{
    init::InitCap,
    staking::{Self, Staking},
    staking_pool,
    storage_node::{Self, StorageNodeCap},
    system::{Self, System}
};

#[error]
const ENodeAfterGenesis: vector<u8> = b"Nodes are added before the first epoch starts";
#[error]
const ETooManyNodes: vector<u8> = b"There is no room for another node";

/// The right to add nodes and start epochs.
public struct DevnetAdminCap has key, store {
    id: UID,
}

/// Shares `System` and `Staking` at epoch 0, without nodes. `epoch_duration` is in milliseconds and only told to
/// clients; nothing ends an epoch but `advance_epoch`.
public fun create(
    cap: InitCap,
    n_shards: u16,
    epoch_duration: u64,
    max_epochs_ahead: u32,
    clock: &Clock,
    ctx: &mut TxContext,
): DevnetAdminCap {
    cap.destroy();
    let package_id = object::id_from_address(@walrus);
    system::create_empty(max_epochs_ahead, package_id, ctx);
    staking::create(0, epoch_duration, n_shards, package_id, clock, ctx);
    DevnetAdminCap { id: object::new(ctx) }
}

/// Adds a storage node, before the first epoch. `public_key` is a compressed point of G1, `network_public_key` one of
/// P-256; `node_capacity` is in encoded bytes; prices are in base units of WAL for 1 MiB.
public fun add_node(
    _: &DevnetAdminCap,
    staking: &mut Staking,
    name: String,
    network_address: String,
    public_key: vector<u8>,
    network_public_key: vector<u8>,
    storage_price: u64,
    write_price: u64,
    node_capacity: u64,
    ctx: &mut TxContext,
): StorageNodeCap {
    assert!(staking.epoch() == 0, ENodeAfterGenesis);
    let pool = staking_pool::new_at_genesis(
        name,
        network_address,
        public_key,
        network_public_key,
        storage_price,
        write_price,
        node_capacity,
        ctx,
    );
    let cap = storage_node::new_cap(object::id(&pool), ctx);
    assert!(staking.add_pool(pool), ETooManyNodes);
    cap
}

/// Has every node vote for these prices (base units of WAL for 1 MiB) and this capacity (encoded bytes) from the next
/// epoch on.
public fun set_votes(
    _: &DevnetAdminCap,
    staking: &mut Staking,
    storage_price: u64,
    write_price: u64,
    node_capacity: u64,
) {
    staking.set_votes(storage_price, write_price, node_capacity);
}

/// Starts the next epoch at once, with the same nodes, and pays them for the one that ends.
public fun advance_epoch(
    _: &DevnetAdminCap,
    staking: &mut Staking,
    system: &mut System,
    clock: &Clock,
) {
    staking.advance_epoch(system, clock);
}
