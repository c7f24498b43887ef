/// Who may call what, and with which values.
module rules::rights;

use rules::item::Item;
use std::{ascii, string::String};
use sui::{clock::Clock, coin::Coin};

/// Must be used up.
public struct Potato { value: u64 }

/// May be copied, not dropped.
public struct Sticky has copy { value: u64 }

public struct Plain has copy, drop, store { value: u64 }

public enum Shape has copy, drop {
    Circle,
    Square,
}

public fun hot(): Potato { Potato { value: 1 } }

public fun hot_with(item: &mut Item): Potato {
    item.set(1);
    Potato { value: 1 }
}

public fun cool(potato: Potato): u64 {
    let Potato { value } = potato;
    value
}

public fun look_at(_potato: &Potato) {}

public fun sticky(): Sticky { Sticky { value: 2 } }

public fun unstick(sticky: Sticky) { let Sticky { value: _ } = sticky; }

public fun look_at_sticky(_sticky: &Sticky) {}

public fun plain(): Plain { Plain { value: 3 } }

public fun eat(plain: Plain): u64 { plain.value }

public fun pair(): (u64, u64) { (4, 5) }

public fun add(a: u64, b: u64): u64 { a + b }

public fun nothing() {}

#[allow(unused_function)]
fun hidden() {}

#[allow(unused_function)]
public(package) fun hidden_in_package() {}

entry fun private_entry(item: &mut Item, value: u64) { item.set(value) }

entry fun private_entry_plain(plain: Plain): u64 { plain.value }

public(package) entry fun package_entry(item: &mut Item) { item.set(5) }

public entry fun public_entry(item: &mut Item, value: u64) { item.set(value) }

public fun time(clock: &Clock): u64 { clock.timestamp_ms() }

public fun set_clock(_clock: &mut Clock) {}

public fun who(ctx: &TxContext): address { ctx.sender() }

public fun sponsor(ctx: &TxContext): Option<address> { ctx.sponsor() }

public fun epoch(ctx: &TxContext): u64 { ctx.epoch() }

public fun context_first(_ctx: &TxContext, value: u64): u64 { value }

public fun text(text: String): u64 { text.length() }

public fun ascii_text(text: ascii::String): u64 { text.length() }

public fun maybe(value: Option<u64>): u64 { value.destroy_or!(0) }

public fun texts(texts: vector<String>): u64 { texts.length() }

public fun named(id: ID): address { id.to_address() }

public fun flag(flag: bool): bool { flag }

public fun shape(shape: Shape): bool {
    match (shape) {
        Shape::Circle => true,
        Shape::Square => false,
    }
}

public fun bump(value: &mut u64) { *value = *value + 1 }

public fun generic_copy<T: copy + drop>(_value: T) {}

public fun generic_key<T: key>(_value: &T) {}

public fun coin_value<T>(coin: &Coin<T>): u64 { coin.value() }

public fun keep_coin<T>(coin: Coin<T>, ctx: &TxContext) {
    transfer::public_transfer(coin, ctx.sender())
}
