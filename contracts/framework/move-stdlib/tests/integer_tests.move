/// Integers of every width. Expected values are worked out by hand.
#[test_only]
module std::integer_tests;

#[test]
fun u8_methods() {
    let max = std::u8::max_value!();
    assert!(max == 255);
    assert!((0u8).bitwise_not() == max && max.bitwise_not() == 0 && (5u8).bitwise_not() == 250);
    assert!((3u8).max(7) == 7 && (7u8).max(3) == 7 && (3u8).min(7) == 3 && (7u8).min(3) == 3);
    assert!((3u8).diff(10) == 7 && (10u8).diff(3) == 7 && max.diff(max) == 0);
    assert!((7u8).divide_and_round_up(2) == 4 && (8u8).divide_and_round_up(2) == 4);
    assert!((0u8).divide_and_round_up(9) == 0 && max.divide_and_round_up(1) == max);
    assert!((3u8).pow(4) == 81 && (2u8).pow(7) == 128 && (0u8).pow(0) == 1);
    assert!((1u8).pow(255) == 1 && (10u8).pow(0) == 1);
    assert!((0u8).to_string() == b"0".to_string() && (120u8).to_string() == b"120".to_string());
    assert!(max.to_string() == b"255".to_string());
    assert!((0u8).sqrt() == 0 && (1u8).sqrt() == 1 && (3u8).sqrt() == 1 && (4u8).sqrt() == 2);
    assert!((99u8).sqrt() == 9 && (100u8).sqrt() == 10 && max.sqrt() == 15);
    assert!((225u8).sqrt() == 15 && (224u8).sqrt() == 14);
    let mut seen = vector[];
    (3u8).do!(|i| seen.push_back(i));
    (2u8).do_eq!(|i| seen.push_back(i));
    (5u8).range_do!(7, |i| seen.push_back(i));
    (max - 1).range_do_eq!(max, |i| seen.push_back(i));
    (7u8).range_do!(7, |i| seen.push_back(i));
    (9u8).range_do_eq!(7, |i| seen.push_back(i));
    assert!(seen == vector[0, 1, 2, 0, 1, 2, 5, 6, max - 1, max]);
}

#[test, expected_failure(arithmetic_error, location = std::u8)]
fun u8_pow_overflows() { (2u8).pow(8); }

#[test, expected_failure(arithmetic_error, location = std::u8)]
fun u8_division_by_zero() { (1u8).divide_and_round_up(0); }

#[test]
fun u16_methods() {
    let max = std::u16::max_value!();
    assert!(max == 65535);
    assert!((0u16).bitwise_not() == max && max.bitwise_not() == 0 && (5u16).bitwise_not() == 65530);
    assert!((3u16).max(7) == 7 && (7u16).max(3) == 7 && (3u16).min(7) == 3 && (7u16).min(3) == 3);
    assert!((3u16).diff(10) == 7 && (10u16).diff(3) == 7 && max.diff(max) == 0);
    assert!((7u16).divide_and_round_up(2) == 4 && (8u16).divide_and_round_up(2) == 4);
    assert!((0u16).divide_and_round_up(9) == 0 && max.divide_and_round_up(1) == max);
    assert!((3u16).pow(4) == 81 && (2u16).pow(15) == 32768 && (0u16).pow(0) == 1);
    assert!((1u16).pow(255) == 1 && (10u16).pow(0) == 1);
    assert!((0u16).to_string() == b"0".to_string() && (120u16).to_string() == b"120".to_string());
    assert!(max.to_string() == b"65535".to_string());
    assert!((0u16).sqrt() == 0 && (1u16).sqrt() == 1 && (3u16).sqrt() == 1 && (4u16).sqrt() == 2);
    assert!((99u16).sqrt() == 9 && (100u16).sqrt() == 10 && max.sqrt() == 255);
    assert!((65025u16).sqrt() == 255 && (65024u16).sqrt() == 254);
    assert!((255u16).try_as_u8() == option::some(255u8));
    assert!((256u16).try_as_u8() == option::none() && max.try_as_u8().is_none());
    let mut seen = vector[];
    (3u16).do!(|i| seen.push_back(i));
    (2u16).do_eq!(|i| seen.push_back(i));
    (5u16).range_do!(7, |i| seen.push_back(i));
    (max - 1).range_do_eq!(max, |i| seen.push_back(i));
    (7u16).range_do!(7, |i| seen.push_back(i));
    (9u16).range_do_eq!(7, |i| seen.push_back(i));
    assert!(seen == vector[0, 1, 2, 0, 1, 2, 5, 6, max - 1, max]);
}

