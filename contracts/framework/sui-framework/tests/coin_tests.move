/// Balances, coins, SUI, the clock.
#[test_only]
module sui::coin_tests;

use sui::{
    balance::{Self, Balance},
    clock,
    coin::{Self, Coin, CoinMetadata, TreasuryCap},
    pay,
    sui::SUI,
    test_scenario as ts,
    url
};

const ANN: address = @0xA11;
const BOB: address = @0xB0B;

public struct COIN_TESTS has drop {}

fun treasury(ctx: &mut TxContext): (TreasuryCap<COIN_TESTS>, CoinMetadata<COIN_TESTS>) {
    let icon = url::new_unsafe_from_bytes(b"https://a.example/i");
    coin::create_currency(COIN_TESTS {}, 6, b"TST", b"Test", b"For tests", option::some(icon), ctx)
}

#[test]
fun balances() {
    let mut supply = balance::create_supply(COIN_TESTS {});
    let mut all = supply.increase_supply(100);
    let part = all.split(30);
    assert!(all.value() == 70 && part.value() == 30 && supply.supply_value() == 100);
    assert!(all.join(part) == 100);
    let taken = all.withdraw_all();
    assert!(taken.value() == 100 && all.value() == 0);
    all.destroy_zero();
    balance::zero<COIN_TESTS>().destroy_zero();
    assert!(supply.decrease_supply(taken) == 100);
    assert!(supply.destroy_supply() == 0);
}

#[test, expected_failure(abort_code = balance::ENonZero)]
fun a_balance_that_is_not_zero() { balance::create_for_testing<SUI>(1).destroy_zero() }

#[test, expected_failure(abort_code = balance::ENotEnough)]
fun not_enough() {
    balance::zero<SUI>().split(1).destroy_zero();
    abort 99
}

#[test, expected_failure(abort_code = balance::EOverflow)]
fun too_large_a_supply() {
    let mut supply = balance::create_supply(COIN_TESTS {});
    supply.increase_supply(1).destroy_for_testing();
    supply.increase_supply(std::u64::max_value!() - 1).destroy_for_testing();
    abort 99
}

#[test, expected_failure(abort_code = balance::EOverflow)]
fun too_small_a_supply() {
    balance::create_supply(COIN_TESTS {}).decrease_supply(balance::create_for_testing(1));
    abort 99
}

#[test]
fun coins() {
    let ctx = &mut tx_context::dummy();
    let (mut cap, metadata) = treasury(ctx);
    let mut c = cap.mint(100, ctx);
    assert!(c.value() == 100 && cap.total_supply() == 100 && c.balance().value() == 100);
    assert!(cap.supply_immut().supply_value() == 100 && cap.supply_mut().supply_value() == 100);
    c.join(cap.mint_balance(10).into_coin(ctx));
    c.balance_mut().join(cap.mint_balance(1));
    let d = c.split(11, ctx);
    assert!(c.value() == 100 && d.value() == 11);
    let mut parts = c.divide_into_n(3, ctx);
    assert!(
        parts.length() == 2 && c.value() == 34 && parts[0].value() == 33 && parts[1].value() == 33,
    );
    parts.push_back(d);
    pay::join_vec(&mut c, parts);
    assert!(c.value() == 111);
    let mut balance = c.into_balance();
    let e = coin::take(&mut balance, 11, ctx);
    coin::put(&mut balance, e);
    assert!(cap.burn(coin::from_balance(balance, ctx)) == 111 && cap.total_supply() == 0);
    coin::zero<SUI>(ctx).destroy_zero();
    assert!(cap.treasury_into_supply().destroy_supply() == 0);
    transfer::public_freeze_object(metadata);
}

use fun coin::from_balance as Balance.into_coin;

