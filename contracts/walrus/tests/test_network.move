/// A network of four nodes and ten shards for tests. Node `i` signs with the secret key `i + 1`; the signatures below
/// were made by @noble/curves, the blob id by its BLAKE2b.
#[test_only]
module walrus::test_network;

use sui::{clock::{Self, Clock}, coin::{Self, Coin}, test_scenario::{Self, Scenario}};
use wal::wal::WAL;
use walrus::{
    blob::Blob,
    devnet_genesis::{Self, DevnetAdminCap},
    init::{Self, InitCap},
    shared_blob::SharedBlob,
    staking::Staking,
    storage_node::StorageNodeCap,
    storage_pool::StoragePool,
    system::System
};

const ADMIN: address = @0xA;

public fun admin(): address { ADMIN }

/// Secret keys 1 to 4.
public fun keys(): vector<vector<u8>> {
    vector[
        x"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        x"a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e",
        x"89ece308f9d1f0131765212deca99697b112d61f9be9a5f1f3780a51335b3ff981747a0b2ca2179b96d2c0c9024e5224",
        x"ac9b60d5afcbd5663a8a44b7c5a02f19e9a77ab0a35bd65809bb5c67ec582c897feb04decc694b13e08587f3ff9b5b60",
    ]
}

public fun network_key(): vector<u8> {
    x"020000000000000000000000000000000000000000000000000000000000000001"
}

/// Root 0x1234, encoding 1, 5000 bytes.
public fun root_hash(): u256 { 0x1234 }

public fun blob_size(): u64 { 5000 }

public fun blob_id(): u256 {
    91076473111770840717893079128163871350448779556944765670328367584467809754417
}

/// Bytes that ten shards keep of it; less than one storage unit.
public fun encoded_size(): u64 { 26520 }

/// Confirmation of the permanent blob in epoch 1.
public fun message(): vector<u8> {
    x"01000301000000315da0f80d0c9ec768b205891e7f024dad8c112b15346b13fcd5b07dfe745bc900"
}

/// By nodes 0, 1 and 2: eight of ten shards.
public fun signature_012(): vector<u8> {
    x"8ba0e110d8be68179d242dbafa79eff2a465314e6a49612d25b0b8bb510041a8144ccb60f69c84501ec40bdd2f3dd4b212bd07e8d88179007d25aacb97966bfe69549af6bd7614e53770a293f6775d20fa95f0798760a545ec1897b977a63947"
}

/// By nodes 0 and 1: six of ten shards.
public fun signature_01(): vector<u8> {
    x"a32695477863502b4623a5cfceccbdd208b57f5f72d013735c5e893dff223e070e4d9aab1955e4f10a39cd4b3c1d45630785815ef6a9329d0eac20f182cfe263fc40e9d629e0f18531358162576f35864fab4686234980b339298527e7b02fe7"
}

public fun signature_all(): vector<u8> {
    x"95b29ee7a5f00d4befac2d85c255ea4262d3f74dfbd04a281560585585802e3ee77092454a8f09feb7f8c69d8cef32d119eb3019b0d6ad7d715622165d7dcf67c1f6dd965b9f8f6aa522f4ab5b73834115cafb233fc615cbaa4fc89907ccd8c0"
}

/// The same confirmation for epoch 2, by nodes 0, 1 and 2.
public fun message_of_epoch_2(): vector<u8> {
    x"01000302000000315da0f80d0c9ec768b205891e7f024dad8c112b15346b13fcd5b07dfe745bc900"
}

public fun signature_of_epoch_2(): vector<u8> {
    x"8c6e437d696bdafdf06e9171101fb773af9bbe252a53408945dc4b7f633537bd5d64f86390963ea40df776665c4a61e0117e1b51911d560251d571907b56865605daa9ad223140bac182d6054909bc5eed0478dadbcb339b2609cf75b7eca016"
}

/// "This id is invalid", in epoch 1.
public fun invalid_id_message(): vector<u8> {
    x"02000301000000315da0f80d0c9ec768b205891e7f024dad8c112b15346b13fcd5b07dfe745bc9"
}

