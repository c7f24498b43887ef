/// The storage system: the one shared object that clients name. Its state is a dynamic field under its version, so
/// that an upgrade may change the layout.
module walrus::system;

use sui::{balance::Balance, coin::Coin, dynamic_field as df, vec_map::VecMap};
use wal::wal::WAL;
use walrus::{
    blob::Blob,
    bls_aggregate::BlsCommittee,
    epoch_parameters::EpochParams,
    storage_accounting::FutureAccountingRingBuffer,
    storage_pool::StoragePool,
    storage_resource::Storage,
    system_state_inner::{Self, SystemStateInnerV1}
};

const EWrongVersion: u64 = 1;
const EZeroExtractSize: u64 = 2;

const VERSION: u64 = 4;

public struct System has key {
    id: UID,
    version: u64,
    package_id: ID,
    new_package_id: Option<ID>,
}

/// Shares a system at epoch 0.
public(package) fun create_empty(max_epochs_ahead: u32, package_id: ID, ctx: &mut TxContext) {
    let mut system = System {
        id: object::new(ctx),
        version: VERSION,
        package_id,
        new_package_id: option::none(),
    };
    df::add(&mut system.id, VERSION, system_state_inner::create_empty(max_epochs_ahead, ctx));
    transfer::share_object(system);
}

public(package) fun advance_epoch(
    self: &mut System,
    new_committee: BlsCommittee,
    new_epoch_params: &EpochParams,
): VecMap<ID, Balance<WAL>> {
    self.inner_mut().advance_epoch(new_committee, new_epoch_params)
}

/// Declares a blob id undecodable, by the word of at least one correct node.
public fun invalidate_blob_id(
    system: &System,
    signature: vector<u8>,
    members_bitmap: vector<u8>,
    message: vector<u8>,
): u256 {
    system.inner().invalidate_blob_id(signature, members_bitmap, message)
}

/// Buys `storage_amount` encoded bytes for the current epoch and the `epochs_ahead - 1` after it.
public fun reserve_space(
    self: &mut System,
    storage_amount: u64,
    epochs_ahead: u32,
    payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
): Storage {
    self.inner_mut().reserve_space(storage_amount, epochs_ahead, payment, ctx)
}

/// Buys `storage_amount` encoded bytes for `start_epoch` up to and without `end_epoch`.
public fun reserve_space_for_epochs(
    self: &mut System,
    storage_amount: u64,
    start_epoch: u32,
    end_epoch: u32,
    payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
): Storage {
    self.inner_mut().reserve_space_for_epochs(storage_amount, start_epoch, end_epoch, payment, ctx)
}

/// Announces a blob, so that nodes accept its slivers. The id must be that of `root_hash`, `size` and encoding.
public fun register_blob(
    self: &mut System,
    storage: Storage,
    blob_id: u256,
    root_hash: u256,
    size: u64,
    encoding_type: u8,
    deletable: bool,
    write_payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
): Blob {
    self
        .inner_mut()
        .register_blob(
            storage,
            blob_id,
            root_hash,
            size,
            encoding_type,
            deletable,
            write_payment,
            ctx,
        )
}

/// Proves that the network stores `blob`.
public fun certify_blob(
    self: &System,
    blob: &mut Blob,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
) {
    self.inner().certify_blob(blob, signature, signers_bitmap, message)
}

public fun delete_blob(self: &System, blob: Blob): Storage {
    self.inner().delete_blob(blob)
}

/// Extends the lease by storage that was bought separately.
public fun extend_blob_with_resource(self: &System, blob: &mut Blob, extension: Storage) {
    self.inner().extend_blob_with_resource(blob, extension)
}

public fun extend_blob(
    self: &mut System,
    blob: &mut Blob,
    extended_epochs: u32,
    payment: &mut Coin<WAL>,
) {
    self.inner_mut().extend_blob(blob, extended_epochs, payment)
}

/// Buys a pool of `reserved_encoded_capacity_bytes` for the current epoch and the `epochs_ahead - 1` after it.
public fun create_storage_pool(
    self: &mut System,
    reserved_encoded_capacity_bytes: u64,
    epochs_ahead: u32,
    payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
): StoragePool {
    self
        .inner_mut()
        .create_storage_pool(reserved_encoded_capacity_bytes, epochs_ahead, payment, ctx)
}

