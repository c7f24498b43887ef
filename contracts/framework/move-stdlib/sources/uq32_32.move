/// Unsigned numbers with 32 bits before the point and 32 behind it. Every result is rounded down.
module std::uq32_32;

#[error]
const EDenominator: vector<u8> = b"The denominator is zero";
#[error]
const EQuotientTooSmall: vector<u8> = b"The quotient is too small to be represented";
#[error]
const EQuotientTooLarge: vector<u8> = b"The quotient is too large to be represented";
#[error]
const EOverflow: vector<u8> = b"The result is out of range";
#[error]
const EDivisionByZero: vector<u8> = b"Division by zero";

/// The number times 2^32.
public struct UQ32_32(u64) has copy, drop, store;

/// `numerator / denominator`; aborts where that is not zero and rounds to zero.
public fun from_quotient(numerator: u64, denominator: u64): UQ32_32 {
    assert!(denominator != 0, EDenominator);
    let quotient = ((numerator as u128) << 32) / (denominator as u128);
    assert!(quotient != 0 || numerator == 0, EQuotientTooSmall);
    assert!(quotient <= max!(), EQuotientTooLarge);
    UQ32_32(quotient as u64)
}

public fun from_int(integer: u32): UQ32_32 { UQ32_32((integer as u64) << 32) }

public fun add(a: UQ32_32, b: UQ32_32): UQ32_32 {
    let sum = (a.0 as u128) + (b.0 as u128);
    assert!(sum <= max!(), EOverflow);
    UQ32_32(sum as u64)
}

public fun sub(a: UQ32_32, b: UQ32_32): UQ32_32 {
    assert!(a.0 >= b.0, EOverflow);
    UQ32_32(a.0 - b.0)
}

public fun mul(a: UQ32_32, b: UQ32_32): UQ32_32 { UQ32_32(int_mul(a.0, b)) }

public fun div(a: UQ32_32, b: UQ32_32): UQ32_32 { UQ32_32(int_div(a.0, b)) }

public fun to_int(a: UQ32_32): u32 { (a.0 >> 32) as u32 }

public fun int_mul(val: u64, multiplier: UQ32_32): u64 {
    let product = ((val as u128) * (multiplier.0 as u128)) >> 32;
    assert!(product <= max!(), EOverflow);
    product as u64
}

public fun int_div(val: u64, divisor: UQ32_32): u64 {
    assert!(divisor.0 != 0, EDivisionByZero);
    let quotient = ((val as u128) << 32) / (divisor.0 as u128);
    assert!(quotient <= max!(), EOverflow);
    quotient as u64
}

public fun le(a: UQ32_32, b: UQ32_32): bool { a.0 <= b.0 }

public fun lt(a: UQ32_32, b: UQ32_32): bool { a.0 < b.0 }

public fun ge(a: UQ32_32, b: UQ32_32): bool { a.0 >= b.0 }

public fun gt(a: UQ32_32, b: UQ32_32): bool { a.0 > b.0 }

public fun to_raw(a: UQ32_32): u64 { a.0 }

public fun from_raw(raw_value: u64): UQ32_32 { UQ32_32(raw_value) }

macro fun max(): u128 { std::u64::max_value!() as u128 }
