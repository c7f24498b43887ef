/// A flake of a Space and its releases. A release never changes; which ones are shown does.
///
/// Everything that grows is a dynamic field: a release, its status when it has one, a tag, the key of
/// a publish, and a page of 256 bits saying which versions are shown. The pages bound the work of
/// finding the latest shown version however many around it are hidden.
module squid::flake;

use squid::{events, labels, roles, space::Space};
use std::string::String;
use sui::{clock::Clock, dynamic_field as field};

#[error]
const EWrongVersion: vector<u8> = b"The flake belongs to another version of this package";
#[error]
const EWrongSpace: vector<u8> = b"The flake belongs to another Space";
#[error]
const EStaleRelease: vector<u8> =
    b"The flake has another newest release than the publisher expected";
#[error]
const EAlreadyPublished: vector<u8> = b"This publish already appended its release";
#[error]
const EBadHash: vector<u8> = b"A hash or key is not 32 bytes long";
#[error]
const EBadRevision: vector<u8> = b"A revision is at most 64 bytes";
#[error]
const EBadTag: vector<u8> = b"A tag is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit";
#[error]
const EBadReason: vector<u8> = b"A reason is 1 to 256 bytes";
#[error]
const EUnknownRelease: vector<u8> = b"The flake has no such release";
#[error]
const EUnknownTag: vector<u8> = b"The flake has no such tag";
#[error]
const EHidden: vector<u8> = b"A tag cannot point to a release that is yanked or revoked";
#[error]
const EAlreadyYanked: vector<u8> = b"The release is already yanked";
#[error]
const ENotYanked: vector<u8> = b"The release is not yanked";
#[error]
const ERevoked: vector<u8> = b"The release is revoked, and stays so";

const VERSION: u64 = 1;
/// What a Space's entry says of a flake.
const ENTRY_KIND: u8 = 1;
const PAGE_BITS: u64 = 256;

/// Shared.
public struct Flake has key {
    id: UID,
    version: u64,
}

/// Under the shell's version. `last` is the highest version ever, `latest` the highest shown one; 0 = none.
public struct FlakeInner has store {
    space: ID,
    name: String,
    created_ms: u64,
    last: u64,
    latest: u64,
}

public struct ReleaseKey has copy, drop, store {
    version: u64,
}

/// One version. Hashes are SHA-256; `last_modified` is in seconds, `created_ms` in milliseconds.
public struct Release has copy, drop, store {
    version: u64,
    source_nar_hash: vector<u8>,
    revision: String,
    last_modified: u64,
    manifest: vector<u8>,
    created_ms: u64,
    publisher: address,
}

public struct StatusKey has copy, drop, store {
    version: u64,
}

/// Only of releases that are or were hidden.
public struct Status has copy, drop, store {
    yanked: bool,
    revoked: Option<String>,
}

/// → version.
public struct TagKey has copy, drop, store {
    tag: String,
}

/// → the version that the publish with this key appended.
public struct PublishKey has copy, drop, store {
    key: vector<u8>,
}

/// → bits (u256), one for each of versions 256·page to 256·page + 255, set when shown.
public struct PageKey has copy, drop, store {
    page: u64,
}

/// An entry `name` of `space`, without releases. To be shared in the same transaction.
public fun new(space: &mut Space, name: String, clock: &Clock, ctx: &mut TxContext): Flake {
    space.assert_role(roles::publish(), ctx);
    let mut self = Flake { id: object::new(ctx), version: VERSION };
    let inner = FlakeInner {
        space: object::id(space),
        name,
        created_ms: clock.timestamp_ms(),
        last: 0,
        latest: 0,
    };
    field::add(&mut self.id, VERSION, inner);
    space.add_entry(name, ENTRY_KIND, object::id(&self));
    events::flake_created(object::id(&self), object::id(space), name);
    self
}

public fun share(self: Flake) {
    transfer::share_object(self);
}

