/// The ledger's own coin. A SUI has 10^9 MIST, and amounts are in MIST.
module sui::sui;

use sui::{balance::Balance, coin::{Self, Coin}};

/// The supply was made before.
const EAlreadyMinted: u64 = 0;
/// Only the system, whose address is 0x0, may do this.
const ENotSystemAddress: u64 = 1;

#[allow(unused_const)]
const MIST_PER_SUI: u64 = 1_000_000_000;
#[allow(unused_const)]
/// All there is.
const TOTAL_SUPPLY_SUI: u64 = 10_000_000_000;
/// All there is.
const TOTAL_SUPPLY_MIST: u64 = 10_000_000_000_000_000_000;

public struct SUI has drop {}

#[allow(unused_function)]
/// At genesis: all SUI there will ever be.
fun new(ctx: &mut TxContext): Balance<SUI> {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    assert!(ctx.epoch() == 0, EAlreadyMinted);
    let (treasury, metadata) = coin::create_currency(
        SUI {},
        9,
        b"SUI",
        b"Sui",
        b"",
        option::none(),
        ctx,
    );
    transfer::public_freeze_object(metadata);
    let mut supply = treasury.treasury_into_supply();
    let total = supply.increase_supply(TOTAL_SUPPLY_MIST);
    supply.destroy_supply();
    total
}

#[allow(lint(public_entry))]
public entry fun transfer(c: Coin<SUI>, recipient: address) {
    transfer::public_transfer(c, recipient)
}

#[test_only]
public fun new_for_testing(ctx: &mut TxContext): Balance<SUI> { new(ctx) }
