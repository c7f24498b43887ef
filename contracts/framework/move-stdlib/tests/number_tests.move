/// Fixed point, bit vectors, bytes and hashes.
#[test_only]
module std::number_tests;

use std::{bit_vector, fixed_point32 as fp, uq32_32, uq64_64};

#[test]
fun fixed_point32() {
    let half = fp::create_from_rational(1, 2);
    assert!(half.get_raw_value() == 0x8000_0000 && !half.is_zero());
    assert!(fp::multiply_u64(7, half) == 3 && fp::divide_u64(7, half) == 14);
    assert!(
        fp::create_from_rational(0, 5).is_zero() && fp::create_from_raw_value(3).get_raw_value() == 3,
    );
}

#[test, expected_failure(abort_code = fp::EDENOMINATOR)]
fun fixed_point32_denominator() { fp::create_from_rational(1, 0); }

#[test, expected_failure(abort_code = fp::ERATIO_OUT_OF_RANGE)]
fun fixed_point32_too_small() { fp::create_from_rational(1, 0x1_0000_0001); }

#[test, expected_failure(abort_code = fp::ERATIO_OUT_OF_RANGE)]
fun fixed_point32_too_large() { fp::create_from_rational(0x1_0000_0000, 1); }

#[test, expected_failure(abort_code = fp::EMULTIPLICATION)]
fun fixed_point32_product() {
    fp::multiply_u64(std::u64::max_value!(), fp::create_from_rational(2, 1));
}

#[test, expected_failure(abort_code = fp::EDIVISION)]
fun fixed_point32_quotient() {
    fp::divide_u64(std::u64::max_value!(), fp::create_from_rational(1, 2));
}

#[test, expected_failure(abort_code = fp::EDIVISION_BY_ZERO)]
fun fixed_point32_zero() { fp::divide_u64(1, fp::create_from_raw_value(0)); }

#[test]
fun bits() {
    let mut v = bit_vector::new(10);
    assert!(v.length() == 10 && !v.is_index_set(9));
    v.set(3);
    v.set(4);
    v.set(9);
    assert!(v.is_index_set(3) && v.longest_set_sequence_starting_at(3) == 2);
    assert!(
        v.longest_set_sequence_starting_at(9) == 1 && v.longest_set_sequence_starting_at(5) == 0,
    );
    v.unset(4);
    assert!(!v.is_index_set(4));
    v.shift_left(3);
    assert!(v.is_index_set(0) && v.is_index_set(6) && !v.is_index_set(9) && !v.is_index_set(3));
    v.shift_left(std::u64::max_value!());
    assert!(v == bit_vector::new(10));
}

#[test, expected_failure(abort_code = bit_vector::ELENGTH)]
fun bits_none() { bit_vector::new(0); }

#[test, expected_failure(abort_code = bit_vector::ELENGTH)]
fun bits_too_many() { bit_vector::new(1024); }

#[test, expected_failure(abort_code = bit_vector::EINDEX)]
fun bits_set() { bit_vector::new(8).set(8); }

#[test, expected_failure(abort_code = bit_vector::EINDEX)]
fun bits_unset() { bit_vector::new(8).unset(8); }

#[test, expected_failure(abort_code = bit_vector::EINDEX)]
fun bits_is_set() { bit_vector::new(8).is_index_set(8); }

#[test, expected_failure(abort_code = bit_vector::EINDEX)]
fun bits_longest() { bit_vector::new(8).longest_set_sequence_starting_at(8); }

