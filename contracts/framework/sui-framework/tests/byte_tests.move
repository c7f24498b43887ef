/// Hex, addresses, BCS, hashes, signatures. What needs the curve itself is tested where our own natives are:
/// the test runner's are empty.
#[test_only]
module sui::byte_tests;

use sui::{address, bcs, bls12381, group_ops, hex};

#[test]
fun hex_digits() {
    assert!(hex::encode(x"00ff5A") == b"00ff5a" && hex::encode(b"") == b"");
    assert!(hex::decode(b"00fF5a") == x"00ff5a" && hex::decode(b"") == b"");
}

#[test, expected_failure(abort_code = hex::EInvalidHexLength)]
fun half_a_byte() { hex::decode(b"123"); }

#[test, expected_failure(abort_code = hex::ENotValidHexCharacter)]
fun no_digit() { hex::decode(b"1g"); }

#[test]
fun addresses() {
    let text = b"00000000000000000000000000000000000000000000000000000000000aBCdE";
    let low = b"00000000000000000000000000000000000000000000000000000000000abcde";
    assert!(
        address::from_ascii_bytes(&text) == @0xabcde && @0xabcde.to_string() == low.to_string(),
    );
    assert!(@0xabcde.to_ascii_string().into_bytes() == low && address::length() == 32);
    assert!(@0xabcde.to_u256() == 0xabcde && address::from_u256(0xabcde) == @0xabcde);
    assert!(address::max() == std::u256::max_value!());
    assert!(address::from_bytes(@0x7.to_bytes()) == @0x7 && @0x7.to_id().to_address() == @0x7);
}

#[test, expected_failure(abort_code = address::EAddressParseError)]
fun an_address_that_is_too_short() { address::from_ascii_bytes(&b"12"); }

#[test, expected_failure(abort_code = address::EAddressParseError)]
fun an_address_with_a_letter() {
    address::from_ascii_bytes(&b"0x00000000000000000000000000000000000000000000000000000000000abc");
}

#[test, expected_failure(abort_code = address::EAddressParseError)]
fun an_address_of_bytes_that_is_too_short() { address::from_bytes(x"12"); }

#[test]
fun peeling() {
    let mut b = bcs::new(x"01ff0102010203040102030405060708");
    assert!(b.peel_bool() && b.peel_u8() == 255 && b.peel_u16() == 0x0201);
    assert!(b.peel_u32() == 0x04030201 && b.peel_u64() == 0x0807060504030201);
    assert!(b.into_remainder_bytes().is_empty());
    let (big, bigger) = (0x102030405060708090A0B0C0D0E0F10u128, std::u256::max_value!() - 3);
    let mut b = bcs::new(bcs::to_bytes(&big));
    assert!(b.peel_u128() == big);
    let mut b = bcs::new(bcs::to_bytes(&bigger));
    assert!(b.peel_u256() == bigger);
    let mut b = bcs::new(bcs::to_bytes(&@0x42));
    assert!(b.peel_address() == @0x42);
    let mut b = bcs::new(x"e5070201ff");
    assert!(b.peel_vec_length() == 0x3e5 && b.peel_vec_u8() == x"01ff");
    assert!(bcs::new(x"0203").into_remainder_bytes() == x"0203");
    let mut b = bcs::new(x"8080010405");
    assert!(b.peel_enum_tag() == 0x4000 && b.into_remainder_bytes() == x"0405");
}

#[test]
fun peeling_lists() {
    let mut b = bcs::new(bcs::to_bytes(&vector[@0x1, @0x2]));
    assert!(b.peel_vec_address() == vector[@0x1, @0x2]);
    let mut b = bcs::new(bcs::to_bytes(&vector[true, false]));
    assert!(b.peel_vec_bool() == vector[true, false]);
    let mut b = bcs::new(bcs::to_bytes(&vector[b"ab", b""]));
    assert!(b.peel_vec_vec_u8() == vector[b"ab", b""]);
    let mut b = bcs::new(bcs::to_bytes(&vector[1u16, 2]));
    assert!(b.peel_vec_u16() == vector[1, 2]);
    let mut b = bcs::new(bcs::to_bytes(&vector[1u32, 2]));
    assert!(b.peel_vec_u32() == vector[1, 2]);
    let mut b = bcs::new(bcs::to_bytes(&vector[1u64, 2]));
    assert!(b.peel_vec_u64() == vector[1, 2]);
    let mut b = bcs::new(bcs::to_bytes(&vector[1u128, 2]));
    assert!(b.peel_vec_u128() == vector[1, 2]);
    let mut b = bcs::new(bcs::to_bytes(&vector[1u256, 2]));
    assert!(b.peel_vec_u256() == vector[1, 2]);
    let mut b = bcs::new(bcs::to_bytes(&option::some(@0x1)));
    assert!(b.peel_option_address() == option::some(@0x1));
    let mut b = bcs::new(x"010100010500");
    assert!(b.peel_option_bool() == option::some(true) && b.peel_option_u8().is_none());
    assert!(b.peel_option_u16() == option::some(5));
    let mut b = bcs::new(bcs::to_bytes(&vector[option::some(7u32), option::none()]));
    assert!(
        b.peel_vec_length() == 2 && b.peel_option_u32() == option::some(7) && b.peel_option_u64().is_none(),
    );
    let mut b = bcs::new(bcs::to_bytes(&option::some(7u64)));
    assert!(b.peel_option_u64() == option::some(7));
    let mut b = bcs::new(bcs::to_bytes(&option::some(7u128)));
    assert!(b.peel_option_u128() == option::some(7));
    let mut b = bcs::new(bcs::to_bytes(&option::some(7u256)));
    assert!(b.peel_option_u256() == option::some(7));
}

