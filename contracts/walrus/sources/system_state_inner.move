/// The state of the storage system at version 1 of its layout: committee, prices, capacity, and what was paid for
/// which epoch.
module walrus::system_state_inner;

use sui::{balance::Balance, coin::Coin, vec_map::{Self, VecMap}};
use wal::wal::WAL;
use walrus::{
    blob::{Self, Blob},
    bls_aggregate::{Self, BlsCommittee},
    encoding,
    epoch_parameters::EpochParams,
    event_blob::{Self, EventBlobCertificationState},
    events,
    extended_field::{Self, ExtendedField},
    storage_accounting::{Self, FutureAccountingRingBuffer},
    storage_pool::{Self, StoragePool},
    storage_resource::{Self, Storage}
};

/// Most epochs that a network may sell ahead.
const MAX_MAX_EPOCHS_AHEAD: u32 = 1000;
/// Prices are for units of 1 MiB.
const BYTES_PER_UNIT_SIZE: u64 = 1_024 * 1_024;

const EInvalidMaxEpochsAhead: u64 = 0;
const EStorageExceeded: u64 = 1;
const EInvalidEpochsAhead: u64 = 2;
const EIncorrectCommittee: u64 = 4;
const EInvalidAccountingEpoch: u64 = 5;
const EInvalidResourceSize: u64 = 11;
const EInvalidStartEpoch: u64 = 12;

public struct SystemStateInnerV1 has store {
    committee: BlsCommittee,
    /// Encoded bytes that the network can keep, and those reserved for the current epoch.
    total_capacity_size: u64,
    used_capacity_size: u64,
    /// Base units of WAL for a unit: to store it for an epoch, and to write it once.
    storage_price_per_unit_size: u64,
    write_price_per_unit_size: u64,
    future_accounting: FutureAccountingRingBuffer,
    event_blob_certification_state: EventBlobCertificationState,
    /// Bytes that a node refuses to store; nodes of the embedded devnet refuse none.
    deny_list_sizes: ExtendedField<VecMap<ID, u64>>,
}

/// Epoch 0: no committee, no capacity.
public(package) fun create_empty(max_epochs_ahead: u32, ctx: &mut TxContext): SystemStateInnerV1 {
    assert!(
        max_epochs_ahead > 0 && max_epochs_ahead <= MAX_MAX_EPOCHS_AHEAD,
        EInvalidMaxEpochsAhead,
    );
    SystemStateInnerV1 {
        committee: bls_aggregate::new_bls_committee(0, vector[]),
        total_capacity_size: 0,
        used_capacity_size: 0,
        storage_price_per_unit_size: 0,
        write_price_per_unit_size: 0,
        future_accounting: storage_accounting::ring_new(max_epochs_ahead),
        event_blob_certification_state: event_blob::create_with_empty_state(),
        deny_list_sizes: extended_field::new(vec_map::empty(), ctx),
    }
}

/// Moves to the next epoch and returns what each node of the old committee earned, by weight. What does not divide
/// is left for the new epoch.
public(package) fun advance_epoch(
    self: &mut SystemStateInnerV1,
    new_committee: BlsCommittee,
    new_epoch_params: &EpochParams,
): VecMap<ID, Balance<WAL>> {
    let old_epoch = self.epoch();
    assert!(new_committee.epoch() == old_epoch + 1, EIncorrectCommittee);
    let weights = self.committee.to_vec_map();
    let total_weight = self.committee.n_shards() as u128;
    self.committee = new_committee;

    let ended = self.future_accounting.ring_pop_expand();
    assert!(ended.epoch() == old_epoch, EInvalidAccountingEpoch);
    self.used_capacity_size = self.future_accounting.ring_lookup_mut(0).used_capacity();
    self.total_capacity_size = new_epoch_params.capacity().max(self.used_capacity_size);
    self.storage_price_per_unit_size = new_epoch_params.storage_price();
    self.write_price_per_unit_size = new_epoch_params.write_price();

    let mut rewards = ended.unwrap_balance();
    let total = rewards.value() as u128;
    let (node_ids, node_weights) = weights.into_keys_values();
    let shares = node_weights.map!(|weight| {
        rewards.split((total * (weight as u128) / total_weight) as u64)
    });
    self.future_accounting.ring_lookup_mut(0).rewards_balance().join(rewards);
    vec_map::from_keys_values(node_ids, shares)
}