#[test, expected_failure(arithmetic_error, location = std::u16)]
fun u16_pow_overflows() { (2u16).pow(16); }

#[test, expected_failure(arithmetic_error, location = std::u16)]
fun u16_division_by_zero() { (1u16).divide_and_round_up(0); }

#[test]
fun u32_methods() {
    let max = std::u32::max_value!();
    assert!(max == 4294967295);
    assert!(
        (0u32).bitwise_not() == max && max.bitwise_not() == 0 && (5u32).bitwise_not() == 4294967290,
    );
    assert!((3u32).max(7) == 7 && (7u32).max(3) == 7 && (3u32).min(7) == 3 && (7u32).min(3) == 3);
    assert!((3u32).diff(10) == 7 && (10u32).diff(3) == 7 && max.diff(max) == 0);
    assert!((7u32).divide_and_round_up(2) == 4 && (8u32).divide_and_round_up(2) == 4);
    assert!((0u32).divide_and_round_up(9) == 0 && max.divide_and_round_up(1) == max);
    assert!((3u32).pow(4) == 81 && (2u32).pow(31) == 2147483648 && (0u32).pow(0) == 1);
    assert!((1u32).pow(255) == 1 && (10u32).pow(0) == 1);
    assert!((0u32).to_string() == b"0".to_string() && (120u32).to_string() == b"120".to_string());
    assert!(max.to_string() == b"4294967295".to_string());
    assert!((0u32).sqrt() == 0 && (1u32).sqrt() == 1 && (3u32).sqrt() == 1 && (4u32).sqrt() == 2);
    assert!((99u32).sqrt() == 9 && (100u32).sqrt() == 10 && max.sqrt() == 65535);
    assert!((4294836225u32).sqrt() == 65535 && (4294836224u32).sqrt() == 65534);
    assert!((255u32).try_as_u8() == option::some(255u8));
    assert!((256u32).try_as_u8() == option::none() && max.try_as_u8().is_none());
    assert!((65535u32).try_as_u16() == option::some(65535u16));
    assert!((65536u32).try_as_u16() == option::none() && max.try_as_u16().is_none());
    let mut seen = vector[];
    (3u32).do!(|i| seen.push_back(i));
    (2u32).do_eq!(|i| seen.push_back(i));
    (5u32).range_do!(7, |i| seen.push_back(i));
    (max - 1).range_do_eq!(max, |i| seen.push_back(i));
    (7u32).range_do!(7, |i| seen.push_back(i));
    (9u32).range_do_eq!(7, |i| seen.push_back(i));
    assert!(seen == vector[0, 1, 2, 0, 1, 2, 5, 6, max - 1, max]);
}

#[test, expected_failure(arithmetic_error, location = std::u32)]
fun u32_pow_overflows() { (2u32).pow(32); }

#[test, expected_failure(arithmetic_error, location = std::u32)]
fun u32_division_by_zero() { (1u32).divide_and_round_up(0); }

