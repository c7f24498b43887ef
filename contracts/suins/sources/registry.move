/// Which names there are and what they stand for, and which name stands for an address.
module suins::registry;

use std::string::String;
use sui::{clock::Clock, table::{Self, Table}, vec_map::VecMap};
use suins::{
    domain::Domain,
    name_record::{Self, NameRecord},
    subdomain_registration::{Self, SubDomainRegistration},
    suins::AdminCap,
    suins_registration::{Self, SuinsRegistration}
};

/// The registration has expired.
const ENftExpired: u64 = 0;
/// Somebody still has the name.
const ERecordNotExpired: u64 = 1;
/// The registration is not the one that governs the name now.
const EIdMismatch: u64 = 2;
/// The name has expired.
const ERecordExpired: u64 = 3;
/// The name stands for another address.
const ERecordMismatch: u64 = 4;
/// The name stands for no address.
const ETargetNotSet: u64 = 5;
/// The name is no leaf.
const ENotLeafRecord: u64 = 6;
/// The name is no subname.
const EInvalidDepth: u64 = 7;
/// There is no such name.
const ERecordNotFound: u64 = 8;

public struct Registry has store {
    registry: Table<Domain, NameRecord>,
    reverse_registry: Table<address, Domain>,
}

public fun new(_: &AdminCap, ctx: &mut TxContext): Registry {
    Registry { registry: table::new(ctx), reverse_registry: table::new(ctx) }
}

// === Registering ===

/// As `add_record`, but an expired name can be had at once.
public fun add_record_ignoring_grace_period(
    self: &mut Registry,
    domain: Domain,
    no_years: u8,
    clock: &Clock,
    ctx: &mut TxContext,
): SuinsRegistration {
    self.internal_add_record(domain, no_years, clock, false, ctx)
}

/// Aborts while somebody has the name or it is in its grace period.
public fun add_record(
    self: &mut Registry,
    domain: Domain,
    no_years: u8,
    clock: &Clock,
    ctx: &mut TxContext,
): SuinsRegistration {
    self.internal_add_record(domain, no_years, clock, true, ctx)
}

/// Destroys an expired registration, and the record if it is still its own.
public fun burn_registration_object(self: &mut Registry, nft: SuinsRegistration, clock: &Clock) {
    assert!(nft.has_expired(clock), ERecordNotExpired);
    let domain = nft.domain();
    if (self.has_record(domain) && self.registry[domain].nft_id() == object::id(&nft)) {
        self.remove_record_and_invalidate_reverse(domain);
    };
    nft.burn()
}

public fun wrap_subdomain(
    _: &mut Registry,
    nft: SuinsRegistration,
    clock: &Clock,
    ctx: &mut TxContext,
): SubDomainRegistration {
    subdomain_registration::new(nft, clock, ctx)
}

public fun burn_subdomain_object(self: &mut Registry, nft: SubDomainRegistration, clock: &Clock) {
    let nft = nft.burn(clock);
    self.burn_registration_object(nft, clock)
}

/// A subname that stands for an address as long as its parent is registered.
public fun add_leaf_record(
    self: &mut Registry,
    domain: Domain,
    clock: &Clock,
    target: address,
    _ctx: &mut TxContext,
) {
    assert!(domain.is_subdomain(), EInvalidDepth);
    let parent = self.lookup(domain.parent());
    assert!(parent.is_some(), ERecordNotFound);
    let parent = parent.destroy_some();
    assert!(!parent.has_expired(clock), ERecordExpired);
    self.remove_existing_record_if_expired(domain, clock, false);
    self.registry.add(domain, name_record::new_leaf(parent.nft_id(), option::some(target)))
}

public fun remove_leaf_record(self: &mut Registry, domain: Domain) {
    assert!(self.is_leaf_record(domain), ENotLeafRecord);
    self.remove_record_and_invalidate_reverse(domain)
}

// === Changing records ===

/// An address that the name stood for loses the name.
public fun set_target_address(self: &mut Registry, domain: Domain, new_target: Option<address>) {
    let record = &mut self.registry[domain];
    let old_target = record.target_address();
    record.set_target_address(new_target);
    self.handle_invalidate_reverse_record(&domain, old_target, new_target)
}