/// Sells space from the current epoch on.
public(package) fun reserve_space(
    self: &mut SystemStateInnerV1,
    storage_amount: u64,
    epochs_ahead: u32,
    payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
): Storage {
    assert!(epochs_ahead > 0, EInvalidEpochsAhead);
    let start_epoch = self.epoch();
    self.reserve_space_for_epochs(
        storage_amount,
        start_epoch,
        start_epoch + epochs_ahead,
        payment,
        ctx,
    )
}

/// Sells space for `start_epoch` up to and without `end_epoch`.
public(package) fun reserve_space_for_epochs(
    self: &mut SystemStateInnerV1,
    storage_amount: u64,
    start_epoch: u32,
    end_epoch: u32,
    payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
): Storage {
    let epoch = self.epoch();
    assert!(start_epoch >= epoch, EInvalidStartEpoch);
    assert!(start_epoch < end_epoch, EInvalidEpochsAhead);
    assert!(end_epoch - epoch <= self.future_accounting.max_epochs_ahead(), EInvalidEpochsAhead);
    assert!(storage_amount > 0, EInvalidResourceSize);
    self.process_storage_payments(storage_amount, start_epoch - epoch, end_epoch - epoch, payment);
    self.account_capacity(start_epoch - epoch, end_epoch - epoch, storage_amount);
    storage_resource::create_storage(start_epoch, end_epoch, storage_amount, ctx)
}

/// Records that one correct node at least says that no blob decodes to this id.
public(package) fun invalidate_blob_id(
    self: &SystemStateInnerV1,
    signature: vector<u8>,
    members_bitmap: vector<u8>,
    message: vector<u8>,
): u256 {
    let certified = self
        .committee
        .verify_one_correct_node_in_epoch(signature, members_bitmap, message);
    let blob_id = certified.invalid_blob_id_message().invalid_blob_id();
    events::emit_invalid_blob_id(self.epoch(), blob_id);
    blob_id
}

public(package) fun register_blob(
    self: &mut SystemStateInnerV1,
    storage: Storage,
    blob_id: u256,
    root_hash: u256,
    size: u64,
    encoding_type: u8,
    deletable: bool,
    write_payment_coin: &mut Coin<WAL>,
    ctx: &mut TxContext,
): Blob {
    let n_shards = self.n_shards();
    let blob = blob::new(
        storage,
        blob_id,
        root_hash,
        size,
        encoding_type,
        deletable,
        self.epoch(),
        n_shards,
        ctx,
    );
    let encoded_size = encoding::encoded_blob_length(size, encoding_type, n_shards);
    self.process_write_payment(encoded_size, write_payment_coin);
    blob
}

/// Marks `blob` as stored, if a quorum of the current committee says so.
public(package) fun certify_blob(
    self: &SystemStateInnerV1,
    blob: &mut Blob,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
) {
    let certified = self.committee.verify_quorum_in_epoch(signature, signers_bitmap, message);
    blob.certify_with_certified_msg(self.epoch(), certified.certify_blob_message());
}

public(package) fun delete_blob(self: &SystemStateInnerV1, blob: Blob): Storage {
    blob.delete(self.epoch())
}

public(package) fun extend_blob_with_resource(
    self: &SystemStateInnerV1,
    blob: &mut Blob,
    extension: Storage,
) {
    blob.extend_with_resource(extension, self.epoch());
}

/// Pays for `extended_epochs` after those that the blob has.
public(package) fun extend_blob(
    self: &mut SystemStateInnerV1,
    blob: &mut Blob,
    extended_epochs: u32,
    payment: &mut Coin<WAL>,
) {
    blob.assert_certified_not_expired(self.epoch());
    assert!(extended_epochs > 0, EInvalidEpochsAhead);
    let start_offset = blob.storage().end_epoch() - self.epoch();
    let end_offset = start_offset + extended_epochs;
    assert!(end_offset <= self.future_accounting.max_epochs_ahead(), EInvalidEpochsAhead);
    let storage_size = blob.storage().size();
    self.process_storage_payments(storage_size, start_offset, end_offset, payment);
    self.account_capacity(start_offset, end_offset, storage_size);
    blob.storage_mut().extend_end_epoch(extended_epochs);
    blob.emit_certified(true);
}

