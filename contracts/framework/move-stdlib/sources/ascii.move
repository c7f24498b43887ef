/// Strings of bytes below 0x80.
module std::ascii;

public use fun std::string::from_ascii as String.to_string;

/// A byte is 0x80 or above.
const EInvalidASCIICharacter: u64 = 0x10000;
/// An index is past the end, or a range is turned around.
const EInvalidIndex: u64 = 0x10001;

public struct String has copy, drop, store { bytes: vector<u8> }

public struct Char has copy, drop, store { byte: u8 }

public fun char(byte: u8): Char {
    assert!(is_valid_char(byte), EInvalidASCIICharacter);
    Char { byte }
}

public fun string(bytes: vector<u8>): String {
    let s = try_string(bytes);
    assert!(s.is_some(), EInvalidASCIICharacter);
    s.destroy_some()
}

public fun try_string(bytes: vector<u8>): Option<String> {
    if (bytes.all!(|byte| is_valid_char(*byte))) option::some(String { bytes }) else option::none()
}

public fun all_characters_printable(string: &String): bool {
    string.bytes.all!(|byte| is_printable_char(*byte))
}

public fun push_char(string: &mut String, char: Char) { string.bytes.push_back(char.byte) }

public fun pop_char(string: &mut String): Char { Char { byte: string.bytes.pop_back() } }

public fun length(string: &String): u64 { string.bytes.length() }

public fun append(string: &mut String, other: String) { string.bytes.append(other.into_bytes()) }

/// Puts `o` before character `at`, which may be the length.
public fun insert(s: &mut String, at: u64, o: String) {
    assert!(at <= s.length(), EInvalidIndex);
    let mut bytes = s.substring(0, at).into_bytes();
    let rest = s.substring(at, s.length());
    bytes.append(o.into_bytes());
    bytes.append(rest.into_bytes());
    s.bytes = bytes
}

/// Characters `i` to `j - 1`.
public fun substring(string: &String, i: u64, j: u64): String {
    assert!(i <= j && j <= string.length(), EInvalidIndex);
    String { bytes: vector::tabulate!(j - i, |at| string.bytes[i + at]) }
}

public fun as_bytes(string: &String): &vector<u8> { &string.bytes }

public fun into_bytes(string: String): vector<u8> {
    let String { bytes } = string;
    bytes
}

public fun byte(char: Char): u8 {
    let Char { byte } = char;
    byte
}

public fun is_valid_char(b: u8): bool { b < 0x80 }

/// Space to tilde.
public fun is_printable_char(byte: u8): bool { byte >= 0x20 && byte <= 0x7E }

public fun is_empty(string: &String): bool { string.bytes.is_empty() }

public fun to_uppercase(string: &String): String {
    String { bytes: string.bytes.map_ref!(|byte| char_to_uppercase(*byte)) }
}

public fun to_lowercase(string: &String): String {
    String { bytes: string.bytes.map_ref!(|byte| char_to_lowercase(*byte)) }
}

/// Where `substr` begins first; the length when it is not there.
public fun index_of(string: &String, substr: &String): u64 {
    let (all, wanted) = (string.length(), substr.length());
    let mut at = 0;
    while (at + wanted <= all) {
        let mut same = 0;
        while (same < wanted && string.bytes[at + same] == substr.bytes[same]) same = same + 1;
        if (same == wanted) return at;
        at = at + 1;
    };
    all
}

fun char_to_uppercase(byte: u8): u8 { if (byte >= 0x61 && byte <= 0x7A) byte - 0x20 else byte }

fun char_to_lowercase(byte: u8): u8 { if (byte >= 0x41 && byte <= 0x5A) byte + 0x20 else byte }
