/// A blob that somebody pays for: registered with the network, then certified once enough nodes say that they store
/// it.
module walrus::blob;

use std::string::String;
use sui::{bcs, dynamic_field as df, hash};
use walrus::{
    encoding,
    events,
    messages::CertifiedBlobMessage,
    metadata::{Self, Metadata},
    storage_resource::Storage
};

const ENotCertified: u64 = 0;
const EBlobNotDeletable: u64 = 1;
const EResourceBounds: u64 = 2;
const EResourceSize: u64 = 3;
const EAlreadyCertified: u64 = 5;
const EInvalidBlobId: u64 = 6;
const EDuplicateMetadata: u64 = 7;
const EMissingMetadata: u64 = 8;
const EInvalidBlobPersistenceType: u64 = 9;
const EInvalidBlobObject: u64 = 10;

/// Name of the dynamic field that holds the attributes.
const METADATA_DF: vector<u8> = b"metadata";

public struct Blob has key, store {
    id: UID,
    registered_epoch: u32,
    blob_id: u256,
    /// Unencoded bytes.
    size: u64,
    encoding_type: u8,
    certified_epoch: Option<u32>,
    storage: Storage,
    /// Whether the owner may take the storage back before it expires.
    deletable: bool,
}

/// What a blob id is the hash of.
public struct BlobIdDerivation has drop {
    encoding_type: u8,
    size: u64,
    root_hash: u256,
}

public fun object_id(self: &Blob): ID {
    object::id(self)
}

public fun registered_epoch(self: &Blob): u32 {
    self.registered_epoch
}

public fun blob_id(self: &Blob): u256 {
    self.blob_id
}

public fun size(self: &Blob): u64 {
    self.size
}

public fun encoding_type(self: &Blob): u8 {
    self.encoding_type
}

public fun certified_epoch(self: &Blob): &Option<u32> {
    &self.certified_epoch
}

public fun storage(self: &Blob): &Storage {
    &self.storage
}

public fun is_deletable(self: &Blob): bool {
    self.deletable
}

/// Bytes that the network keeps for this blob.
public fun encoded_size(self: &Blob, n_shards: u16): u64 {
    encoding::encoded_blob_length(self.size, self.encoding_type, n_shards)
}

public(package) fun storage_mut(self: &mut Blob): &mut Storage {
    &mut self.storage
}

public fun end_epoch(self: &Blob): u32 {
    self.storage.end_epoch()
}

public(package) fun assert_certified_not_expired(self: &Blob, current_epoch: u32) {
    assert!(self.certified_epoch.is_some(), ENotCertified);
    assert!(current_epoch < self.storage.end_epoch(), EResourceBounds);
}

/// The id binds encoding, size and the root of the Merkle tree over the slivers' hashes.
public fun derive_blob_id(root_hash: u256, encoding_type: u8, size: u64): u256 {
    let derivation = BlobIdDerivation { encoding_type, size, root_hash };
    bcs::new(hash::blake2b256(&bcs::to_bytes(&derivation))).peel_u256()
}

public(package) fun new(
    storage: Storage,
    blob_id: u256,
    root_hash: u256,
    size: u64,
    encoding_type: u8,
    deletable: bool,
    registered_epoch: u32,
    n_shards: u16,
    ctx: &mut TxContext,
): Blob {
    assert!(registered_epoch >= storage.start_epoch(), EResourceBounds);
    assert!(registered_epoch < storage.end_epoch(), EResourceBounds);
    let encoded_size = encoding::encoded_blob_length(size, encoding_type, n_shards);
    assert!(encoded_size <= storage.size(), EResourceSize);
    assert!(derive_blob_id(root_hash, encoding_type, size) == blob_id, EInvalidBlobId);

    let id = object::new(ctx);
    events::emit_blob_registered(
        registered_epoch,
        blob_id,
        size,
        encoding_type,
        storage.end_epoch(),
        deletable,
        id.to_inner(),
    );
    Blob {
        id,
        registered_epoch,
        blob_id,
        size,
        encoding_type,
        certified_epoch: option::none(),
        storage,
        deletable,
    }
}