#[test]
fun u64_methods() {
    let max = std::u64::max_value!();
    assert!(max == 18446744073709551615);
    assert!(
        (0u64).bitwise_not() == max && max.bitwise_not() == 0 && (5u64).bitwise_not() == 18446744073709551610,
    );
    assert!((3u64).max(7) == 7 && (7u64).max(3) == 7 && (3u64).min(7) == 3 && (7u64).min(3) == 3);
    assert!((3u64).diff(10) == 7 && (10u64).diff(3) == 7 && max.diff(max) == 0);
    assert!((7u64).divide_and_round_up(2) == 4 && (8u64).divide_and_round_up(2) == 4);
    assert!((0u64).divide_and_round_up(9) == 0 && max.divide_and_round_up(1) == max);
    assert!((3u64).pow(4) == 81 && (2u64).pow(63) == 9223372036854775808 && (0u64).pow(0) == 1);
    assert!((1u64).pow(255) == 1 && (10u64).pow(0) == 1);
    assert!((0u64).to_string() == b"0".to_string() && (120u64).to_string() == b"120".to_string());
    assert!(max.to_string() == b"18446744073709551615".to_string());
    assert!((0u64).sqrt() == 0 && (1u64).sqrt() == 1 && (3u64).sqrt() == 1 && (4u64).sqrt() == 2);
    assert!((99u64).sqrt() == 9 && (100u64).sqrt() == 10 && max.sqrt() == 4294967295);
    assert!(
        (18446744065119617025u64).sqrt() == 4294967295 && (18446744065119617024u64).sqrt() == 4294967294,
    );
    assert!((255u64).try_as_u8() == option::some(255u8));
    assert!((256u64).try_as_u8() == option::none() && max.try_as_u8().is_none());
    assert!((65535u64).try_as_u16() == option::some(65535u16));
    assert!((65536u64).try_as_u16() == option::none() && max.try_as_u16().is_none());
    assert!((4294967295u64).try_as_u32() == option::some(4294967295u32));
    assert!((4294967296u64).try_as_u32() == option::none() && max.try_as_u32().is_none());
    let mut seen = vector[];
    (3u64).do!(|i| seen.push_back(i));
    (2u64).do_eq!(|i| seen.push_back(i));
    (5u64).range_do!(7, |i| seen.push_back(i));
    (max - 1).range_do_eq!(max, |i| seen.push_back(i));
    (7u64).range_do!(7, |i| seen.push_back(i));
    (9u64).range_do_eq!(7, |i| seen.push_back(i));
    assert!(seen == vector[0, 1, 2, 0, 1, 2, 5, 6, max - 1, max]);
}

#[test, expected_failure(arithmetic_error, location = std::u64)]
fun u64_pow_overflows() { (2u64).pow(64); }

#[test, expected_failure(arithmetic_error, location = std::u64)]
fun u64_division_by_zero() { (1u64).divide_and_round_up(0); }

#[test]
fun u128_methods() {
    let max = std::u128::max_value!();
    assert!(max == 340282366920938463463374607431768211455);
    assert!(
        (0u128).bitwise_not() == max && max.bitwise_not() == 0 && (5u128).bitwise_not() == 340282366920938463463374607431768211450,
    );
    assert!(
        (3u128).max(7) == 7 && (7u128).max(3) == 7 && (3u128).min(7) == 3 && (7u128).min(3) == 3,
    );
    assert!((3u128).diff(10) == 7 && (10u128).diff(3) == 7 && max.diff(max) == 0);
    assert!((7u128).divide_and_round_up(2) == 4 && (8u128).divide_and_round_up(2) == 4);
    assert!((0u128).divide_and_round_up(9) == 0 && max.divide_and_round_up(1) == max);
    assert!(
        (3u128).pow(4) == 81 && (2u128).pow(127) == 170141183460469231731687303715884105728 && (0u128).pow(0) == 1,
    );
    assert!((1u128).pow(255) == 1 && (10u128).pow(0) == 1);
    assert!((0u128).to_string() == b"0".to_string() && (120u128).to_string() == b"120".to_string());
    assert!(max.to_string() == b"340282366920938463463374607431768211455".to_string());
    assert!(
        (0u128).sqrt() == 0 && (1u128).sqrt() == 1 && (3u128).sqrt() == 1 && (4u128).sqrt() == 2,
    );
    assert!((99u128).sqrt() == 9 && (100u128).sqrt() == 10 && max.sqrt() == 18446744073709551615);
    assert!(
        (340282366920938463426481119284349108225u128).sqrt() == 18446744073709551615 && (340282366920938463426481119284349108224u128).sqrt() == 18446744073709551614,
    );
    assert!((255u128).try_as_u8() == option::some(255u8));
    assert!((256u128).try_as_u8() == option::none() && max.try_as_u8().is_none());
    assert!((65535u128).try_as_u16() == option::some(65535u16));
    assert!((65536u128).try_as_u16() == option::none() && max.try_as_u16().is_none());
    assert!((4294967295u128).try_as_u32() == option::some(4294967295u32));
    assert!((4294967296u128).try_as_u32() == option::none() && max.try_as_u32().is_none());
    assert!((18446744073709551615u128).try_as_u64() == option::some(18446744073709551615u64));
    assert!(
        (18446744073709551616u128).try_as_u64() == option::none() && max.try_as_u64().is_none(),
    );
    let mut seen = vector[];
    (3u128).do!(|i| seen.push_back(i));
    (2u128).do_eq!(|i| seen.push_back(i));
    (5u128).range_do!(7, |i| seen.push_back(i));
    (max - 1).range_do_eq!(max, |i| seen.push_back(i));
    (7u128).range_do!(7, |i| seen.push_back(i));
    (9u128).range_do_eq!(7, |i| seen.push_back(i));
    assert!(seen == vector[0, 1, 2, 0, 1, 2, 5, 6, max - 1, max]);
}