/// Appends the release after version `expected` (0 = the first) and returns its version.
/// `key` is the publish's own: a second append under it aborts, so that a resumed publish is one release.
public fun append(
    self: &mut Flake,
    space: &Space,
    expected: u64,
    key: vector<u8>,
    source_nar_hash: vector<u8>,
    revision: String,
    last_modified: u64,
    manifest: vector<u8>,
    clock: &Clock,
    ctx: &TxContext,
): u64 {
    self.assert_role(space, roles::publish(), ctx);
    assert!(is_hash(&key) && is_hash(&source_nar_hash) && is_hash(&manifest), EBadHash);
    assert!(revision.as_bytes().length() <= 64, EBadRevision);
    let publish = PublishKey { key };
    assert!(!field::exists_(&self.id, publish), EAlreadyPublished);
    assert!(self.last() == expected, EStaleRelease);

    let version = expected + 1;
    let release = Release {
        version,
        source_nar_hash,
        revision,
        last_modified,
        manifest,
        created_ms: clock.timestamp_ms(),
        publisher: ctx.sender(),
    };
    field::add(&mut self.id, publish, version);
    field::add(&mut self.id, ReleaseKey { version }, release);
    self.inner_mut().last = version;
    self.show(version);
    events::released(
        object::id(self),
        object::id(space),
        version,
        source_nar_hash,
        manifest,
        ctx.sender(),
    );
    version
}

/// Points `tag` to a shown release, wherever it pointed before.
public fun set_tag(self: &mut Flake, space: &Space, tag: String, version: u64, ctx: &TxContext) {
    self.assert_role(space, roles::publish(), ctx);
    assert!(labels::is_tag(&tag), EBadTag);
    self.assert_release(version);
    assert!(self.is_shown(version), EHidden);
    let from = self.tag(tag);
    let key = TagKey { tag };
    if (from.is_some()) { field::remove<TagKey, u64>(&mut self.id, key); };
    field::add(&mut self.id, key, version);
    events::tag_moved(object::id(self), tag, from, version);
}

public fun remove_tag(self: &mut Flake, space: &Space, tag: String, ctx: &TxContext) {
    self.assert_role(space, roles::publish(), ctx);
    let key = TagKey { tag };
    assert!(field::exists_(&self.id, key), EUnknownTag);
    let from = field::remove<TagKey, u64>(&mut self.id, key);
    events::tag_removed(object::id(self), tag, from);
}

/// Hides a release from latest and tags. Whoever asks for the exact version still gets it.
public fun yank(self: &mut Flake, space: &Space, version: u64, ctx: &TxContext) {
    self.assert_role(space, roles::publish(), ctx);
    let status = self.status_mut(version);
    assert!(status.revoked.is_none(), ERevoked);
    assert!(!status.yanked, EAlreadyYanked);
    status.yanked = true;
    self.hide(version);
    events::yanked(object::id(self), version, ctx.sender());
}

public fun unyank(self: &mut Flake, space: &Space, version: u64, ctx: &TxContext) {
    self.assert_role(space, roles::publish(), ctx);
    let status = self.status_mut(version);
    assert!(status.revoked.is_none(), ERevoked);
    assert!(status.yanked, ENotYanked);
    status.yanked = false;
    self.show(version);
    events::unyanked(object::id(self), version, ctx.sender());
}

/// Makes clients refuse a release, for good. For admins.
public fun revoke(self: &mut Flake, space: &Space, version: u64, reason: String, ctx: &TxContext) {
    self.assert_role(space, roles::admin(), ctx);
    let length = reason.as_bytes().length();
    assert!(length > 0 && length <= 256, EBadReason);
    let status = self.status_mut(version);
    assert!(status.revoked.is_none(), ERevoked);
    status.revoked = option::some(reason);
    self.hide(version);
    events::revoked(object::id(self), version, reason, ctx.sender());
}

public fun space(self: &Flake): ID {
    self.inner().space
}

public fun name(self: &Flake): String {
    self.inner().name
}

/// The highest version there ever was; 0 = no release yet.
public fun last(self: &Flake): u64 {
    self.inner().last
}