/// Buys the storage of a new pool.
public(package) fun create_storage_pool(
    self: &mut SystemStateInnerV1,
    reserved_encoded_capacity_bytes: u64,
    epochs_ahead: u32,
    payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
): StoragePool {
    let storage = self.reserve_space(reserved_encoded_capacity_bytes, epochs_ahead, payment, ctx);
    self.create_storage_pool_with_storage(storage, ctx)
}

/// Makes a pool of storage that has begun and has not ended.
public(package) fun create_storage_pool_with_storage(
    self: &SystemStateInnerV1,
    storage: Storage,
    ctx: &mut TxContext,
): StoragePool {
    assert!(storage.start_epoch() <= self.epoch(), EInvalidStartEpoch);
    assert!(storage.end_epoch() > self.epoch(), EInvalidEpochsAhead);
    let pool = storage_pool::create(storage, ctx);
    events::emit_storage_pool_created(
        self.epoch(),
        pool.object_id(),
        pool.reserved_encoded_capacity_bytes(),
        pool.start_epoch(),
        pool.end_epoch(),
    );
    pool
}

/// Only writing is paid for: the pool has paid for storing.
public(package) fun register_pooled_blob(
    self: &mut SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    blob_id: u256,
    root_hash: u256,
    unencoded_size: u64,
    encoding_type: u8,
    deletable: bool,
    write_payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
) {
    self.assert_pool_not_expired(storage_pool);
    let size = encoding::encoded_blob_length(unencoded_size, encoding_type, self.n_shards());
    let blob = storage_pool::new_pooled_blob(
        storage_pool.object_id(),
        blob_id,
        root_hash,
        unencoded_size,
        encoding_type,
        deletable,
        self.epoch(),
        ctx,
    );
    storage_pool.add_blob(blob, size);
    self.process_write_payment(size, write_payment);
}

/// Marks a blob of a pool as stored, if a quorum of the current committee says so.
public(package) fun certify_pooled_blob(
    self: &SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    blob_id: u256,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
) {
    let certified = self.committee.verify_quorum_in_epoch(signature, signers_bitmap, message);
    let end_epoch = storage_pool.end_epoch();
    storage_pool
        .borrow_blob_mut(blob_id)
        .certify(self.epoch(), end_epoch, certified.certify_blob_message());
}

public(package) fun delete_pooled_blob(
    self: &SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    blob_id: u256,
) {
    self.assert_pool_not_expired(storage_pool);
    storage_pool.remove_blob(blob_id, self.n_shards()).delete_blob_object(self.epoch());
}

/// Takes a blob out of a pool that has expired, deletable or not.
public(package) fun burn_expired_pooled_blob(
    self: &SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    blob_id: u256,
) {
    assert!(storage_pool.end_epoch() <= self.epoch(), EInvalidEpochsAhead);
    storage_pool.remove_blob(blob_id, self.n_shards()).burn_blob_object();
}

/// Pays for all that is reserved, for `extended_epochs` after those that the pool has.
public(package) fun extend_storage_pool(
    self: &mut SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    extended_epochs: u32,
    payment: &mut Coin<WAL>,
) {
    assert!(extended_epochs > 0, EInvalidEpochsAhead);
    self.assert_pool_not_expired(storage_pool);
    let start_offset = storage_pool.end_epoch() - self.epoch();
    let end_offset = start_offset + extended_epochs;
    assert!(end_offset <= self.future_accounting.max_epochs_ahead(), EInvalidEpochsAhead);
    let size = storage_pool.reserved_encoded_capacity_bytes();
    self.process_storage_payments(size, start_offset, end_offset, payment);
    self.account_capacity(start_offset, end_offset, size);
    storage_pool.extend_end_epoch(extended_epochs);
    events::emit_storage_pool_extended(
        self.epoch(),
        storage_pool.object_id(),
        storage_pool.end_epoch(),
    );
}

