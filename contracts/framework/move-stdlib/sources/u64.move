/// Methods of `u64`.
#[defines_primitive(u64)]
module std::u64;

use std::string::String;

/// Every bit turned over.
public fun bitwise_not(x: u64): u64 { x ^ max_value!() }

public fun max(x: u64, y: u64): u64 { std::macros::num_max!(x, y) }

public fun min(x: u64, y: u64): u64 { std::macros::num_min!(x, y) }

/// The distance between the two.
public fun diff(x: u64, y: u64): u64 { std::macros::num_diff!(x, y) }

public fun divide_and_round_up(x: u64, y: u64): u64 { std::macros::num_divide_and_round_up!(x, y) }

public fun pow(base: u64, exponent: u8): u64 { std::macros::num_pow!(base, exponent) }

/// The square root, rounded down.
public fun sqrt(x: u64): u64 { std::macros::num_sqrt!<u64, u128>(x, 1 << 62) }

/// None when `x` does not fit.
public fun try_as_u8(x: u64): Option<u8> { std::macros::try_as_u8!(x) }

/// None when `x` does not fit.
public fun try_as_u16(x: u64): Option<u16> { std::macros::try_as_u16!(x) }

/// None when `x` does not fit.
public fun try_as_u32(x: u64): Option<u32> { std::macros::try_as_u32!(x) }

/// Decimal digits.
public fun to_string(x: u64): String { std::macros::num_to_string!(x) }

/// The largest value.
public macro fun max_value(): u64 { 0xFFFF_FFFF_FFFF_FFFF }

/// `$f($start)` up to `$f($stop - 1)`.
public macro fun range_do<$R: drop>($start: u64, $stop: u64, $f: |u64| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// `$f($start)` up to `$f($stop)`.
public macro fun range_do_eq<$R: drop>($start: u64, $stop: u64, $f: |u64| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

/// `$f(0)` up to `$f($stop - 1)`.
public macro fun do<$R: drop>($stop: u64, $f: |u64| -> $R) {
    std::macros::do!($stop, $f)
}

/// `$f(0)` up to `$f($stop)`.
public macro fun do_eq<$R: drop>($stop: u64, $f: |u64| -> $R) {
    std::macros::do_eq!($stop, $f)
}