public fun unset_reverse_lookup(self: &mut Registry, address: address) {
    self.reverse_registry.remove(address);
}

/// The name must stand for the address already.
public fun set_reverse_lookup(self: &mut Registry, address: address, domain: Domain) {
    let target = self.registry[domain].target_address();
    assert!(target.is_some(), ETargetNotSet);
    assert!(target.contains(&address), ERecordMismatch);
    if (self.reverse_registry.contains(address)) {
        *&mut self.reverse_registry[address] = domain;
    } else {
        self.reverse_registry.add(address, domain);
    }
}

/// Of the record and of the registration.
public fun set_expiration_timestamp_ms(
    self: &mut Registry,
    nft: &mut SuinsRegistration,
    domain: Domain,
    expiration_timestamp_ms: u64,
) {
    let record = &mut self.registry[domain];
    assert!(record.nft_id() == object::id(nft), EIdMismatch);
    record.set_expiration_timestamp_ms(expiration_timestamp_ms);
    nft.set_expiration_timestamp_ms(expiration_timestamp_ms)
}

public fun set_data(self: &mut Registry, domain: Domain, data: VecMap<String, String>) {
    self.registry[domain].set_data(data)
}

// === Looking up ===

public fun has_record(self: &Registry, domain: Domain): bool { self.registry.contains(domain) }

/// The record, expired or not.
public fun lookup(self: &Registry, domain: Domain): Option<NameRecord> {
    if (self.has_record(domain)) option::some(self.registry[domain]) else option::none()
}

public fun reverse_lookup(self: &Registry, address: address): Option<Domain> {
    if (self.reverse_registry.contains(address)) {
        option::some(self.reverse_registry[address])
    } else {
        option::none()
    }
}

/// Aborts unless the registration governs its name now.
public fun assert_nft_is_authorized(self: &Registry, nft: &SuinsRegistration, clock: &Clock) {
    let record = &self.registry[nft.domain()];
    assert!(object::id(nft) == record.nft_id(), EIdMismatch);
    assert!(!record.has_expired(clock), ERecordExpired);
    assert!(!nft.has_expired(clock), ENftExpired)
}

public fun get_data(self: &Registry, domain: Domain): &VecMap<String, String> {
    self.registry[domain].data()
}

// === Within ===

fun is_leaf_record(self: &Registry, domain: Domain): bool {
    self.has_record(domain) && self.registry[domain].is_leaf_record()
}

fun internal_add_record(
    self: &mut Registry,
    domain: Domain,
    no_years: u8,
    clock: &Clock,
    with_grace_period: bool,
    ctx: &mut TxContext,
): SuinsRegistration {
    self.remove_existing_record_if_expired(domain, clock, with_grace_period);
    let nft = suins_registration::new(domain, no_years, clock, ctx);
    let record = name_record::new(object::id(&nft), nft.expiration_timestamp_ms());
    self.registry.add(domain, record);
    nft
}

/// Aborts where the record may not be removed.
fun remove_existing_record_if_expired(
    self: &mut Registry,
    domain: Domain,
    clock: &Clock,
    with_grace_period: bool,
) {
    if (!self.has_record(domain)) return;
    let record = self.registry[domain];
    let removable = if (record.is_leaf_record()) {
        // A leaf goes with the registration of its parent.
        self
            .lookup(domain.parent())
            .is_none_or!(|parent| parent.nft_id() != record.nft_id() || parent.has_expired(clock))
    } else if (with_grace_period) {
        record.has_expired_past_grace_period(clock)
    } else {
        record.has_expired(clock)
    };
    assert!(removable, ERecordNotExpired);
    self.remove_record_and_invalidate_reverse(domain)
}

fun remove_record_and_invalidate_reverse(self: &mut Registry, domain: Domain) {
    let record = self.registry.remove(domain);
    self.handle_invalidate_reverse_record(&domain, record.target_address(), option::none())
}

/// The old target is called `domain` no longer.
fun handle_invalidate_reverse_record(
    self: &mut Registry,
    domain: &Domain,
    old_target_address: Option<address>,
    new_target_address: Option<address>,
) {
    if (old_target_address == new_target_address) return;
    old_target_address.do!(|old| {
        if (self.reverse_lookup(old).contains(domain)) { self.reverse_registry.remove(old); }
    })
}
