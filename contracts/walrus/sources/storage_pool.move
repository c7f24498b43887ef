/// A reservation that many blobs share: capacity in encoded bytes for a range of epochs. A blob in a pool has no storage
/// of its own; deleting it makes room for another one, and extending the pool extends all of them at once.
///
/// There is no access control in here: whoever can pass a pool mutably owns the blobs in it.
module walrus::storage_pool;

use std::string::String;
use sui::{dynamic_field as df, object_table::{Self, ObjectTable}};
use walrus::{
    blob,
    encoding,
    events,
    messages::CertifiedBlobMessage,
    metadata::{Self, Metadata},
    storage_resource::Storage
};

const EBlobNotDeletable: u64 = 0;
const EResourceBounds: u64 = 1;
const EAlreadyCertified: u64 = 2;
const EInvalidBlobId: u64 = 3;
const EInvalidBlobPersistenceType: u64 = 4;
const EInvalidBlobObject: u64 = 5;
const EInsufficientCapacity: u64 = 6;
const EPoolNotEmpty: u64 = 7;
const EInvalidBlobSize: u64 = 8;
const EInvalidBlobCount: u64 = 9;
const EWrongVersion: u64 = 10;
const EIncompatibleEndEpoch: u64 = 11;
const EDuplicateMetadata: u64 = 12;
const EMissingMetadata: u64 = 13;
const EInvalidPercent: u64 = 14;

/// Version of the layout, and name of the dynamic field that holds the state.
const VERSION: u64 = 1;
/// Name of the dynamic field of a blob that holds its attributes.
const METADATA_DF: vector<u8> = b"metadata";

public struct StoragePool has key, store {
    id: UID,
    version: u64,
}

public struct StoragePoolInnerV1 has store {
    storage: Storage,
    used_encoded_bytes: u64,
    blob_count: u64,
    blobs: ObjectTable<u256, PooledBlob>,
}

/// A blob that lives in a pool and as long as it.
public struct PooledBlob has key, store {
    id: UID,
    registered_epoch: u32,
    blob_id: u256,
    unencoded_size: u64,
    encoding_type: u8,
    certified_epoch: Option<u32>,
    storage_pool_id: ID,
    /// Whether it may be deleted before the pool expires.
    deletable: bool,
}

// ---- what a pool is

public fun start_epoch(self: &StoragePool): u32 {
    self.inner().storage.start_epoch()
}

/// The first epoch that is not paid for.
public fun end_epoch(self: &StoragePool): u32 {
    self.inner().storage.end_epoch()
}

public fun reserved_encoded_capacity_bytes(self: &StoragePool): u64 {
    self.inner().storage.size()
}

public fun used_encoded_bytes(self: &StoragePool): u64 {
    self.inner().used_encoded_bytes
}

public fun available_encoded_bytes(self: &StoragePool): u64 {
    let inner = self.inner();
    inner.storage.size() - inner.used_encoded_bytes
}

public fun storage(self: &StoragePool): &Storage {
    &self.inner().storage
}

public fun blob_count(self: &StoragePool): u64 {
    self.inner().blob_count
}

public fun contains_blob(self: &StoragePool, blob_id: u256): bool {
    self.inner().blobs.contains(blob_id)
}

public(package) fun borrow_blob(self: &StoragePool, blob_id: u256): &PooledBlob {
    &self.inner().blobs[blob_id]
}

public fun blob_object_id(self: &StoragePool, blob_id: u256): ID {
    object::id(self.borrow_blob(blob_id))
}

public fun object_id(self: &StoragePool): ID {
    object::id(self)
}

// ---- making, growing and shrinking a pool

public(package) fun create(storage: Storage, ctx: &mut TxContext): StoragePool {
    let mut pool = StoragePool { id: object::new(ctx), version: VERSION };
    let blobs = object_table::new(ctx);
    df::add(
        &mut pool.id,
        VERSION,
        StoragePoolInnerV1 { storage, used_encoded_bytes: 0, blob_count: 0, blobs },
    );
    pool
}

fun inner(self: &StoragePool): &StoragePoolInnerV1 {
    assert!(self.version == VERSION, EWrongVersion);
    df::borrow(&self.id, VERSION)
}

fun inner_mut(self: &mut StoragePool): &mut StoragePoolInnerV1 {
    assert!(self.version == VERSION, EWrongVersion);
    df::borrow_mut(&mut self.id, VERSION)
}

public(package) fun extend_end_epoch(self: &mut StoragePool, extension_epochs: u32) {
    self.inner_mut().storage.extend_end_epoch(extension_epochs);
}

