/// ascii, string, type_name, address.
#[test_only]
module std::text_tests;

use std::{ascii, string, type_name};

public struct Mine has drop {}

public struct Box<phantom T> has drop {}

#[test]
fun ascii_strings() {
    let mut s = b"Hello".to_ascii_string();
    assert!(s.length() == 5 && !s.is_empty() && b"".to_ascii_string().is_empty());
    s.push_char(ascii::char(33));
    assert!(s.as_bytes() == &b"Hello!" && s.pop_char().byte() == 33);
    s.append(b", you".to_ascii_string());
    assert!(s.substring(0, 5) == b"Hello".to_ascii_string() && s.substring(3, 3).is_empty());
    s.insert(5, b" there".to_ascii_string());
    s.insert(0, b">".to_ascii_string());
    let end = s.length();
    s.insert(end, b"<".to_ascii_string());
    assert!(s.into_bytes() == b">Hello there, you<");
    assert!(
        s.index_of(&b"there".to_ascii_string()) == 7 && s.index_of(&b"x".to_ascii_string()) == 18,
    );
    assert!(s.index_of(&b"".to_ascii_string()) == 0);
    assert!(b"aZ@[`{z1".to_ascii_string().to_uppercase() == b"AZ@[`{Z1".to_ascii_string());
    assert!(b"aZ@[`{z1".to_ascii_string().to_lowercase() == b"az@[`{z1".to_ascii_string());
    assert!(b" ~".to_ascii_string().all_characters_printable());
    assert!(!b"\n".to_ascii_string().all_characters_printable());
    assert!(!ascii::is_printable_char(0x1F) && !ascii::is_printable_char(0x7F));
    assert!(ascii::is_valid_char(0x7F) && !ascii::is_valid_char(0x80));
    assert!(x"80".try_to_ascii_string().is_none() && b"a".try_to_ascii_string().is_some());
    assert!(b"abc".to_ascii_string().to_string() == b"abc".to_string());
}

#[test, expected_failure(abort_code = std::ascii::EInvalidASCIICharacter)]
fun ascii_of_other_bytes() { x"6180".to_ascii_string(); }

#[test, expected_failure(abort_code = std::ascii::EInvalidASCIICharacter)]
fun ascii_char_of_other_byte() { ascii::char(0x80); }

#[test, expected_failure(abort_code = std::ascii::EInvalidIndex)]
fun ascii_substring_past_the_end() { b"abc".to_ascii_string().substring(1, 4); }

#[test, expected_failure(abort_code = std::ascii::EInvalidIndex)]
fun ascii_substring_turned_around() { b"abc".to_ascii_string().substring(2, 1); }

#[test, expected_failure(abort_code = std::ascii::EInvalidIndex)]
fun ascii_insert_past_the_end() { b"abc".to_ascii_string().insert(4, b"".to_ascii_string()); }

/// "né€" is 6E C3A9 E282AC.
#[test]
fun utf8_strings() {
    let mut s = x"6EC3A9E282AC".to_string();
    assert!(s.length() == 6 && !s.is_empty() && s.as_bytes() == &x"6EC3A9E282AC");
    assert!(s.substring(1, 3).into_bytes() == x"C3A9" && s.substring(6, 6).is_empty());
    assert!(s.index_of(&x"E282AC".to_string()) == 3 && s.index_of(&b"x".to_string()) == 6);
    s.insert(3, b"--".to_string());
    assert!(s.into_bytes() == x"6EC3A92D2DE282AC");
    s.append(b"!".to_string());
    s.append_utf8(b"?");
    s.insert(10, b".".to_string());
    assert!(s.into_bytes() == x"6EC3A92D2DE282AC213F2E");
    assert!(x"C3".try_to_string().is_none() && x"C3A9".try_to_string().is_some());
    assert!(b"abc".to_string().to_ascii() == b"abc".to_ascii_string());
    assert!(string::from_ascii(b"abc".to_ascii_string()) == b"abc".to_string());
}

#[test, allow(deprecated_usage)]
fun old_names() {
    let s = b"abc".to_string();
    assert!(s.bytes() == &b"abc" && s.sub_string(1, 2) == b"b".to_string());
}

#[test, expected_failure(abort_code = std::string::EInvalidUTF8)]
fun utf8_of_other_bytes() { x"C328".to_string(); }

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun substring_inside_a_character() { x"C3A9".to_string().substring(0, 1); }

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun substring_past_the_end() { b"abc".to_string().substring(0, 4); }

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun substring_turned_around() { b"abc".to_string().substring(2, 1); }

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun insert_inside_a_character() { x"C3A9".to_string().insert(1, b"".to_string()); }

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun insert_past_the_end() { b"a".to_string().insert(2, b"".to_string()); }

#[test, expected_failure(abort_code = std::ascii::EInvalidASCIICharacter)]
fun utf8_that_is_not_ascii() { x"C3A9".to_string().to_ascii(); }

#[test]
fun type_names() {
    let mine = type_name::get<Box<Mine>>();
    let one = b"0000000000000000000000000000000000000000000000000000000000000001";
    assert!(
        mine.get_address().into_bytes() == one && mine.get_module().into_bytes() == b"text_tests",
    );
    let mut text = one;
    text.append(b"::text_tests::Box<");
    text.append(one);
    text.append(b"::text_tests::Mine>");
    assert!(mine.borrow_string().as_bytes() == &text && mine.into_string().into_bytes() == text);
    assert!(!mine.is_primitive() && type_name::get_with_original_ids<Box<Mine>>() == mine);
    assert!(type_name::get<u64>().into_string().into_bytes() == b"u64");
    assert!(
        type_name::get<vector<Mine>>().is_primitive() && type_name::get<address>().is_primitive(),
    );
    let all = vector[
        type_name::get<bool>(),
        type_name::get<u8>(),
        type_name::get<u16>(),
        type_name::get<u32>(),
        type_name::get<u64>(),
        type_name::get<u128>(),
        type_name::get<u256>(),
    ];
    assert!(all.all!(|name| name.is_primitive()));
}

#[test, expected_failure(abort_code = std::type_name::ENonModuleType)]
fun a_primitive_has_no_address() { type_name::get<u8>().get_address(); }

#[test, expected_failure(abort_code = std::type_name::ENonModuleType)]
fun a_primitive_has_no_module() { type_name::get<vector<Mine>>().get_module(); }

#[test]
fun address_length() { assert!(std::address::length() == 32) }
