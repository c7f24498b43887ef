/// Packages as objects: proof of having published, and the right to upgrade.
module sui::package;

use std::{ascii::String, type_name};
use sui::types;

/// Only a one-time witness proves that a package is being published.
const ENotOneTimeWitness: u64 = 0;
/// A policy can only become stricter.
const ETooPermissive: u64 = 1;
/// An upgrade is under way already.
const EAlreadyAuthorized: u64 = 2;
/// No upgrade is under way.
const ENotAuthorized: u64 = 3;
/// The receipt is of another right.
const EWrongUpgradeCap: u64 = 4;

// What an upgrade may change, from most to least.
const COMPATIBLE: u8 = 0;
const ADDITIVE: u8 = 128;
const DEP_ONLY: u8 = 192;

/// Proves that its holder published this module.
public struct Publisher has key, store { id: UID, package: String, module_name: String }

/// The right to upgrade. While an upgrade is under way `package` is 0x0.
public struct UpgradeCap has key, store { id: UID, package: ID, version: u64, policy: u8 }

/// An upgrade that must be carried out in this transaction.
public struct UpgradeTicket { cap: ID, package: ID, policy: u8, digest: vector<u8> }

/// An upgrade that was carried out.
public struct UpgradeReceipt { cap: ID, package: ID }

public fun claim<OTW: drop>(otw: OTW, ctx: &mut TxContext): Publisher {
    assert!(types::is_one_time_witness(&otw), ENotOneTimeWitness);
    let name = type_name::get_with_original_ids<OTW>();
    Publisher {
        id: object::new(ctx),
        package: name.get_address(),
        module_name: name.get_module(),
    }
}

#[allow(lint(self_transfer))]
public fun claim_and_keep<OTW: drop>(otw: OTW, ctx: &mut TxContext) {
    transfer::public_transfer(claim(otw, ctx), ctx.sender())
}

public fun burn_publisher(self: Publisher) {
    let Publisher { id, package: _, module_name: _ } = self;
    id.delete()
}

/// Whether the type is of the package that was published.
public fun from_package<T>(self: &Publisher): bool {
    type_name::get_with_original_ids<T>().get_address() == self.package
}

/// Whether the type is of the very module.
public fun from_module<T>(self: &Publisher): bool {
    let name = type_name::get_with_original_ids<T>();
    name.get_address() == self.package && name.get_module() == self.module_name
}

public fun published_module(self: &Publisher): &String { &self.module_name }

public fun published_package(self: &Publisher): &String { &self.package }

public fun upgrade_package(cap: &UpgradeCap): ID { cap.package }

public fun version(cap: &UpgradeCap): u64 { cap.version }

public fun upgrade_policy(cap: &UpgradeCap): u8 { cap.policy }

public fun ticket_package(ticket: &UpgradeTicket): ID { ticket.package }

public fun ticket_policy(ticket: &UpgradeTicket): u8 { ticket.policy }

public fun receipt_cap(receipt: &UpgradeReceipt): ID { receipt.cap }

public fun receipt_package(receipt: &UpgradeReceipt): ID { receipt.package }

/// Of the code that the upgrade must have.
public fun ticket_digest(ticket: &UpgradeTicket): &vector<u8> { &ticket.digest }

public fun compatible_policy(): u8 { COMPATIBLE }

public fun additive_policy(): u8 { ADDITIVE }

public fun dep_only_policy(): u8 { DEP_ONLY }

public entry fun only_additive_upgrades(cap: &mut UpgradeCap) { cap.restrict(ADDITIVE) }

public entry fun only_dep_upgrades(cap: &mut UpgradeCap) { cap.restrict(DEP_ONLY) }

/// No upgrade ever again.
public entry fun make_immutable(cap: UpgradeCap) {
    let UpgradeCap { id, package: _, version: _, policy: _ } = cap;
    id.delete()
}

public fun authorize_upgrade(cap: &mut UpgradeCap, policy: u8, digest: vector<u8>): UpgradeTicket {
    assert!(cap.package.to_address() != @0x0, EAlreadyAuthorized);
    assert!(policy >= cap.policy, ETooPermissive);
    let package = cap.package;
    cap.package = @0x0.to_id();
    UpgradeTicket { cap: object::id(cap), package, policy, digest }
}

public fun commit_upgrade(cap: &mut UpgradeCap, receipt: UpgradeReceipt) {
    let UpgradeReceipt { cap: of, package } = receipt;
    assert!(of == object::id(cap), EWrongUpgradeCap);
    assert!(cap.package.to_address() == @0x0, ENotAuthorized);
    cap.package = package;
    cap.version = cap.version + 1
}

fun restrict(cap: &mut UpgradeCap, policy: u8) {
    assert!(cap.policy <= policy, ETooPermissive);
    cap.policy = policy
}

// === Tests ===

#[test_only]
public fun test_claim<OTW: drop>(_: OTW, ctx: &mut TxContext): Publisher {
    let name = type_name::get_with_original_ids<OTW>();
    Publisher {
        id: object::new(ctx),
        package: name.get_address(),
        module_name: name.get_module(),
    }
}

#[test_only]
public fun test_publish(package: ID, ctx: &mut TxContext): UpgradeCap {
    UpgradeCap { id: object::new(ctx), package, version: 1, policy: COMPATIBLE }
}

#[test_only]
/// As the ledger would carry it out; the new package's id is made up.
public fun test_upgrade(ticket: UpgradeTicket): UpgradeReceipt {
    let UpgradeTicket { cap, package, policy: _, digest: _ } = ticket;
    let mut seed = package.to_bytes();
    seed.push_back(1);
    UpgradeReceipt { cap, package: object::id_from_bytes(std::hash::sha3_256(seed)) }
}

#[test_only]
/// Of an upgrade that nothing authorized.
public fun receipt_for_testing(cap: &UpgradeCap): UpgradeReceipt {
    UpgradeReceipt { cap: object::id(cap), package: cap.package }
}
