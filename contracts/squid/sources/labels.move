/// What names may look like, so that each has one spelling and fits a reference and a URL.
module squid::labels;

use std::string::String;

const MAX_BYTES: u64 = 64;

/// Of Spaces and entries: 1 to 64 of `a-z 0-9 _ -`, the first a letter or digit.
public fun is_name(name: &String): bool {
    is_label(name.as_bytes(), false)
}

/// Of tags: the same, and dots after the first character.
public fun is_tag(tag: &String): bool {
    is_label(tag.as_bytes(), true)
}

fun is_label(bytes: &vector<u8>, dots: bool): bool {
    let length = bytes.length();
    if (length == 0 || length > MAX_BYTES || !is_alphanumeric(bytes[0])) return false;
    let mut i = 1;
    while (i < length) {
        let byte = bytes[i];
        let allowed =
            is_alphanumeric(byte) || byte == 0x2d || byte == 0x5f || (dots && byte == 0x2e);
        if (!allowed) return false;
        i = i + 1;
    };
    true
}

fun is_alphanumeric(byte: u8): bool {
    (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39)
}
