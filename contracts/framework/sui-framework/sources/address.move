/// Addresses as numbers, bytes and text.
#[defines_primitive(address)]
module sui::address;

use std::{ascii, bcs, string};
use sui::hex;

public use fun sui::object::id_from_address as address.to_id;

/// Bytes in an address.
const LENGTH: u64 = 32;

/// The largest address as a number.
const MAX: u256 = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF;

/// The text is not 64 hex digits, or the bytes are not 32.
const EAddressParseError: u64 = 0;

/// The address read as a big-endian number.
public native fun to_u256(a: address): u256;

public native fun from_u256(n: u256): address;

/// Aborts unless there are 32 bytes.
public native fun from_bytes(bytes: vector<u8>): address;

public fun to_bytes(a: address): vector<u8> { bcs::to_bytes(&a) }

/// 64 hex digits without `0x`.
public fun to_ascii_string(a: address): ascii::String { hex::encode(to_bytes(a)).to_ascii_string() }

/// 64 hex digits without `0x`.
public fun to_string(a: address): string::String { to_ascii_string(a).to_string() }

/// Reads 64 hex digits of either case, without `0x`.
public fun from_ascii_bytes(bytes: &vector<u8>): address {
    assert!(bytes.length() == LENGTH * 2, EAddressParseError);
    from_bytes(
        vector::tabulate!(
            LENGTH,
            |i| (hex_char_value(bytes[i * 2]) << 4) | hex_char_value(bytes[i * 2 + 1]),
        ),
    )
}

fun hex_char_value(c: u8): u8 {
    if (c >= 0x30 && c <= 0x39) c - 0x30
    else if (c >= 0x41 && c <= 0x46) c - 0x37
    else if (c >= 0x61 && c <= 0x66) c - 0x57
    else abort EAddressParseError
}

public fun length(): u64 { LENGTH }

public fun max(): u256 { MAX }