#[test, expected_failure(arithmetic_error, location = std::u128)]
fun u128_pow_overflows() { (2u128).pow(128); }

#[test, expected_failure(arithmetic_error, location = std::u128)]
fun u128_division_by_zero() { (1u128).divide_and_round_up(0); }

#[test]
fun u256_methods() {
    let max = std::u256::max_value!();
    assert!(max == 115792089237316195423570985008687907853269984665640564039457584007913129639935);
    assert!(
        (0u256).bitwise_not() == max && max.bitwise_not() == 0 && (5u256).bitwise_not() == 115792089237316195423570985008687907853269984665640564039457584007913129639930,
    );
    assert!(
        (3u256).max(7) == 7 && (7u256).max(3) == 7 && (3u256).min(7) == 3 && (7u256).min(3) == 3,
    );
    assert!((3u256).diff(10) == 7 && (10u256).diff(3) == 7 && max.diff(max) == 0);
    assert!((7u256).divide_and_round_up(2) == 4 && (8u256).divide_and_round_up(2) == 4);
    assert!((0u256).divide_and_round_up(9) == 0 && max.divide_and_round_up(1) == max);
    assert!(
        (3u256).pow(4) == 81 && (2u256).pow(255) == 57896044618658097711785492504343953926634992332820282019728792003956564819968 && (0u256).pow(0) == 1,
    );
    assert!((1u256).pow(255) == 1 && (10u256).pow(0) == 1);
    assert!((0u256).to_string() == b"0".to_string() && (120u256).to_string() == b"120".to_string());
    assert!(
        max.to_string() == b"115792089237316195423570985008687907853269984665640564039457584007913129639935".to_string(),
    );
    assert!((255u256).try_as_u8() == option::some(255u8));
    assert!((256u256).try_as_u8() == option::none() && max.try_as_u8().is_none());
    assert!((65535u256).try_as_u16() == option::some(65535u16));
    assert!((65536u256).try_as_u16() == option::none() && max.try_as_u16().is_none());
    assert!((4294967295u256).try_as_u32() == option::some(4294967295u32));
    assert!((4294967296u256).try_as_u32() == option::none() && max.try_as_u32().is_none());
    assert!((18446744073709551615u256).try_as_u64() == option::some(18446744073709551615u64));
    assert!(
        (18446744073709551616u256).try_as_u64() == option::none() && max.try_as_u64().is_none(),
    );
    assert!(
        (340282366920938463463374607431768211455u256).try_as_u128() == option::some(340282366920938463463374607431768211455u128),
    );
    assert!(
        (340282366920938463463374607431768211456u256).try_as_u128() == option::none() && max.try_as_u128().is_none(),
    );
    let mut seen = vector[];
    (3u256).do!(|i| seen.push_back(i));
    (2u256).do_eq!(|i| seen.push_back(i));
    (5u256).range_do!(7, |i| seen.push_back(i));
    (max - 1).range_do_eq!(max, |i| seen.push_back(i));
    (7u256).range_do!(7, |i| seen.push_back(i));
    (9u256).range_do_eq!(7, |i| seen.push_back(i));
    assert!(seen == vector[0, 1, 2, 0, 1, 2, 5, 6, max - 1, max]);
}

#[test, expected_failure(arithmetic_error, location = std::u256)]
fun u256_pow_overflows() { (2u256).pow(255).pow(2); }

#[test, expected_failure(arithmetic_error, location = std::u256)]
fun u256_division_by_zero() { (1u256).divide_and_round_up(0); }