public(package) fun increase_reserved_encoded_capacity(self: &mut StoragePool, size: u64) {
    self.inner_mut().storage.increase_size(size);
}

/// Takes in storage that has begun and ends with the pool.
public(package) fun increase_capacity_with_storage(
    self: &mut StoragePool,
    extension: Storage,
    current_epoch: u32,
) {
    assert!(extension.start_epoch() <= current_epoch, EResourceBounds);
    assert!(extension.end_epoch() == self.end_epoch(), EIncompatibleEndEpoch);
    self.increase_reserved_encoded_capacity(extension.size());
    extension.destroy();
}

/// Splits `size` unused bytes off; none of nothing.
public(package) fun decrease_capacity_by_size(
    self: &mut StoragePool,
    size: u64,
    ctx: &mut TxContext,
): Option<Storage> {
    if (size == 0) return option::none();
    assert!(size <= self.available_encoded_bytes(), EInsufficientCapacity);
    let storage = &mut self.inner_mut().storage;
    let kept = storage.size() - size;
    option::some(storage.split_by_size(kept, ctx))
}

/// Splits a share of the unused bytes off, rounded down; none of nothing.
public(package) fun decrease_unused_capacity_by_percent(
    self: &mut StoragePool,
    percent: u8,
    ctx: &mut TxContext,
): Option<Storage> {
    assert!(percent <= 100, EInvalidPercent);
    let size = (self.available_encoded_bytes() as u128) * (percent as u128) / 100;
    self.decrease_capacity_by_size(size as u64, ctx)
}

/// Gives the storage of an empty pool back.
public fun destroy(self: StoragePool): Storage {
    let StoragePool { mut id, version } = self;
    assert!(version == VERSION, EWrongVersion);
    let StoragePoolInnerV1 { storage, blob_count, blobs, .. } = df::remove(&mut id, version);
    assert!(blob_count == 0, EPoolNotEmpty);
    blobs.destroy_empty();
    id.delete();
    storage
}

// ---- blobs in a pool

/// Puts a blob in; its id must not be there yet.
public(package) fun add_blob(self: &mut StoragePool, blob: PooledBlob, encoded_size: u64) {
    assert!(encoded_size <= self.available_encoded_bytes(), EInsufficientCapacity);
    let inner = self.inner_mut();
    inner.used_encoded_bytes = inner.used_encoded_bytes + encoded_size;
    inner.blob_count = inner.blob_count + 1;
    inner.blobs.add(blob.blob_id, blob);
}

/// Takes a blob out and frees its room.
public(package) fun remove_blob(self: &mut StoragePool, blob_id: u256, n_shards: u16): PooledBlob {
    let inner = self.inner_mut();
    let blob = inner.blobs.remove(blob_id);
    let size = encoding::encoded_blob_length(blob.unencoded_size, blob.encoding_type, n_shards);
    assert!(size <= inner.used_encoded_bytes, EInvalidBlobSize);
    assert!(inner.blob_count > 0, EInvalidBlobCount);
    inner.used_encoded_bytes = inner.used_encoded_bytes - size;
    inner.blob_count = inner.blob_count - 1;
    blob
}

public(package) fun borrow_blob_mut(self: &mut StoragePool, blob_id: u256): &mut PooledBlob {
    &mut self.inner_mut().blobs[blob_id]
}

public(package) fun new_pooled_blob(
    storage_pool_id: ID,
    blob_id: u256,
    root_hash: u256,
    unencoded_size: u64,
    encoding_type: u8,
    deletable: bool,
    registered_epoch: u32,
    ctx: &mut TxContext,
): PooledBlob {
    let derived = blob::derive_blob_id(root_hash, encoding_type, unencoded_size);
    assert!(derived == blob_id, EInvalidBlobId);
    let id = object::new(ctx);
    events::emit_pooled_blob_registered(
        registered_epoch,
        blob_id,
        unencoded_size,
        encoding_type,
        deletable,
        id.to_inner(),
        storage_pool_id,
    );
    PooledBlob {
        id,
        registered_epoch,
        blob_id,
        unencoded_size,
        encoding_type,
        certified_epoch: option::none(),
        storage_pool_id,
        deletable,
    }
}

/// @param end_epoch of the pool
public(package) fun certify(
    self: &mut PooledBlob,
    current_epoch: u32,
    end_epoch: u32,
    message: CertifiedBlobMessage,
) {
    assert!(self.blob_id == message.certified_blob_id(), EInvalidBlobId);
    assert!(!self.is_certified(), EAlreadyCertified);
    assert!(current_epoch < end_epoch, EResourceBounds);
    let persistence = message.blob_persistence_type();
    assert!(persistence.is_deletable() == self.deletable, EInvalidBlobPersistenceType);
    if (self.deletable) {
        assert!(persistence.object_id() == object::id(self), EInvalidBlobObject);
    };
    self.certified_epoch.fill(current_epoch);
    events::emit_pooled_blob_certified(
        current_epoch,
        self.blob_id,
        self.deletable,
        object::id(self),
        self.storage_pool_id,
    );
}

