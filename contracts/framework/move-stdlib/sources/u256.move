/// Methods of `u256`.
#[defines_primitive(u256)]
module std::u256;

use std::string::String;

/// Every bit turned over.
public fun bitwise_not(x: u256): u256 { x ^ max_value!() }

public fun max(x: u256, y: u256): u256 { std::macros::num_max!(x, y) }

public fun min(x: u256, y: u256): u256 { std::macros::num_min!(x, y) }

/// The distance between the two.
public fun diff(x: u256, y: u256): u256 { std::macros::num_diff!(x, y) }

public fun divide_and_round_up(x: u256, y: u256): u256 {
    std::macros::num_divide_and_round_up!(x, y)
}

public fun pow(base: u256, exponent: u8): u256 { std::macros::num_pow!(base, exponent) }

/// None when `x` does not fit.
public fun try_as_u8(x: u256): Option<u8> { std::macros::try_as_u8!(x) }

/// None when `x` does not fit.
public fun try_as_u16(x: u256): Option<u16> { std::macros::try_as_u16!(x) }

/// None when `x` does not fit.
public fun try_as_u32(x: u256): Option<u32> { std::macros::try_as_u32!(x) }

/// None when `x` does not fit.
public fun try_as_u64(x: u256): Option<u64> { std::macros::try_as_u64!(x) }

/// None when `x` does not fit.
public fun try_as_u128(x: u256): Option<u128> { std::macros::try_as_u128!(x) }

/// Decimal digits.
public fun to_string(x: u256): String { std::macros::num_to_string!(x) }

/// The largest value.
public macro fun max_value(): u256 {
    0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF
}

/// `$f($start)` up to `$f($stop - 1)`.
public macro fun range_do<$R: drop>($start: u256, $stop: u256, $f: |u256| -> $R) {
    std::macros::range_do!($start, $stop, $f)
}

/// `$f($start)` up to `$f($stop)`.
public macro fun range_do_eq<$R: drop>($start: u256, $stop: u256, $f: |u256| -> $R) {
    std::macros::range_do_eq!($start, $stop, $f)
}

/// `$f(0)` up to `$f($stop - 1)`.
public macro fun do<$R: drop>($stop: u256, $f: |u256| -> $R) {
    std::macros::do!($stop, $f)
}

/// `$f(0)` up to `$f($stop)`.
public macro fun do_eq<$R: drop>($stop: u256, $f: |u256| -> $R) {
    std::macros::do_eq!($stop, $f)
}