#[test, expected_failure(abort_code = bcs::EOutOfRange)]
fun no_byte_left() { bcs::new(b"").peel_u8(); }

#[test, expected_failure(abort_code = bcs::EOutOfRange)]
fun a_number_cut_short() { bcs::new(x"010203").peel_u32(); }

#[test, expected_failure(abort_code = bcs::EOutOfRange)]
fun an_address_cut_short() { bcs::new(x"010203").peel_address(); }

#[test, expected_failure(abort_code = bcs::EOutOfRange)]
fun a_tag_too_large() { bcs::new(x"8080808010").peel_enum_tag(); }

#[test, expected_failure(abort_code = bcs::ENotBool)]
fun neither_true_nor_false() { bcs::new(x"02").peel_bool(); }

#[test, expected_failure(abort_code = bcs::ELenOutOfRange)]
fun a_length_too_long() { bcs::new(x"808080808001").peel_vec_length(); }

// RFC 7693 (BLAKE2b with 32 bytes of output), the Keccak team's and RFC 4231-like vectors: "abc" and "".
#[test]
fun hashes() {
    assert!(
        sui::hash::blake2b256(&b"abc") ==
            x"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
    );
    assert!(
        sui::hash::keccak256(&b"") ==
            x"c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    );
    // NIST's HMAC-SHA3-256 example: key 00 01 … 1f.
    assert!(
        sui::hmac::hmac_sha3_256(
            &x"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            &b"Sample message for keylen<blocklen",
        ) == x"4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205",
    );
}

// RFC 8032, section 7.1, test 2.
#[test]
fun ed25519() {
    let key = x"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let signature =
        x"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    assert!(sui::ed25519::ed25519_verify(&signature, &key, &x"72"));
    assert!(!sui::ed25519::ed25519_verify(&signature, &key, &x"73"));
    assert!(!sui::ed25519::ed25519_verify(&x"00", &key, &x"72"));
}

#[test]
fun prefixes() {
    let mut buffer = vector::tabulate!(10, |_| 9u8);
    group_ops::set_as_prefix(0x0102, false, &mut buffer);
    assert!(buffer == x"02010000000000000909");
    group_ops::set_as_prefix(0x0102, true, &mut buffer);
    assert!(buffer == x"02010000000000000102");
}

#[test, expected_failure(abort_code = group_ops::EInvalidBufferLength)]
fun too_short_a_buffer() { group_ops::set_as_prefix(1, true, &mut x"00000000000000") }

#[test, expected_failure(abort_code = group_ops::EInvalidInput)]
fun no_terms() { bls12381::g1_multi_scalar_multiplication(&vector[], &vector[]); }

#[test, expected_failure(abort_code = group_ops::EInvalidInput)]
fun more_scalars_than_points() {
    bls12381::g1_multi_scalar_multiplication(&vector[bls12381::scalar_one()], &vector[]);
}

#[test, allow(deprecated_usage)]
fun old_names() {
    assert!(sui::math::max(1, 2) == 2 && sui::math::min(1, 2) == 1 && sui::math::diff(1, 3) == 2);
    assert!(
        sui::math::pow(2, 5) == 32 && sui::math::sqrt(17) == 4 && sui::math::sqrt_u128(17) == 4,
    );
    assert!(sui::math::divide_and_round_up(7, 2) == 4);
}

#[test]
fun test_utils() {
    sui::test_utils::assert_eq(1u8, 1);
    sui::test_utils::assert_same_elems(vector[1u8, 2], vector[2, 1]);
    sui::test_utils::destroy(sui::balance::create_for_testing<u8>(5));
}