// From FIPS 180-4 and FIPS 202: the message "abc".
#[test]
fun hashes() {
    assert!(
        std::hash::sha2_256(b"abc") ==
            x"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    assert!(
        std::hash::sha3_256(b"abc") ==
            x"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    );
}

public struct Record has drop { a: u8, b: vector<u16>, c: Option<bool>, d: address }

#[test]
fun bytes() {
    let record = Record { a: 1, b: vector[2, 0x304], c: option::some(true), d: @0x5 };
    assert!(
        std::bcs::to_bytes(&record) ==
            x"01020200040301010000000000000000000000000000000000000000000000000000000000000005",
    );
    std::debug::print(&record);
}

#[test]
fun uq32_32() {
    let half = uq32_32::from_quotient(1, 2);
    let three = uq32_32::from_int(3);
    assert!(
        half.to_raw() == 2147483648 && three.to_raw() == 12884901888 && uq32_32::from_raw(4294967296).to_int() == 1,
    );
    assert!(three.add(half).to_raw() == 15032385536 && three.sub(half).to_raw() == 10737418240);
    assert!(three.mul(half).to_raw() == 6442450944 && three.div(half).to_int() == 6);
    assert!(
        three.add(half).to_int() == 3 && uq32_32::int_mul(7, half) == 3 && uq32_32::int_div(7, half) == 14,
    );
    assert!(half.lt(three) && half.le(half) && three.gt(half) && three.ge(three));
    assert!(
        !three.lt(half) && !half.lt(half) && !three.le(half) && !half.gt(half) && !half.ge(three),
    );
    assert!(
        uq32_32::from_quotient(0, 7).to_raw() == 0 && uq32_32::from_quotient(1, 3).to_raw() == 1431655765,
    );
}

#[test, expected_failure(abort_code = uq32_32::EDenominator)]
fun uq32_32_denominator() { uq32_32::from_quotient(1, 0); }

#[test, expected_failure(abort_code = uq32_32::EQuotientTooSmall)]
fun uq32_32_too_small() { uq32_32::from_quotient(1, 4294967297); }

#[test, expected_failure(abort_code = uq32_32::EQuotientTooLarge)]
fun uq32_32_too_large() { uq32_32::from_quotient(4294967296, 1); }

#[test, expected_failure(abort_code = uq32_32::EOverflow)]
fun uq32_32_sum() { uq32_32::from_raw(18446744073709551615).add(uq32_32::from_raw(1)); }

#[test, expected_failure(abort_code = uq32_32::EOverflow)]
fun uq32_32_difference() { uq32_32::from_raw(1).sub(uq32_32::from_raw(2)); }

#[test, expected_failure(abort_code = uq32_32::EOverflow)]
fun uq32_32_product() { uq32_32::int_mul(18446744073709551615, uq32_32::from_int(2)); }

#[test, expected_failure(abort_code = uq32_32::EOverflow)]
fun uq32_32_quotient() { uq32_32::int_div(18446744073709551615, uq32_32::from_quotient(1, 2)); }

#[test, expected_failure(abort_code = uq32_32::EDivisionByZero)]
fun uq32_32_zero() { uq32_32::int_div(1, uq32_32::from_raw(0)); }

#[test]
fun uq64_64() {
    let half = uq64_64::from_quotient(1, 2);
    let three = uq64_64::from_int(3);
    assert!(
        half.to_raw() == 9223372036854775808 && three.to_raw() == 55340232221128654848 && uq64_64::from_raw(18446744073709551616).to_int() == 1,
    );
    assert!(
        three.add(half).to_raw() == 64563604257983430656 && three.sub(half).to_raw() == 46116860184273879040,
    );
    assert!(three.mul(half).to_raw() == 27670116110564327424 && three.div(half).to_int() == 6);
    assert!(
        three.add(half).to_int() == 3 && uq64_64::int_mul(7, half) == 3 && uq64_64::int_div(7, half) == 14,
    );
    assert!(half.lt(three) && half.le(half) && three.gt(half) && three.ge(three));
    assert!(
        !three.lt(half) && !half.lt(half) && !three.le(half) && !half.gt(half) && !half.ge(three),
    );
    assert!(
        uq64_64::from_quotient(0, 7).to_raw() == 0 && uq64_64::from_quotient(1, 3).to_raw() == 6148914691236517205,
    );
}

#[test, expected_failure(abort_code = uq64_64::EDenominator)]
fun uq64_64_denominator() { uq64_64::from_quotient(1, 0); }

#[test, expected_failure(abort_code = uq64_64::EQuotientTooSmall)]
fun uq64_64_too_small() { uq64_64::from_quotient(1, 18446744073709551617); }

#[test, expected_failure(abort_code = uq64_64::EQuotientTooLarge)]
fun uq64_64_too_large() { uq64_64::from_quotient(18446744073709551616, 1); }

#[test, expected_failure(abort_code = uq64_64::EOverflow)]
fun uq64_64_sum() {
    uq64_64::from_raw(340282366920938463463374607431768211455).add(uq64_64::from_raw(1));
}

#[test, expected_failure(abort_code = uq64_64::EOverflow)]
fun uq64_64_difference() { uq64_64::from_raw(1).sub(uq64_64::from_raw(2)); }

#[test, expected_failure(abort_code = uq64_64::EOverflow)]
fun uq64_64_product() {
    uq64_64::int_mul(340282366920938463463374607431768211455, uq64_64::from_int(2));
}

#[test, expected_failure(abort_code = uq64_64::EOverflow)]
fun uq64_64_quotient() {
    uq64_64::int_div(340282366920938463463374607431768211455, uq64_64::from_quotient(1, 2));
}

#[test, expected_failure(abort_code = uq64_64::EDivisionByZero)]
fun uq64_64_zero() { uq64_64::int_div(1, uq64_64::from_raw(0)); }
