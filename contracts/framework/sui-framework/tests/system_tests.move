/// What only the system may do, at genesis and between transactions.
#[test_only]
module sui::system_tests;

use sui::{
    balance,
    clock::{Self, Clock},
    coin::CoinMetadata,
    sui::{Self as coin, SUI},
    test_scenario as ts
};

const ANN: address = @0xA11;

#[test]
fun genesis() {
    let mut s = ts::begin(@0x0);
    let all = coin::new_for_testing(s.ctx());
    assert!(all.value() == 10_000_000_000_000_000_000);
    all.destroy_for_testing();
    clock::create_by_system_for_testing(s.ctx());
    s.next_tx(@0x0);
    let metadata = s.take_immutable<CoinMetadata<SUI>>();
    assert!(metadata.get_decimals() == 9 && metadata.get_symbol().into_bytes() == b"SUI");
    ts::return_immutable(metadata);
    let mut clock = s.take_shared<Clock>();
    assert!(object::id_address(&clock) == @0x6 && clock.timestamp_ms() == 0);
    clock.prologue_for_testing(77, s.ctx());
    assert!(clock.timestamp_ms() == 77);
    ts::return_shared(clock);
    let rewards = balance::rewards_for_testing<SUI>(5, s.ctx());
    rewards.rebates_for_testing(s.ctx());
    s.end();
}

#[test]
fun fixed_ids() {
    let ctx = &tx_context::dummy();
    let ids = vector[
        object::system_state_for_testing(ctx),
        object::clock(),
        object::authenticator_state(),
        object::randomness_state(),
        object::bridge_for_testing(),
        object::sui_deny_list_object_id(),
    ];
    assert!(ids.map_ref!(|id| id.to_address()) == vector[@0x5, @0x6, @0x7, @0x8, @0x9, @0x403]);
    std::unit_test::destroy(ids);
}

#[test, expected_failure(abort_code = sui::object::ENotSystemAddress)]
fun a_stranger_makes_the_system_state() {
    let ctx = tx_context::new_from_hint(ANN, 0, 0, 0, 0);
    object::system_state_for_testing(&ctx).delete();
    abort 99
}

#[test, expected_failure(abort_code = sui::clock::ENotSystemAddress)]
fun a_stranger_makes_the_clock() {
    let ctx = tx_context::new_from_hint(ANN, 0, 0, 0, 0);
    clock::create_by_system_for_testing(&ctx);
    abort 99
}

#[test, expected_failure(abort_code = sui::clock::ENotSystemAddress)]
fun a_stranger_sets_the_clock() {
    let mut ctx = tx_context::new_from_hint(ANN, 0, 0, 0, 0);
    let mut clock = clock::create_for_testing(&mut ctx);
    clock.prologue_for_testing(1, &ctx);
    clock.destroy_for_testing();
    abort 99
}

#[test, expected_failure(abort_code = sui::sui::ENotSystemAddress)]
fun a_stranger_makes_sui() {
    let mut ctx = tx_context::new_from_hint(ANN, 0, 0, 0, 0);
    coin::new_for_testing(&mut ctx).destroy_for_testing();
    abort 99
}

#[test, expected_failure(abort_code = sui::sui::EAlreadyMinted)]
fun sui_is_made_once() {
    let mut ctx = tx_context::new_from_hint(@0x0, 0, 1, 0, 0);
    coin::new_for_testing(&mut ctx).destroy_for_testing();
    abort 99
}

#[test, expected_failure(abort_code = sui::balance::ENotSystemAddress)]
fun a_stranger_makes_rewards() {
    let ctx = tx_context::new_from_hint(ANN, 0, 0, 0, 0);
    balance::rewards_for_testing<SUI>(1, &ctx).destroy_for_testing();
    abort 99
}

#[test, expected_failure(abort_code = sui::balance::ENotSUI)]
fun rewards_are_in_sui() {
    let ctx = tx_context::new_from_hint(@0x0, 0, 0, 0, 0);
    balance::rewards_for_testing<u8>(1, &ctx).destroy_for_testing();
    abort 99
}

#[test, expected_failure(abort_code = sui::balance::ENotSystemAddress)]
fun a_stranger_destroys_rebates() {
    let ctx = tx_context::new_from_hint(ANN, 0, 0, 0, 0);
    balance::zero<SUI>().rebates_for_testing(&ctx);
    abort 99
}

#[test, expected_failure(abort_code = sui::balance::ENotSUI)]
fun rebates_are_in_sui() {
    let ctx = tx_context::new_from_hint(@0x0, 0, 0, 0, 0);
    balance::zero<u8>().rebates_for_testing(&ctx);
    abort 99
}
