/// Runs when the package is published: hands its publisher the right to set the network up, once.
module walrus::init;

use sui::package::{Self, Publisher};

/// One-time witness.
public struct INIT has drop {}

/// The right to create System and Staking.
public struct InitCap has key, store {
    id: UID,
    publisher: Publisher,
}

fun init(otw: INIT, ctx: &mut TxContext) {
    let cap = InitCap { id: object::new(ctx), publisher: package::claim(otw, ctx) };
    transfer::transfer(cap, ctx.sender());
}

public(package) fun destroy(cap: InitCap) {
    let InitCap { id, publisher } = cap;
    id.delete();
    package::burn_publisher(publisher);
}

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) {
    init(INIT {}, ctx)
}