/// Buys more room for the epochs that are left.
public(package) fun increase_storage_pool_capacity(
    self: &mut SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    additional_encoded_capacity_bytes: u64,
    payment: &mut Coin<WAL>,
) {
    assert!(additional_encoded_capacity_bytes > 0, EInvalidResourceSize);
    self.assert_pool_not_expired(storage_pool);
    let end_offset = storage_pool.end_epoch() - self.epoch();
    self.process_storage_payments(additional_encoded_capacity_bytes, 0, end_offset, payment);
    self.account_capacity(0, end_offset, additional_encoded_capacity_bytes);
    storage_pool.increase_reserved_encoded_capacity(additional_encoded_capacity_bytes);
}

/// Adds room that was bought separately.
public(package) fun increase_storage_pool_capacity_with_storage(
    self: &SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    storage: Storage,
) {
    self.assert_pool_not_expired(storage_pool);
    storage_pool.increase_capacity_with_storage(storage, self.epoch());
}

public(package) fun decrease_storage_pool_capacity_by_size(
    self: &SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    size: u64,
    ctx: &mut TxContext,
): Option<Storage> {
    self.assert_pool_not_expired(storage_pool);
    storage_pool.decrease_capacity_by_size(size, ctx)
}

public(package) fun decrease_storage_pool_unused_capacity_by_percent(
    self: &SystemStateInnerV1,
    storage_pool: &mut StoragePool,
    percent: u8,
    ctx: &mut TxContext,
): Option<Storage> {
    self.assert_pool_not_expired(storage_pool);
    storage_pool.decrease_unused_capacity_by_percent(percent, ctx)
}

fun assert_pool_not_expired(self: &SystemStateInnerV1, storage_pool: &StoragePool) {
    assert!(storage_pool.end_epoch() > self.epoch(), EInvalidEpochsAhead);
}

/// Takes the price of writing once out of `payment`.
fun process_write_payment(
    self: &mut SystemStateInnerV1,
    encoded_size: u64,
    payment: &mut Coin<WAL>,
) {
    let price = self.write_price(encoded_size);
    let paid = payment.balance_mut().split(price);
    self.future_accounting.ring_lookup_mut(0).rewards_balance().join(paid);
}

/// Takes each epoch's price out of `payment`; epochs are counted from the current one.
fun process_storage_payments(
    self: &mut SystemStateInnerV1,
    storage_size: u64,
    start_offset: u32,
    end_offset: u32,
    payment: &mut Coin<WAL>,
) {
    let price = storage_units_from_size!(storage_size) * self.storage_price_per_unit_size;
    start_offset.range_do!(end_offset, |offset| {
        let paid = payment.balance_mut().split(price);
        self.future_accounting.ring_lookup_mut(offset).rewards_balance().join(paid);
    });
}

/// Books `storage_size` for each epoch; epochs are counted from the current one.
fun account_capacity(
    self: &mut SystemStateInnerV1,
    start_offset: u32,
    end_offset: u32,
    storage_size: u64,
) {
    start_offset.range_do!(end_offset, |offset| {
        let used = self
            .future_accounting
            .ring_lookup_mut(offset)
            .increase_used_capacity(storage_size);
        assert!(used <= self.total_capacity_size, EStorageExceeded);
        if (offset == 0) self.used_capacity_size = used;
    });
}

public(package) fun epoch(self: &SystemStateInnerV1): u32 {
    self.committee.epoch()
}

public(package) fun total_capacity_size(self: &SystemStateInnerV1): u64 {
    self.total_capacity_size
}

public(package) fun used_capacity_size(self: &SystemStateInnerV1): u64 {
    self.used_capacity_size
}

public(package) fun future_accounting(self: &SystemStateInnerV1): &FutureAccountingRingBuffer {
    &self.future_accounting
}

public(package) fun n_shards(self: &SystemStateInnerV1): u16 {
    self.committee.n_shards()
}

/// What writing `write_size` encoded bytes costs.
public(package) fun write_price(self: &SystemStateInnerV1, write_size: u64): u64 {
    storage_units_from_size!(write_size) * self.write_price_per_unit_size
}

macro fun storage_units_from_size($size: u64): u64 {
    ($size + BYTES_PER_UNIT_SIZE - 1) / BYTES_PER_UNIT_SIZE
}

#[test_only]
public fun future_accounting_mut_for_testing(
    self: &mut SystemStateInnerV1,
): &mut FutureAccountingRingBuffer {
    &mut self.future_accounting
}
