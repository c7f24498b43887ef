/// Methods of `u8`.
#[defines_primitive(u8)]
module std::u8;

use std::string::String;

/// Every bit turned over.
public fun bitwise_not(x: u8): u8 { x ^ max_value!() }

public fun max(x: u8, y: u8): u8 { std::macros::num_max!(x, y) }

public fun min(x: u8, y: u8): u8 { std::macros::num_min!(x, y) }

/// The distance between the two.
public fun diff(x: u8, y: u8): u8 { std::macros::num_diff!(x, y) }

public fun divide_and_round_up(x: u8, y: u8): u8 { std::macros::num_divide_and_round_up!(x, y) }

public fun pow(base: u8, exponent: u8): u8 { std::macros::num_pow!(base, exponent) }

/// The square root, rounded down.
public fun sqrt(x: u8): u8 { std::macros::num_sqrt!<u8, u64>(x, 1 << 6) }

/// Decimal digits.
public fun to_string(x: u8): String { std::macros::num_to_string!(x) }

/// The largest value.
public macro fun max_value(): u8 { 0xFF }

/// `$f($start)` up to `$f($stop - 1)`.
public macro fun range_do<$R: drop>($start: u8, $stop: u8, $f: |u8| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// `$f($start)` up to `$f($stop)`.
public macro fun range_do_eq<$R: drop>($start: u8, $stop: u8, $f: |u8| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

/// `$f(0)` up to `$f($stop - 1)`.
public macro fun do<$R: drop>($stop: u8, $f: |u8| -> $R) {
    std::macros::do!($stop, $f)
}

/// `$f(0)` up to `$f($stop)`.
public macro fun do_eq<$R: drop>($stop: u8, $f: |u8| -> $R) {
    std::macros::do_eq!($stop, $f)
}
