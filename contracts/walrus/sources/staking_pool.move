/// The pool of a storage node. On the embedded devnet it is where a node's address and key are published and where
/// its earnings gather; there is no stake in it.
module walrus::staking_pool;

use std::string::String;
use sui::{bag::{Self, Bag}, balance::{Self, Balance}, table::{Self, Table}};
use wal::wal::WAL;
use walrus::{
    auth::{Self, Authorized},
    node_metadata,
    pending_values::{Self, PendingValues},
    pool_exchange_rate::{Self, PoolExchangeRate},
    storage_node::{Self, StorageNodeInfo}
};

const MAX_NODE_NAME_LENGTH: u64 = 100;
const MAX_NETWORK_ADDRESS_LENGTH: u64 = 259;

const EInvalidNetworkAddressLength: u64 = 16;
const EInvalidNameLength: u64 = 17;

public enum PoolState has copy, drop, store {
    Active,
    Withdrawing(u32),
    Withdrawn,
}

public struct VotingParams has copy, drop, store {
    storage_price: u64,
    write_price: u64,
    node_capacity: u64,
}

public struct StakingPool has key, store {
    /// Also the node's id.
    id: UID,
    state: PoolState,
    voting_params: VotingParams,
    node_info: StorageNodeInfo,
    activation_epoch: u32,
    latest_epoch: u32,
    wal_balance: u64,
    num_shares: u64,
    pending_shares_withdraw: PendingValues,
    pre_active_withdrawals: PendingValues,
    pending_commission_rate: PendingValues,
    commission_rate: u16,
    exchange_rates: Table<u32, PoolExchangeRate>,
    pending_stake: PendingValues,
    rewards_pool: Balance<WAL>,
    commission: Balance<WAL>,
    commission_receiver: Authorized,
    governance_authorized: Authorized,
    extra_fields: Bag,
}

/// A pool as genesis makes it: unlike a candidate's upstream, without proof of possession of the key.
public(package) fun new_at_genesis(
    name: String,
    network_address: String,
    public_key: vector<u8>,
    network_public_key: vector<u8>,
    storage_price: u64,
    write_price: u64,
    node_capacity: u64,
    ctx: &mut TxContext,
): StakingPool {
    assert!(name.length() <= MAX_NODE_NAME_LENGTH, EInvalidNameLength);
    assert!(network_address.length() <= MAX_NETWORK_ADDRESS_LENGTH, EInvalidNetworkAddressLength);
    let id = object::new(ctx);
    let node_info = storage_node::new(
        name,
        id.to_inner(),
        network_address,
        public_key,
        network_public_key,
        node_metadata::default(),
        ctx,
    );
    let mut exchange_rates = table::new(ctx);
    exchange_rates.add(0, pool_exchange_rate::flat());
    StakingPool {
        id,
        state: PoolState::Active,
        voting_params: VotingParams { storage_price, write_price, node_capacity },
        node_info,
        activation_epoch: 0,
        latest_epoch: 0,
        wal_balance: 0,
        num_shares: 0,
        pending_shares_withdraw: pending_values::empty(),
        pre_active_withdrawals: pending_values::empty(),
        pending_commission_rate: pending_values::empty(),
        commission_rate: 0,
        exchange_rates,
        pending_stake: pending_values::empty(),
        rewards_pool: balance::zero(),
        commission: balance::zero(),
        commission_receiver: auth::authorized_address(ctx.sender()),
        governance_authorized: auth::authorized_address(ctx.sender()),
        extra_fields: bag::new(ctx),
    }
}

/// Takes what the node earned in the epoch before `epoch`.
public(package) fun collect_rewards(pool: &mut StakingPool, rewards: Balance<WAL>, epoch: u32) {
    pool.rewards_pool.join(rewards);
    pool.latest_epoch = epoch;
}

/// Changes what the node votes for, which counts when the next epoch starts.
public(package) fun set_votes(
    self: &mut StakingPool,
    storage_price: u64,
    write_price: u64,
    node_capacity: u64,
) {
    self.voting_params = VotingParams { storage_price, write_price, node_capacity };
}

public(package) fun set_network_address(self: &mut StakingPool, network_address: String) {
    assert!(network_address.length() <= MAX_NETWORK_ADDRESS_LENGTH, EInvalidNetworkAddressLength);
    self.node_info.set_network_address(network_address);
}

public(package) fun node_info(pool: &StakingPool): &StorageNodeInfo {
    &pool.node_info
}

public(package) fun rewards_amount(pool: &StakingPool): u64 {
    pool.rewards_pool.value()
}

public(package) fun storage_price(pool: &StakingPool): u64 {
    pool.voting_params.storage_price
}

public(package) fun write_price(pool: &StakingPool): u64 {
    pool.voting_params.write_price
}

public(package) fun node_capacity(pool: &StakingPool): u64 {
    pool.voting_params.node_capacity
}
