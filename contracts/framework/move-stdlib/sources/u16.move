/// Methods of `u16`.
#[defines_primitive(u16)]
module std::u16;

use std::string::String;

/// Every bit turned over.
public fun bitwise_not(x: u16): u16 { x ^ max_value!() }

public fun max(x: u16, y: u16): u16 { std::macros::num_max!(x, y) }

public fun min(x: u16, y: u16): u16 { std::macros::num_min!(x, y) }

/// The distance between the two.
public fun diff(x: u16, y: u16): u16 { std::macros::num_diff!(x, y) }

public fun divide_and_round_up(x: u16, y: u16): u16 { std::macros::num_divide_and_round_up!(x, y) }

public fun pow(base: u16, exponent: u8): u16 { std::macros::num_pow!(base, exponent) }

/// The square root, rounded down.
public fun sqrt(x: u16): u16 { std::macros::num_sqrt!<u16, u64>(x, 1 << 14) }

/// None when `x` does not fit.
public fun try_as_u8(x: u16): Option<u8> { std::macros::try_as_u8!(x) }

/// Decimal digits.
public fun to_string(x: u16): String { std::macros::num_to_string!(x) }

/// The largest value.
public macro fun max_value(): u16 { 0xFFFF }

/// `$f($start)` up to `$f($stop - 1)`.
public macro fun range_do<$R: drop>($start: u16, $stop: u16, $f: |u16| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// `$f($start)` up to `$f($stop)`.
public macro fun range_do_eq<$R: drop>($start: u16, $stop: u16, $f: |u16| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

/// `$f(0)` up to `$f($stop - 1)`.
public macro fun do<$R: drop>($stop: u16, $f: |u16| -> $R) {
    std::macros::do!($stop, $f)
}

/// `$f(0)` up to `$f($stop)`.
public macro fun do_eq<$R: drop>($stop: u16, $f: |u16| -> $R) {
    std::macros::do_eq!($stop, $f)
}