/// Makes a pool of storage that was bought separately.
public fun create_storage_pool_with_storage(
    self: &System,
    storage: Storage,
    ctx: &mut TxContext,
): StoragePool {
    self.inner().create_storage_pool_with_storage(storage, ctx)
}

/// Announces a blob of a pool, once for each id. Only writing is paid for.
public fun register_pooled_blob(
    self: &mut System,
    storage_pool: &mut StoragePool,
    blob_id: u256,
    root_hash: u256,
    unencoded_size: u64,
    encoding_type: u8,
    deletable: bool,
    write_payment: &mut Coin<WAL>,
    ctx: &mut TxContext,
) {
    self
        .inner_mut()
        .register_pooled_blob(
            storage_pool,
            blob_id,
            root_hash,
            unencoded_size,
            encoding_type,
            deletable,
            write_payment,
            ctx,
        )
}

/// Deletes a deletable blob of a pool and frees its room.
public fun delete_pooled_blob(self: &System, storage_pool: &mut StoragePool, blob_id: u256) {
    self.inner().delete_pooled_blob(storage_pool, blob_id)
}

/// Takes a blob out of an expired pool.
public fun burn_expired_pooled_blob(self: &System, storage_pool: &mut StoragePool, blob_id: u256) {
    self.inner().burn_expired_pooled_blob(storage_pool, blob_id)
}

/// Extends the lease of a pool, and thereby of every blob in it.
public fun extend_storage_pool(
    self: &mut System,
    storage_pool: &mut StoragePool,
    extended_epochs: u32,
    payment: &mut Coin<WAL>,
) {
    self.inner_mut().extend_storage_pool(storage_pool, extended_epochs, payment)
}

/// Buys more room for the rest of a pool's lease.
public fun increase_storage_pool_capacity(
    self: &mut System,
    storage_pool: &mut StoragePool,
    additional_encoded_capacity_bytes: u64,
    payment: &mut Coin<WAL>,
) {
    self
        .inner_mut()
        .increase_storage_pool_capacity(storage_pool, additional_encoded_capacity_bytes, payment)
}

/// Adds storage that has begun and ends with the pool.
public fun increase_storage_pool_capacity_with_storage(
    self: &System,
    storage_pool: &mut StoragePool,
    storage: Storage,
) {
    self.inner().increase_storage_pool_capacity_with_storage(storage_pool, storage)
}

/// Splits unused room off a pool.
public fun decrease_storage_pool_capacity_by_size(
    self: &System,
    storage_pool: &mut StoragePool,
    size: u64,
    ctx: &mut TxContext,
): Storage {
    let storage = self.inner().decrease_storage_pool_capacity_by_size(storage_pool, size, ctx);
    assert!(storage.is_some(), EZeroExtractSize);
    storage.destroy_some()
}

/// Splits a share of the unused room off a pool.
public fun decrease_storage_pool_unused_capacity_by_percent(
    self: &System,
    storage_pool: &mut StoragePool,
    percent: u8,
    ctx: &mut TxContext,
): Storage {
    let storage = self
        .inner()
        .decrease_storage_pool_unused_capacity_by_percent(storage_pool, percent, ctx);
    assert!(storage.is_some(), EZeroExtractSize);
    storage.destroy_some()
}

/// Proves that the network stores a blob of a pool.
public fun certify_pooled_blob(
    self: &System,
    storage_pool: &mut StoragePool,
    blob_id: u256,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
) {
    self.inner().certify_pooled_blob(storage_pool, blob_id, signature, signers_bitmap, message)
}

public fun epoch(self: &System): u32 {
    self.inner().epoch()
}

public fun total_capacity_size(self: &System): u64 {
    self.inner().total_capacity_size()
}

public fun used_capacity_size(self: &System): u64 {
    self.inner().used_capacity_size()
}

public fun n_shards(self: &System): u16 {
    self.inner().n_shards()
}

public fun future_accounting(self: &System): &FutureAccountingRingBuffer {
    self.inner().future_accounting()
}

public fun version(self: &System): u64 {
    self.version
}

fun inner_mut(self: &mut System): &mut SystemStateInnerV1 {
    assert!(self.version == VERSION, EWrongVersion);
    df::borrow_mut(&mut self.id, VERSION)
}

public(package) fun inner(self: &System): &SystemStateInnerV1 {
    assert!(self.version == VERSION, EWrongVersion);
    df::borrow(&self.id, VERSION)
}

#[test_only]
public fun set_version_for_testing(self: &mut System, version: u64) {
    self.version = version;
}
