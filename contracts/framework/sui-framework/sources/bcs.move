/// Reads values out of their BCS bytes, one after the other.
module sui::bcs;

use std::bcs;
use sui::address;

/// Fewer bytes are left than the value takes.
const EOutOfRange: u64 = 0;
/// A bool is neither 0 nor 1.
const ENotBool: u64 = 1;
/// A length of more than four bytes.
const ELenOutOfRange: u64 = 2;

/// What is left, the next byte last.
public struct BCS has copy, drop, store { bytes: vector<u8> }

public fun to_bytes<T>(value: &T): vector<u8> { bcs::to_bytes(value) }

public fun new(mut bytes: vector<u8>): BCS {
    bytes.reverse();
    BCS { bytes }
}

/// What is left, in its own order.
public fun into_remainder_bytes(bcs: BCS): vector<u8> {
    let BCS { mut bytes } = bcs;
    bytes.reverse();
    bytes
}

public fun peel_address(bcs: &mut BCS): address {
    assert!(bcs.bytes.length() >= address::length(), EOutOfRange);
    address::from_bytes(vector::tabulate!(address::length(), |_| bcs.bytes.pop_back()))
}

public fun peel_bool(bcs: &mut BCS): bool {
    let value = bcs.peel_u8();
    assert!(value <= 1, ENotBool);
    value == 1
}

public fun peel_u8(bcs: &mut BCS): u8 {
    assert!(bcs.bytes.length() >= 1, EOutOfRange);
    bcs.bytes.pop_back()
}

/// Little-endian.
macro fun peel_num<$T>($bcs: &mut BCS, $length: u8): $T {
    let bcs = $bcs;
    let length = $length;
    assert!(bcs.bytes.length() >= length as u64, EOutOfRange);
    let mut value: $T = 0;
    length.do!(|i| value = value | ((bcs.bytes.pop_back() as $T) << (i * 8)));
    value
}

public fun peel_u16(bcs: &mut BCS): u16 { bcs.peel_num!(2) }

public fun peel_u32(bcs: &mut BCS): u32 { bcs.peel_num!(4) }

public fun peel_u64(bcs: &mut BCS): u64 { bcs.peel_num!(8) }

public fun peel_u128(bcs: &mut BCS): u128 { bcs.peel_num!(16) }

public fun peel_u256(bcs: &mut BCS): u256 { bcs.peel_num!(32) }

/// The length in front of a vector: seven bits a byte, the lowest first.
public fun peel_vec_length(bcs: &mut BCS): u64 {
    let mut total = 0u64;
    let mut shift: u8 = 0;
    loop {
        assert!(shift <= 28, ELenOutOfRange);
        let byte = bcs.bytes.pop_back() as u64;
        total = total | ((byte & 0x7F) << shift);
        if (byte & 0x80 == 0) break;
        shift = shift + 7;
    };
    total
}

/// A vector whose elements `$peel` reads.
public macro fun peel_vec<$T>($bcs: &mut BCS, $peel: |&mut BCS| -> $T): vector<$T> {
    let bcs = $bcs;
    vector::tabulate!(bcs.peel_vec_length(), |_| $peel(bcs))
}

public fun peel_vec_address(bcs: &mut BCS): vector<address> {
    bcs.peel_vec!(|bcs| bcs.peel_address())
}

public fun peel_vec_bool(bcs: &mut BCS): vector<bool> { bcs.peel_vec!(|bcs| bcs.peel_bool()) }

public fun peel_vec_u8(bcs: &mut BCS): vector<u8> { bcs.peel_vec!(|bcs| bcs.peel_u8()) }

public fun peel_vec_vec_u8(bcs: &mut BCS): vector<vector<u8>> {
    bcs.peel_vec!(|bcs| bcs.peel_vec_u8())
}

public fun peel_vec_u16(bcs: &mut BCS): vector<u16> { bcs.peel_vec!(|bcs| bcs.peel_u16()) }

public fun peel_vec_u32(bcs: &mut BCS): vector<u32> { bcs.peel_vec!(|bcs| bcs.peel_u32()) }

public fun peel_vec_u64(bcs: &mut BCS): vector<u64> { bcs.peel_vec!(|bcs| bcs.peel_u64()) }

public fun peel_vec_u128(bcs: &mut BCS): vector<u128> { bcs.peel_vec!(|bcs| bcs.peel_u128()) }

public fun peel_vec_u256(bcs: &mut BCS): vector<u256> { bcs.peel_vec!(|bcs| bcs.peel_u256()) }

/// Which variant of an enum follows.
public fun peel_enum_tag(bcs: &mut BCS): u32 {
    let tag = bcs.peel_vec_length();
    assert!(tag <= std::u32::max_value!() as u64, EOutOfRange);
    tag as u32
}

/// An option whose value `$peel` reads.
public macro fun peel_option<$T>($bcs: &mut BCS, $peel: |&mut BCS| -> $T): Option<$T> {
    let bcs = $bcs;
    if (bcs.peel_bool()) option::some($peel(bcs)) else option::none()
}

public fun peel_option_address(bcs: &mut BCS): Option<address> {
    bcs.peel_option!(|bcs| bcs.peel_address())
}

public fun peel_option_bool(bcs: &mut BCS): Option<bool> { bcs.peel_option!(|bcs| bcs.peel_bool()) }

public fun peel_option_u8(bcs: &mut BCS): Option<u8> { bcs.peel_option!(|bcs| bcs.peel_u8()) }

public fun peel_option_u16(bcs: &mut BCS): Option<u16> { bcs.peel_option!(|bcs| bcs.peel_u16()) }

public fun peel_option_u32(bcs: &mut BCS): Option<u32> { bcs.peel_option!(|bcs| bcs.peel_u32()) }

public fun peel_option_u64(bcs: &mut BCS): Option<u64> { bcs.peel_option!(|bcs| bcs.peel_u64()) }

public fun peel_option_u128(bcs: &mut BCS): Option<u128> { bcs.peel_option!(|bcs| bcs.peel_u128()) }

public fun peel_option_u256(bcs: &mut BCS): Option<u256> { bcs.peel_option!(|bcs| bcs.peel_u256()) }
