/// A Space: a namespace with members who hold roles, and named entries. A person, a team or a topic.
///
/// The shell is shared and never changes shape; what may change with an upgrade lies in `SpaceInner`,
/// under the version number. Members and entries are dynamic fields of the shell, one for each.
module squid::space;

use squid::{events, labels, roles};
use std::string::String;
use sui::{clock::Clock, dynamic_field as field};

#[error]
const EWrongVersion: vector<u8> = b"The Space belongs to another version of this package";
#[error]
const ENotPermitted: vector<u8> = b"The sender does not hold the role that this needs in the Space";
#[error]
const EBadName: vector<u8> = b"A name is 1 to 64 of a-z 0-9 _ - and begins with a letter or digit";
#[error]
const EBadRoles: vector<u8> = b"The roles name a flag that does not exist";
#[error]
const ELastAdmin: vector<u8> = b"A Space keeps at least one admin";
#[error]
const EEntryExists: vector<u8> = b"The Space already has an entry of this name";
#[error]
const EStorageExists: vector<u8> = b"The Space already has its storage object";

const VERSION: u64 = 1;

/// Shared.
public struct Space has key {
    id: UID,
    version: u64,
}

/// Under the shell's version. `label` is what the creator called the Space: it proves nothing, names do.
public struct SpaceInner has store {
    label: String,
    created_ms: u64,
    admins: u64,
    entries: u64,
    storage: Option<ID>,
}

/// → roles, a byte.
public struct MemberKey has copy, drop, store {
    member: address,
}

public struct EntryKey has copy, drop, store {
    name: String,
}

/// `kind`: 1 = flake.
public struct Entry has copy, drop, store {
    kind: u8,
    id: ID,
}

/// A Space with the sender as its only admin. To be shared in the same transaction.
public fun new(label: String, clock: &Clock, ctx: &mut TxContext): Space {
    assert!(labels::is_name(&label), EBadName);
    let mut self = Space { id: object::new(ctx), version: VERSION };
    let inner = SpaceInner {
        label,
        created_ms: clock.timestamp_ms(),
        admins: 1,
        entries: 0,
        storage: option::none(),
    };
    field::add(&mut self.id, VERSION, inner);
    field::add(&mut self.id, MemberKey { member: ctx.sender() }, roles::admin());
    events::space_created(object::id(&self), label, ctx.sender());
    self
}

public fun share(self: Space) {
    transfer::share_object(self);
}

/// Gives `member` exactly `roles`; 0 removes the member. For admins.
public fun set_roles(self: &mut Space, member: address, roles: u8, ctx: &TxContext) {
    self.assert_role(roles::admin(), ctx);
    assert!(roles::is_valid(roles), EBadRoles);
    let key = MemberKey { member };
    let before = if (field::exists_(&self.id, key)) field::remove(&mut self.id, key) else 0u8;
    if (roles != 0) field::add(&mut self.id, key, roles);
    let inner = self.inner_mut();
    inner.admins = inner.admins + is_admin(roles) - is_admin(before);
    assert!(inner.admins > 0, ELastAdmin);
    events::roles_set(object::id(self), member, roles, ctx.sender());
}

/// All roles of `member`; 0 when not a member.
public fun roles(self: &Space, member: address): u8 {
    let key = MemberKey { member };
    if (field::exists_(&self.id, key)) *field::borrow(&self.id, key) else 0
}

public fun entry(self: &Space, name: String): Option<Entry> {
    let key = EntryKey { name };
    if (field::exists_(&self.id, key)) option::some(*field::borrow(&self.id, key))
    else option::none()
}

public fun storage(self: &Space): Option<ID> {
    self.inner().storage
}

public fun kind(self: &Entry): u8 {
    self.kind
}

public fun id(self: &Entry): ID {
    self.id
}

/// Aborts unless the sender may act as `role` here.
public(package) fun assert_role(self: &Space, role: u8, ctx: &TxContext) {
    assert!(self.version == VERSION, EWrongVersion);
    assert!(roles::includes(self.roles(ctx.sender()), role), ENotPermitted);
}

public(package) fun add_entry(self: &mut Space, name: String, kind: u8, id: ID) {
    assert!(labels::is_name(&name), EBadName);
    let key = EntryKey { name };
    assert!(!field::exists_(&self.id, key), EEntryExists);
    field::add(&mut self.id, key, Entry { kind, id });
    let inner = self.inner_mut();
    inner.entries = inner.entries + 1;
    events::entry_added(object::id(self), name, kind, id);
}

public(package) fun set_storage(self: &mut Space, storage: ID) {
    let inner = self.inner_mut();
    assert!(inner.storage.is_none(), EStorageExists);
    inner.storage = option::some(storage);
}

fun is_admin(roles: u8): u64 {
    (roles & roles::admin()) as u64
}

fun inner(self: &Space): &SpaceInner {
    assert!(self.version == VERSION, EWrongVersion);
    field::borrow(&self.id, VERSION)
}

fun inner_mut(self: &mut Space): &mut SpaceInner {
    assert!(self.version == VERSION, EWrongVersion);
    field::borrow_mut(&mut self.id, VERSION)
}

#[test_only]
public fun set_version_for_testing(self: &mut Space, version: u64) {
    self.version = version;
}
