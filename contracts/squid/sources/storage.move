/// The storage object of a Space: owns its Walrus blobs and points to the root of its locator.
///
/// Apart from the Space, so that storing does not hold up whoever reads or writes the Space, and so
/// that anyone can pay for a longer lease.
module squid::storage;

use squid::{events, roles, space::Space};
use sui::{clock::Clock, coin::Coin, dynamic_field as field, dynamic_object_field as object_field};
use wal::wal::WAL;
use walrus::{blob::Blob, storage_resource::Storage as Spare, system::System};

#[error]
const EWrongVersion: vector<u8> = b"The storage object belongs to another version of this package";
#[error]
const EWrongSpace: vector<u8> = b"The storage object belongs to another Space";
#[error]
const ENotCertified: vector<u8> = b"The blob is not certified: Walrus does not promise to keep it";
#[error]
const EUnknownBlob: vector<u8> = b"The storage object does not own this blob";
#[error]
const EStaleLocator: vector<u8> = b"The locator moved since it was read";
#[error]
const EBadLink: vector<u8> = b"A link needs a 32-byte hash and a range inside its blob";

#[error]
const EAlreadyCondemned: vector<u8> = b"The blob is condemned already";
#[error]
const ENotCondemned: vector<u8> = b"The blob is not condemned";
#[error]
const ETooEarly: vector<u8> = b"A condemned blob stays for three days, for those who still read it";
#[error]
const EUnknownSpare: vector<u8> = b"The storage object does not own this spare storage";
#[error]
const ELocatorInside: vector<u8> = b"The root of the locator lies in this blob";

const VERSION: u64 = 1;
/// Three days from condemning a blob to deleting it: longer than any read or publish that began before.
const GRACE_MS: u64 = 3 * 24 * 60 * 60 * 1000;

/// Shared. Blobs are its dynamic object fields, by object ID, and so is spare storage: paid for, without a blob.
public struct Storage has key {
    id: UID,
    version: u64,
}

/// Under the shell's version. `revision` counts the moves of `root`.
public struct StorageInner has store {
    space: ID,
    blobs: u64,
    revision: u64,
    root: Option<Link>,
}

/// Where the root node of the locator lies: a range of bytes in a Walrus blob, and their SHA-256.
/// `blob_size` is the whole blob's, unencoded.
public struct Link has copy, drop, store {
    blob_id: u256,
    blob_size: u64,
    offset: u64,
    length: u64,
    sha256: vector<u8>,
}

/// → when the blob was condemned, in milliseconds.
public struct CondemnedKey has copy, drop, store {
    blob: ID,
}

/// The storage object of `space`, which has none yet. To be shared in the same transaction.
public fun new(space: &mut Space, ctx: &mut TxContext): Storage {
    space.assert_role(roles::admin(), ctx);
    let mut self = Storage { id: object::new(ctx), version: VERSION };
    let inner = StorageInner {
        space: object::id(space),
        blobs: 0,
        revision: 0,
        root: option::none(),
    };
    field::add(&mut self.id, VERSION, inner);
    space.set_storage(object::id(&self));
    events::storage_created(object::id(&self), object::id(space));
    self
}

public fun share(self: Storage) {
    transfer::share_object(self);
}

/// Hands a certified blob to the Space.
public fun put_blob(self: &mut Storage, space: &Space, blob: Blob, ctx: &TxContext) {
    self.assert_role(space, roles::publish(), ctx);
    assert!(blob.certified_epoch().is_some(), ENotCertified);
    let id = object::id(&blob);
    events::blob_stored(object::id(self), id, blob.blob_id(), blob.size(), blob.end_epoch());
    object_field::add(&mut self.id, id, blob);
    let inner = self.inner_mut();
    inner.blobs = inner.blobs + 1;
}

/// Takes a blob out, for instance to delete what nothing needs. For admins.
public fun take_blob(self: &mut Storage, space: &Space, blob: ID, ctx: &TxContext): Blob {
    self.assert_role(space, roles::admin(), ctx);
    self.assert_owns(blob);
    events::blob_taken(object::id(self), blob, ctx.sender());
    self.remove(blob)
}

/// Announces that blobs which nothing needs will be deleted. Comes with the move of the locator that
/// forgets them, so that no publish finds them any more.
public fun condemn(
    self: &mut Storage,
    space: &Space,
    blobs: vector<ID>,
    clock: &Clock,
    ctx: &TxContext,
) {
    self.assert_role(space, roles::publish(), ctx);
    blobs.do!(|blob| {
        self.assert_owns(blob);
        assert!(!self.is_condemned(blob), EAlreadyCondemned);
        field::add(&mut self.id, CondemnedKey { blob }, clock.timestamp_ms());
        events::blob_condemned(object::id(self), blob, ctx.sender());
    });
}

/// Takes a condemnation back: something needs the blob after all.
public fun reprieve(self: &mut Storage, space: &Space, blob: ID, ctx: &TxContext) {
    self.assert_role(space, roles::publish(), ctx);
    assert!(self.is_condemned(blob), ENotCondemned);
    field::remove<CondemnedKey, u64>(&mut self.id, CondemnedKey { blob });
    events::blob_reprieved(object::id(self), blob, ctx.sender());
}