/// Tells the nodes that the blob is gone.
public(package) fun delete_blob_object(self: PooledBlob, epoch: u32) {
    assert!(self.deletable, EBlobNotDeletable);
    events::emit_pooled_blob_deleted(
        epoch,
        self.blob_id,
        object::id(&self),
        self.is_certified(),
        self.storage_pool_id,
    );
    self.burn_blob_object();
}

/// Destroys the object and its attributes.
public(package) fun burn_blob_object(self: PooledBlob) {
    let PooledBlob { mut id, .. } = self;
    let _: Option<Metadata> = df::remove_if_exists(&mut id, METADATA_DF);
    id.delete();
}

public(package) fun is_deletable(self: &PooledBlob): bool {
    self.deletable
}

public(package) fun is_certified(self: &PooledBlob): bool {
    self.certified_epoch.is_some()
}

// ---- attributes of blobs in a pool

fun add_metadata(self: &mut PooledBlob, metadata: Metadata) {
    assert!(!df::exists_(&self.id, METADATA_DF), EDuplicateMetadata);
    df::add(&mut self.id, METADATA_DF, metadata);
}

fun add_or_replace_metadata(self: &mut PooledBlob, metadata: Metadata): Option<Metadata> {
    let old = df::remove_if_exists(&mut self.id, METADATA_DF);
    self.add_metadata(metadata);
    old
}

fun take_metadata(self: &mut PooledBlob): Metadata {
    assert!(df::exists_(&self.id, METADATA_DF), EMissingMetadata);
    df::remove(&mut self.id, METADATA_DF)
}

fun metadata(self: &mut PooledBlob): &mut Metadata {
    assert!(df::exists_(&self.id, METADATA_DF), EMissingMetadata);
    df::borrow_mut(&mut self.id, METADATA_DF)
}

fun metadata_or_create(self: &mut PooledBlob): &mut Metadata {
    if (!df::exists_(&self.id, METADATA_DF)) {
        self.add_metadata(metadata::new());
    };
    self.metadata()
}

fun insert_or_update_metadata_pair(self: &mut PooledBlob, key: String, value: String) {
    self.metadata_or_create().insert_or_update(key, value)
}

fun remove_metadata_pair(self: &mut PooledBlob, key: &String): (String, String) {
    self.metadata().remove(key)
}

fun remove_metadata_pair_if_exists(self: &mut PooledBlob, key: &String): Option<String> {
    self.metadata().remove_if_exists(key)
}

public fun add_blob_metadata(self: &mut StoragePool, blob_id: u256, metadata: Metadata) {
    self.borrow_blob_mut(blob_id).add_metadata(metadata)
}

public fun add_or_replace_blob_metadata(
    self: &mut StoragePool,
    blob_id: u256,
    metadata: Metadata,
): Option<Metadata> {
    self.borrow_blob_mut(blob_id).add_or_replace_metadata(metadata)
}

public fun take_blob_metadata(self: &mut StoragePool, blob_id: u256): Metadata {
    self.borrow_blob_mut(blob_id).take_metadata()
}

public fun insert_or_update_blob_metadata_pair(
    self: &mut StoragePool,
    blob_id: u256,
    key: String,
    value: String,
) {
    self.borrow_blob_mut(blob_id).insert_or_update_metadata_pair(key, value)
}

public fun remove_blob_metadata_pair(
    self: &mut StoragePool,
    blob_id: u256,
    key: &String,
): (String, String) {
    self.borrow_blob_mut(blob_id).remove_metadata_pair(key)
}

public fun remove_blob_metadata_pair_if_exists(
    self: &mut StoragePool,
    blob_id: u256,
    key: &String,
): Option<String> {
    self.borrow_blob_mut(blob_id).remove_metadata_pair_if_exists(key)
}

#[test_only]
public fun set_version_for_testing(self: &mut StoragePool, version: u64) {
    self.version = version;
}

/// Makes the books wrong.
#[test_only]
public fun set_used_for_testing(self: &mut StoragePool, used_encoded_bytes: u64, blob_count: u64) {
    let inner = self.inner_mut();
    inner.used_encoded_bytes = used_encoded_bytes;
    inner.blob_count = blob_count;
}