/// By nodes 0 and 2: five shards.
public fun invalid_id_signature_02(): vector<u8> {
    x"a6522923d556432e7351664edd8d0955019dc81c8eae7e87789b31ade62d0bcf2b1a4ec0727d4737f83c88885e55968d05499837f3a342eb425a1108eaee16de7b7ad3147b5d63032985f344a3be83a1e105a4a15900e5d4e49daca75b4439ab"
}

/// By node 2: two shards.
public fun invalid_id_signature_2(): vector<u8> {
    x"810a4e941b0ba4ee01dc115c8820d83fa1989eb0a0b44a3c26cf6240403c0ea9a97b0def9b4524557175dbb9864c2d9c130db13e1a7db2802bdb1f2df4d29014242b92ac84510da6b4e5869b8b45701bc6fe8571a40ec8ea6570e8f4b69ec5f7"
}

/// A running network in epoch 1, as genesis makes it, and a purse.
public struct Network {
    scenario: Scenario,
    clock: Clock,
    admin_cap: DevnetAdminCap,
    node_caps: vector<StorageNodeCap>,
    staking: Staking,
    system: System,
    coin: Coin<WAL>,
}

public fun start(): Network {
    start_with(10)
}

/// Weights for ten shards: 3, 3, 2, 2. Prices: 100 to store, 7 to write; 5 epochs ahead; room for four MiB.
public fun start_with(n_shards: u16): Network {
    let mut net = before(n_shards);
    net.advance_epoch();
    net
}

/// The same before its first epoch.
public fun before_epoch_1(): Network {
    before(10)
}

fun before(n_shards: u16): Network {
    let mut scenario = test_scenario::begin(ADMIN);
    init::init_for_testing(scenario.ctx());
    scenario.next_tx(ADMIN);
    let clock = clock::create_for_testing(scenario.ctx());
    let init_cap = scenario.take_from_sender<InitCap>();
    let admin_cap = devnet_genesis::create(init_cap, n_shards, 1000, 5, &clock, scenario.ctx());
    scenario.next_tx(ADMIN);
    let mut staking = scenario.take_shared<Staking>();
    let system = scenario.take_shared<System>();
    let node_caps = keys().map!(|key| {
        admin_cap.add_node(
            &mut staking,
            b"node".to_string(),
            b"127.0.0.1:1".to_string(),
            key,
            network_key(),
            100,
            7,
            1024 * 1024,
            scenario.ctx(),
        )
    });
    let coin = coin::mint_for_testing(10_000, scenario.ctx());
    Network { scenario, clock, admin_cap, node_caps, staking, system, coin }
}

public fun system(self: &mut Network): &mut System { &mut self.system }

public fun staking(self: &mut Network): &mut Staking { &mut self.staking }

public fun paid(self: &Network): u64 { 10_000 - self.coin.value() }

public fun advance_epoch(self: &mut Network) {
    self.admin_cap.advance_epoch(&mut self.staking, &mut self.system, &self.clock);
}

public fun set_votes(self: &mut Network, storage_price: u64, write_price: u64, capacity: u64) {
    self.admin_cap.set_votes(&mut self.staking, storage_price, write_price, capacity);
}

public fun add_node(
    self: &mut Network,
    name: vector<u8>,
    address: vector<u8>,
    network_key: vector<u8>,
): StorageNodeCap {
    self
        .admin_cap
        .add_node(
            &mut self.staking,
            name.to_string(),
            address.to_string(),
            keys()[0],
            network_key,
            100,
            7,
            1024 * 1024,
            self.scenario.ctx(),
        )
}

public fun node_cap(self: &Network, i: u64): &StorageNodeCap { &self.node_caps[i] }

public fun set_network_address(self: &mut Network, i: u64, address: vector<u8>) {
    self.staking.set_network_address(&self.node_caps[i], address.to_string());
}

public fun reserve(self: &mut Network, size: u64, epochs: u32): walrus::storage_resource::Storage {
    self.system.reserve_space(size, epochs, &mut self.coin, self.scenario.ctx())
}

