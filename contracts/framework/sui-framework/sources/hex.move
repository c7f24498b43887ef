/// Bytes as lower-case hex digits.
module sui::hex;

/// An odd number of digits.
const EInvalidHexLength: u64 = 0;
/// A character is no hex digit.
const ENotValidHexCharacter: u64 = 1;

const DIGITS: vector<u8> = b"0123456789abcdef";

public fun encode(bytes: vector<u8>): vector<u8> {
    let digits = DIGITS;
    let mut text = vector[];
    bytes.do!(|byte| {
        text.push_back(digits[(byte >> 4) as u64]);
        text.push_back(digits[(byte & 0x0F) as u64]);
    });
    text
}

/// Reads digits of either case.
public fun decode(hex: vector<u8>): vector<u8> {
    assert!(hex.length() % 2 == 0, EInvalidHexLength);
    vector::tabulate!(
        hex.length() / 2,
        |i| (decode_byte(hex[i * 2]) << 4) | decode_byte(hex[i * 2 + 1]),
    )
}

/// One digit.
fun decode_byte(hex: u8): u8 {
    if (hex >= 0x30 && hex <= 0x39) hex - 0x30
    else if (hex >= 0x41 && hex <= 0x46) hex - 0x37
    else if (hex >= 0x61 && hex <= 0x66) hex - 0x57
    else abort ENotValidHexCharacter
}