public(package) fun certify_with_certified_msg(
    blob: &mut Blob,
    current_epoch: u32,
    message: CertifiedBlobMessage,
) {
    assert!(blob.blob_id == message.certified_blob_id(), EInvalidBlobId);
    assert!(blob.certified_epoch.is_none(), EAlreadyCertified);
    assert!(current_epoch < blob.storage.end_epoch(), EResourceBounds);
    let persistence = message.blob_persistence_type();
    assert!(persistence.is_deletable() == blob.deletable, EInvalidBlobPersistenceType);
    if (blob.deletable) {
        assert!(persistence.object_id() == object::id(blob), EInvalidBlobObject);
    };
    blob.certified_epoch.fill(current_epoch);
    blob.emit_certified(false);
}

/// Gives the storage back, for another blob.
public(package) fun delete(self: Blob, epoch: u32): Storage {
    let Blob { mut id, blob_id, certified_epoch, storage, deletable, .. } = self;
    assert!(deletable, EBlobNotDeletable);
    assert!(storage.end_epoch() > epoch, EResourceBounds);
    let _: Option<Metadata> = df::remove_if_exists(&mut id, METADATA_DF);
    events::emit_blob_deleted(
        epoch,
        blob_id,
        storage.end_epoch(),
        id.to_inner(),
        certified_epoch.is_some(),
    );
    id.delete();
    storage
}

/// Destroys the object; the network keeps the bytes until the lease ends.
public fun burn(blob: Blob) {
    let Blob { mut id, storage, .. } = blob;
    let _: Option<Metadata> = df::remove_if_exists(&mut id, METADATA_DF);
    id.delete();
    storage.destroy();
}

public(package) fun extend_with_resource(blob: &mut Blob, extension: Storage, current_epoch: u32) {
    blob.assert_certified_not_expired(current_epoch);
    assert!(extension.end_epoch() > blob.storage.end_epoch(), EResourceBounds);
    blob.storage.fuse_periods(extension);
    blob.emit_certified(true);
}

public(package) fun emit_certified(self: &Blob, is_extension: bool) {
    events::emit_blob_certified(
        *self.certified_epoch.borrow(),
        self.blob_id,
        self.storage.end_epoch(),
        self.deletable,
        object::id(self),
        is_extension,
    );
}

public fun add_metadata(self: &mut Blob, metadata: Metadata) {
    assert!(!df::exists_(&self.id, METADATA_DF), EDuplicateMetadata);
    df::add(&mut self.id, METADATA_DF, metadata);
}

public fun add_or_replace_metadata(self: &mut Blob, metadata: Metadata): Option<Metadata> {
    let old = df::remove_if_exists(&mut self.id, METADATA_DF);
    df::add(&mut self.id, METADATA_DF, metadata);
    old
}

public fun take_metadata(self: &mut Blob): Metadata {
    assert!(df::exists_(&self.id, METADATA_DF), EMissingMetadata);
    df::remove(&mut self.id, METADATA_DF)
}

fun metadata(self: &mut Blob): &mut Metadata {
    assert!(df::exists_(&self.id, METADATA_DF), EMissingMetadata);
    df::borrow_mut(&mut self.id, METADATA_DF)
}

fun metadata_or_create(self: &mut Blob): &mut Metadata {
    if (!df::exists_(&self.id, METADATA_DF)) {
        self.add_metadata(metadata::new());
    };
    df::borrow_mut(&mut self.id, METADATA_DF)
}

public fun insert_or_update_metadata_pair(self: &mut Blob, key: String, value: String) {
    self.metadata_or_create().insert_or_update(key, value)
}

public fun remove_metadata_pair(self: &mut Blob, key: &String): (String, String) {
    self.metadata().remove(key)
}

public fun remove_metadata_pair_if_exists(self: &mut Blob, key: &String): Option<String> {
    self.metadata().remove_if_exists(key)
}