public fun reserve_for(
    self: &mut Network,
    size: u64,
    start: u32,
    end: u32,
): walrus::storage_resource::Storage {
    self.system.reserve_space_for_epochs(size, start, end, &mut self.coin, self.scenario.ctx())
}

/// The blob of `blob_id`, leased for `epochs`.
public fun register(self: &mut Network, epochs: u32, deletable: bool): Blob {
    let storage = self.reserve(encoded_size(), epochs);
    self.register_in(storage, deletable)
}

public fun register_in(
    self: &mut Network,
    storage: walrus::storage_resource::Storage,
    deletable: bool,
): Blob {
    self
        .system
        .register_blob(
            storage,
            blob_id(),
            root_hash(),
            blob_size(),
            1,
            deletable,
            &mut self.coin,
            self.scenario.ctx(),
        )
}

/// A permanent blob, certified in epoch 1.
public fun certified(self: &mut Network, epochs: u32): Blob {
    let mut blob = self.register(epochs, false);
    self.system.certify_blob(&mut blob, signature_012(), x"07", message());
    blob
}

public fun extend(self: &mut Network, blob: &mut Blob, epochs: u32) {
    self.system.extend_blob(blob, epochs, &mut self.coin);
}

public fun extend_shared(self: &mut Network, blob: &mut SharedBlob, epochs: u32) {
    blob.extend(&mut self.system, epochs, self.scenario.ctx());
}

public fun pool(self: &mut Network, size: u64, epochs: u32): StoragePool {
    self.system.create_storage_pool(size, epochs, &mut self.coin, self.scenario.ctx())
}

public fun pool_of(self: &mut Network, storage: walrus::storage_resource::Storage): StoragePool {
    self.system.create_storage_pool_with_storage(storage, self.scenario.ctx())
}

/// Registers the blob of `blob_id` in a pool.
public fun register_pooled(self: &mut Network, pool: &mut StoragePool, deletable: bool) {
    self
        .system
        .register_pooled_blob(
            pool,
            blob_id(),
            root_hash(),
            blob_size(),
            1,
            deletable,
            &mut self.coin,
            self.scenario.ctx(),
        )
}

public fun extend_pool(self: &mut Network, pool: &mut StoragePool, epochs: u32) {
    self.system.extend_storage_pool(pool, epochs, &mut self.coin);
}

public fun grow_pool(self: &mut Network, pool: &mut StoragePool, size: u64) {
    self.system.increase_storage_pool_capacity(pool, size, &mut self.coin);
}

public fun shrink_pool(
    self: &mut Network,
    pool: &mut StoragePool,
    size: u64,
): walrus::storage_resource::Storage {
    self.system.decrease_storage_pool_capacity_by_size(pool, size, self.scenario.ctx())
}

public fun shrink_pool_by_percent(
    self: &mut Network,
    pool: &mut StoragePool,
    percent: u8,
): walrus::storage_resource::Storage {
    self.system.decrease_storage_pool_unused_capacity_by_percent(pool, percent, self.scenario.ctx())
}

public fun stake(self: &mut Network, coin: Coin<WAL>, node_id: ID) {
    std::unit_test::destroy(self.staking.stake_with_pool(coin, node_id, self.scenario.ctx()));
}

public fun ctx(self: &mut Network): &mut TxContext { self.scenario.ctx() }

public fun next_tx(self: &mut Network) {
    self.scenario.next_tx(ADMIN);
}

public fun scenario(self: &mut Network): &mut Scenario { &mut self.scenario }

public fun split(self: &mut Network, amount: u64): Coin<WAL> {
    self.coin.split(amount, self.scenario.ctx())
}

public fun stop(self: Network) {
    std::unit_test::destroy(self)
}

/// A blob that is not certified, made without a network.
public fun lone_blob(start: u32, end: u32, now: u32, deletable: bool, ctx: &mut TxContext): Blob {
    let storage = walrus::storage_resource::create_for_testing(start, end, encoded_size(), ctx);
    walrus::blob::new(storage, blob_id(), root_hash(), blob_size(), 1, deletable, now, 10, ctx)
}
