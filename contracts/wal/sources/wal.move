/// The WAL token: nine decimals, a fixed supply minted once to the publisher, and a treasury that is shared, so
/// that anyone may burn and nobody may mint.
module wal::wal;

use sui::{coin::{Self, Coin, TreasuryCap}, dynamic_object_field as dof};

/// Whole tokens that exist; the coin holds `10^DECIMALS` base units for each.
const TOTAL_WAL_SUPPLY_TO_MINT: u64 = 5_000_000_000;
const DECIMALS: u8 = 9;
const SYMBOL: vector<u8> = b"WAL";
const NAME: vector<u8> = b"WAL";
const DESCRIPTION: vector<u8> = b"Pays for storage on Walrus";

/// One-time witness, and the token's type.
public struct WAL has drop {}

/// Owns the treasury cap, as a dynamic object field.
public struct ProtectedTreasury has key {
    id: UID,
}

/// Key of the treasury cap in `ProtectedTreasury`.
public struct TreasuryCapKey has copy, drop, store {}

#[allow(deprecated_usage)]
fun init(witness: WAL, ctx: &mut TxContext) {
    let (mut cap, metadata) = coin::create_currency(
        witness,
        DECIMALS,
        SYMBOL,
        NAME,
        DESCRIPTION,
        option::none(),
        ctx,
    );
    let supply = TOTAL_WAL_SUPPLY_TO_MINT * std::u64::pow(10, DECIMALS);
    let minted = coin::mint(&mut cap, supply, ctx);
    transfer::public_freeze_object(metadata);

    let mut treasury = ProtectedTreasury { id: object::new(ctx) };
    dof::add(&mut treasury.id, TreasuryCapKey {}, cap);
    transfer::share_object(treasury);
    transfer::public_transfer(minted, ctx.sender());
}

/// Base units in existence.
public fun total_supply(treasury: &ProtectedTreasury): u64 {
    coin::total_supply(treasury.borrow_cap())
}

/// Destroys `coin` for ever.
public fun burn(treasury: &mut ProtectedTreasury, coin: Coin<WAL>) {
    coin::burn(treasury.borrow_cap_mut(), coin);
}

fun borrow_cap(treasury: &ProtectedTreasury): &TreasuryCap<WAL> {
    dof::borrow(&treasury.id, TreasuryCapKey {})
}

fun borrow_cap_mut(treasury: &mut ProtectedTreasury): &mut TreasuryCap<WAL> {
    dof::borrow_mut(&mut treasury.id, TreasuryCapKey {})
}

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) {
    init(WAL {}, ctx)
}
