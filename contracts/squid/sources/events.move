/// Every event of the package. Whoever follows the ledger can rebuild all state from these.
module squid::events;

use std::string::String;
use sui::event;

public struct SpaceCreated has copy, drop {
    space: ID,
    label: String,
    admin: address,
}

/// `roles` are all that `member` has now; 0 when removed.
public struct RolesSet has copy, drop {
    space: ID,
    member: address,
    roles: u8,
    by: address,
}

public struct EntryAdded has copy, drop {
    space: ID,
    name: String,
    kind: u8,
    entry: ID,
}

public struct HomeSet has copy, drop {
    owner: address,
    space: ID,
    previous: Option<ID>,
}

public struct HomeCleared has copy, drop {
    owner: address,
    space: ID,
    by: address,
}

public struct StorageCreated has copy, drop {
    storage: ID,
    space: ID,
}

/// `blob` is the Walrus `Blob` object, `blob_id` the content that it leases space for.
public struct BlobStored has copy, drop {
    storage: ID,
    blob: ID,
    blob_id: u256,
    size: u64,
    end_epoch: u32,
}

public struct BlobExtended has copy, drop {
    storage: ID,
    blob: ID,
    end_epoch: u32,
    by: address,
}

public struct BlobTaken has copy, drop {
    storage: ID,
    blob: ID,
    by: address,
}

/// It is deleted when three days have gone by and nobody took it back.
public struct BlobCondemned has copy, drop {
    storage: ID,
    blob: ID,
    by: address,
}

public struct BlobReprieved has copy, drop {
    storage: ID,
    blob: ID,
    by: address,
}

public struct BlobDeleted has copy, drop {
    storage: ID,
    blob: ID,
    by: address,
}

/// `spare` is Walrus storage without a blob, of `size` encoded bytes.
public struct SpareKept has copy, drop {
    storage: ID,
    spare: ID,
    size: u64,
    end_epoch: u32,
}

public struct SpareTaken has copy, drop {
    storage: ID,
    spare: ID,
    by: address,
}

public struct LocatorMoved has copy, drop {
    storage: ID,
    revision: u64,
    blob_id: u256,
    offset: u64,
    length: u64,
    sha256: vector<u8>,
}

public struct FlakeCreated has copy, drop {
    flake: ID,
    space: ID,
    name: String,
}

public struct Released has copy, drop {
    flake: ID,
    space: ID,
    version: u64,
    source_nar_hash: vector<u8>,
    manifest: vector<u8>,
    publisher: address,
}

public struct TagMoved has copy, drop {
    flake: ID,
    tag: String,
    from: Option<u64>,
    to: u64,
}

public struct TagRemoved has copy, drop {
    flake: ID,
    tag: String,
    from: u64,
}

public struct Yanked has copy, drop {
    flake: ID,
    version: u64,
    by: address,
}

public struct Unyanked has copy, drop {
    flake: ID,
    version: u64,
    by: address,
}

public struct Revoked has copy, drop {
    flake: ID,
    version: u64,
    reason: String,
    by: address,
}

public(package) fun space_created(space: ID, label: String, admin: address) {
    event::emit(SpaceCreated { space, label, admin });
}

public(package) fun roles_set(space: ID, member: address, roles: u8, by: address) {
    event::emit(RolesSet { space, member, roles, by });
}

public(package) fun entry_added(space: ID, name: String, kind: u8, entry: ID) {
    event::emit(EntryAdded { space, name, kind, entry });
}

public(package) fun home_set(owner: address, space: ID, previous: Option<ID>) {
    event::emit(HomeSet { owner, space, previous });
}

public(package) fun home_cleared(owner: address, space: ID, by: address) {
    event::emit(HomeCleared { owner, space, by });
}

public(package) fun storage_created(storage: ID, space: ID) {
    event::emit(StorageCreated { storage, space });
}

public(package) fun blob_stored(storage: ID, blob: ID, blob_id: u256, size: u64, end_epoch: u32) {
    event::emit(BlobStored { storage, blob, blob_id, size, end_epoch });
}

public(package) fun blob_extended(storage: ID, blob: ID, end_epoch: u32, by: address) {
    event::emit(BlobExtended { storage, blob, end_epoch, by });
}

public(package) fun blob_taken(storage: ID, blob: ID, by: address) {
    event::emit(BlobTaken { storage, blob, by });
}

public(package) fun blob_condemned(storage: ID, blob: ID, by: address) {
    event::emit(BlobCondemned { storage, blob, by });
}

public(package) fun blob_reprieved(storage: ID, blob: ID, by: address) {
    event::emit(BlobReprieved { storage, blob, by });
}

public(package) fun spare_kept(storage: ID, spare: ID, size: u64, end_epoch: u32) {
    event::emit(SpareKept { storage, spare, size, end_epoch });
}

public(package) fun spare_taken(storage: ID, spare: ID, by: address) {
    event::emit(SpareTaken { storage, spare, by });
}

public(package) fun blob_deleted(storage: ID, blob: ID, by: address) {
    event::emit(BlobDeleted { storage, blob, by });
}

public(package) fun locator_moved(
    storage: ID,
    revision: u64,
    blob_id: u256,
    offset: u64,
    length: u64,
    sha256: vector<u8>,
) {
    event::emit(LocatorMoved { storage, revision, blob_id, offset, length, sha256 });
}

public(package) fun flake_created(flake: ID, space: ID, name: String) {
    event::emit(FlakeCreated { flake, space, name });
}

public(package) fun released(
    flake: ID,
    space: ID,
    version: u64,
    source_nar_hash: vector<u8>,
    manifest: vector<u8>,
    publisher: address,
) {
    event::emit(Released { flake, space, version, source_nar_hash, manifest, publisher });
}

public(package) fun tag_moved(flake: ID, tag: String, from: Option<u64>, to: u64) {
    event::emit(TagMoved { flake, tag, from, to });
}

public(package) fun tag_removed(flake: ID, tag: String, from: u64) {
    event::emit(TagRemoved { flake, tag, from });
}

public(package) fun yanked(flake: ID, version: u64, by: address) {
    event::emit(Yanked { flake, version, by });
}

public(package) fun unyanked(flake: ID, version: u64, by: address) {
    event::emit(Unyanked { flake, version, by });
}

public(package) fun revoked(flake: ID, version: u64, reason: String, by: address) {
    event::emit(Revoked { flake, version, reason, by });
}