#[test, allow(deprecated_usage)]
fun metadata() {
    let ctx = &mut tx_context::dummy();
    let (mut cap, mut m) = treasury(ctx);
    assert!(m.get_decimals() == 6 && m.get_symbol() == b"TST".to_ascii_string());
    assert!(m.get_name() == b"Test".to_string() && m.get_description() == b"For tests".to_string());
    assert!(m.get_icon_url().borrow().inner_url().into_bytes() == b"https://a.example/i");
    cap.update_name(&mut m, b"N".to_string());
    cap.update_symbol(&mut m, b"S".to_ascii_string());
    cap.update_description(&mut m, b"D".to_string());
    cap.update_icon_url(&mut m, b"U".to_ascii_string());
    assert!(m.get_symbol() == b"S".to_ascii_string() && m.get_name() == b"N".to_string());
    assert!(
        m.get_description() == b"D".to_string() && m.get_icon_url().borrow().inner_url().into_bytes() == b"U",
    );
    let mut link = url::new_unsafe(b"a".to_ascii_string());
    link.update(b"b".to_ascii_string());
    assert!(link == url::new_unsafe_from_bytes(b"b") && cap.supply().supply_value() == 0);
    transfer::public_transfer(cap, ANN);
    transfer::public_transfer(m, ANN);
}

public struct NotOnce has drop { a: u8 }

#[test, expected_failure(abort_code = coin::EBadWitness)]
fun not_a_witness() {
    let ctx = &mut tx_context::dummy();
    let (cap, m) = coin::create_currency(NotOnce { a: 1 }, 0, b"", b"", b"", option::none(), ctx);
    transfer::public_transfer(cap, ANN);
    transfer::public_transfer(m, ANN);
}

#[test, expected_failure(abort_code = coin::EInvalidArg)]
fun divided_by_zero() {
    let ctx = &mut tx_context::dummy();
    pay::divide_and_keep(&mut coin::mint_for_testing<SUI>(5, ctx), 0, ctx);
    abort 99
}

#[test, expected_failure(abort_code = coin::ENotEnough)]
fun divided_too_far() {
    let ctx = &mut tx_context::dummy();
    pay::divide_and_keep(&mut coin::mint_for_testing<SUI>(5, ctx), 6, ctx);
    abort 99
}

#[test]
fun payments() {
    let mut s = ts::begin(ANN);
    let mut c = coin::mint_for_testing<SUI>(100, s.ctx());
    pay::split(&mut c, 1, s.ctx());
    pay::split_vec(&mut c, vector[2, 3], s.ctx());
    pay::split_and_transfer(&mut c, 4, BOB, s.ctx());
    pay::divide_and_keep(&mut c, 2, s.ctx());
    assert!(c.value() == 45);
    let mut cap = coin::create_treasury_cap_for_testing<SUI>(s.ctx());
    cap.mint_and_transfer(5, BOB, s.ctx());
    transfer::public_transfer(cap, @0x0);
    pay::keep(c, s.ctx());
    s.next_tx(ANN);
    let all = s.ids_for_sender<Coin<SUI>>().map!(|id| s.take_from_sender_by_id<Coin<SUI>>(id));
    assert!(all.length() == 5);
    pay::join_vec_and_transfer(all, BOB);
    s.next_tx(BOB);
    let mut all = s.ids_for_sender<Coin<SUI>>().map!(|id| s.take_from_sender_by_id<Coin<SUI>>(id));
    let mut last = all.pop_back();
    all.do!(|coin| pay::join(&mut last, coin));
    assert!(last.value() == 105);
    sui::sui::transfer(last, ANN);
    s.end();
}

#[test, expected_failure(abort_code = pay::ENoCoins)]
fun no_coins() { pay::join_vec_and_transfer<SUI>(vector[], ANN) }

#[test]
fun clocks() {
    let ctx = &mut tx_context::dummy();
    let mut clock = clock::create_for_testing(ctx);
    clock.set_for_testing(5);
    clock.increment_for_testing(2);
    assert!(clock.timestamp_ms() == 7);
    clock.destroy_for_testing();
}