/// Deletes a blob three days after it was condemned. What is left of its lease stays with the Space, as spare
/// storage.
public fun delete_blob(
    self: &mut Storage,
    space: &Space,
    system: &System,
    blob: ID,
    clock: &Clock,
    ctx: &TxContext,
) {
    self.assert_role(space, roles::publish(), ctx);
    self.assert_owns(blob);
    assert!(self.is_condemned(blob), ENotCondemned);
    let since: u64 = *field::borrow(&self.id, CondemnedKey { blob });
    assert!(clock.timestamp_ms() >= since + GRACE_MS, ETooEarly);
    let removed = self.remove(blob);
    self.root().do!(|root| assert!(root.blob_id != removed.blob_id(), ELocatorInside));
    events::blob_deleted(object::id(self), blob, ctx.sender());
    if (removed.is_deletable() && removed.end_epoch() > system.epoch()) {
        self.keep_spare(system.delete_blob(removed));
    } else {
        removed.burn();
    }
}

/// Gives the Space storage that holds no blob, for blobs to come.
public fun put_spare(self: &mut Storage, space: &Space, spare: Spare, ctx: &TxContext) {
    self.assert_role(space, roles::publish(), ctx);
    self.keep_spare(spare);
}

/// Takes spare storage out, to register a blob with it.
public fun take_spare(self: &mut Storage, space: &Space, spare: ID, ctx: &TxContext): Spare {
    self.assert_role(space, roles::publish(), ctx);
    assert!(self.owns_spare(spare), EUnknownSpare);
    events::spare_taken(object::id(self), spare, ctx.sender());
    object_field::remove(&mut self.id, spare)
}

/// Pays for `epochs` more of a blob's lease. For anyone.
public fun extend_blob(
    self: &mut Storage,
    system: &mut System,
    blob: ID,
    epochs: u32,
    payment: &mut Coin<WAL>,
    ctx: &TxContext,
) {
    self.assert_version();
    self.assert_owns(blob);
    let storage = object::id(self);
    let owned: &mut Blob = object_field::borrow_mut(&mut self.id, blob);
    system.extend_blob(owned, epochs, payment);
    events::blob_extended(storage, blob, owned.end_epoch(), ctx.sender());
}

/// Pays for the leases of many blobs up to epoch `until`, which is the first that is not paid for. Those that
/// last as long already cost nothing, so that two who renew at once do not pay twice. For anyone.
public fun renew(
    self: &mut Storage,
    system: &mut System,
    blobs: vector<ID>,
    until: u32,
    payment: &mut Coin<WAL>,
    ctx: &TxContext,
) {
    self.assert_version();
    let storage = object::id(self);
    blobs.do!(|blob| {
        self.assert_owns(blob);
        let owned: &mut Blob = object_field::borrow_mut(&mut self.id, blob);
        let end = owned.end_epoch();
        if (end < until) {
            system.extend_blob(owned, until - end, payment);
            events::blob_extended(storage, blob, until, ctx.sender());
        }
    });
}

/// Moves the locator's root, compare-and-swap: aborts when it moved since `expected` was its revision.
public fun set_locator(
    self: &mut Storage,
    space: &Space,
    expected: u64,
    root: Link,
    ctx: &TxContext,
) {
    self.assert_role(space, roles::publish(), ctx);
    let storage = object::id(self);
    let inner = self.inner_mut();
    assert!(inner.revision == expected, EStaleLocator);
    inner.revision = expected + 1;
    inner.root = option::some(root);
    let Link { blob_id, blob_size: _, offset, length, sha256 } = root;
    events::locator_moved(storage, expected + 1, blob_id, offset, length, sha256);
}

public fun link(blob_id: u256, blob_size: u64, offset: u64, length: u64, sha256: vector<u8>): Link {
    assert!(sha256.length() == 32 && length > 0, EBadLink);
    assert!(offset <= blob_size && length <= blob_size - offset, EBadLink);
    Link { blob_id, blob_size, offset, length, sha256 }
}

public fun space(self: &Storage): ID {
    self.inner().space
}

public fun blobs(self: &Storage): u64 {
    self.inner().blobs
}

public fun revision(self: &Storage): u64 {
    self.inner().revision
}

public fun root(self: &Storage): Option<Link> {
    self.inner().root
}

public fun owns(self: &Storage, blob: ID): bool {
    object_field::exists_with_type<ID, Blob>(&self.id, blob)
}

public fun owns_spare(self: &Storage, spare: ID): bool {
    object_field::exists_with_type<ID, Spare>(&self.id, spare)
}

public fun is_condemned(self: &Storage, blob: ID): bool {
    field::exists_(&self.id, CondemnedKey { blob })
}

fun keep_spare(self: &mut Storage, spare: Spare) {
    let id = object::id(&spare);
    events::spare_kept(object::id(self), id, spare.size(), spare.end_epoch());
    object_field::add(&mut self.id, id, spare);
}

fun remove(self: &mut Storage, blob: ID): Blob {
    let key = CondemnedKey { blob };
    if (field::exists_(&self.id, key)) { field::remove<CondemnedKey, u64>(&mut self.id, key); };
    let inner = self.inner_mut();
    inner.blobs = inner.blobs - 1;
    object_field::remove(&mut self.id, blob)
}

fun assert_role(self: &Storage, space: &Space, role: u8, ctx: &TxContext) {
    assert!(self.inner().space == object::id(space), EWrongSpace);
    space.assert_role(role, ctx);
}

fun assert_owns(self: &Storage, blob: ID) {
    assert!(self.owns(blob), EUnknownBlob);
}

fun assert_version(self: &Storage) {
    assert!(self.version == VERSION, EWrongVersion);
}

fun inner(self: &Storage): &StorageInner {
    self.assert_version();
    field::borrow(&self.id, VERSION)
}

fun inner_mut(self: &mut Storage): &mut StorageInner {
    self.assert_version();
    field::borrow_mut(&mut self.id, VERSION)
}

#[test_only]
public fun set_version_for_testing(self: &mut Storage, version: u64) {
    self.version = version;
}