/// The highest version that is shown.
public fun latest(self: &Flake): Option<u64> {
    let latest = self.inner().latest;
    if (latest == 0) option::none() else option::some(latest)
}

public fun release(self: &Flake, version: u64): Release {
    self.assert_release(version);
    *field::borrow(&self.id, ReleaseKey { version })
}

public fun tag(self: &Flake, tag: String): Option<u64> {
    let key = TagKey { tag };
    if (field::exists_(&self.id, key)) option::some(*field::borrow(&self.id, key))
    else option::none()
}

/// The version that the publish with this key appended.
public fun published(self: &Flake, key: vector<u8>): Option<u64> {
    let key = PublishKey { key };
    if (field::exists_(&self.id, key)) option::some(*field::borrow(&self.id, key))
    else option::none()
}

/// Whether a release is neither yanked nor revoked.
public fun is_shown(self: &Flake, version: u64): bool {
    self.assert_release(version);
    self.page(version / PAGE_BITS) & bit(version) != 0
}

fun show(self: &mut Flake, version: u64) {
    let bits = self.page(version / PAGE_BITS) | bit(version);
    self.set_page(version / PAGE_BITS, bits);
    let inner = self.inner_mut();
    if (version > inner.latest) inner.latest = version;
}

fun hide(self: &mut Flake, version: u64) {
    let mut page = version / PAGE_BITS;
    let mask = bit(version);
    let mut bits = self.page(page);
    if (bits & mask == 0) return; // yanked before it was revoked
    bits = bits ^ mask;
    self.set_page(page, bits);
    if (version != self.inner().latest) return;
    while (bits == 0 && page > 0) {
        page = page - 1;
        bits = self.page(page);
    };
    self.inner_mut().latest = if (bits == 0) 0 else page * PAGE_BITS + highest_bit(bits);
}

fun page(self: &Flake, page: u64): u256 {
    let key = PageKey { page };
    if (field::exists_(&self.id, key)) *field::borrow(&self.id, key) else 0
}

fun set_page(self: &mut Flake, page: u64, bits: u256) {
    let key = PageKey { page };
    if (field::exists_(&self.id, key)) *field::borrow_mut(&mut self.id, key) = bits
    else field::add(&mut self.id, key, bits);
}

fun bit(version: u64): u256 {
    1u256 << ((version % PAGE_BITS) as u8)
}

/// The place of the highest bit of `bits`, which is not 0.
fun highest_bit(mut bits: u256): u64 {
    let mut place = 0u64;
    let mut step = 128u8;
    while (step > 0) {
        if (bits >> step != 0) {
            bits = bits >> step;
            place = place + (step as u64);
        };
        step = step / 2;
    };
    place
}

fun status_mut(self: &mut Flake, version: u64): &mut Status {
    self.assert_release(version);
    let key = StatusKey { version };
    if (!field::exists_(&self.id, key))
        field::add(&mut self.id, key, Status { yanked: false, revoked: option::none() });
    field::borrow_mut(&mut self.id, key)
}

fun is_hash(bytes: &vector<u8>): bool {
    bytes.length() == 32
}

fun assert_release(self: &Flake, version: u64) {
    assert!(version > 0 && version <= self.last(), EUnknownRelease);
}

fun assert_role(self: &Flake, space: &Space, role: u8, ctx: &TxContext) {
    assert!(self.inner().space == object::id(space), EWrongSpace);
    space.assert_role(role, ctx);
}

fun inner(self: &Flake): &FlakeInner {
    assert!(self.version == VERSION, EWrongVersion);
    field::borrow(&self.id, VERSION)
}

fun inner_mut(self: &mut Flake): &mut FlakeInner {
    assert!(self.version == VERSION, EWrongVersion);
    field::borrow_mut(&mut self.id, VERSION)
}

#[test_only]
public fun set_version_for_testing(self: &mut Flake, version: u64) {
    self.version = version;
}

/// As if releases up to `last` had been appended, and those that were not are hidden.
#[test_only]
public fun skip_for_testing(self: &mut Flake, last: u64) {
    self.inner_mut().last = last;
}
