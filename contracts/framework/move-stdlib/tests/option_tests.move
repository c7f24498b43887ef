#[test_only]
module std::option_tests;

#[test]
fun functions() {
    let mut o = option::some(5u64);
    assert!(o.is_some() && !o.is_none() && o.contains(&5) && !o.contains(&6));
    assert!(*o.borrow() == 5 && *o.borrow_with_default(&9) == 5 && o.get_with_default(9) == 5);
    *o.borrow_mut() = 6;
    assert!(o.swap(7) == 6 && o.swap_or_fill(8) == option::some(7) && o.extract() == 8);
    assert!(o.is_none() && *o.borrow_with_default(&9) == 9 && o.get_with_default(9) == 9);
    assert!(!o.contains(&8) && o.swap_or_fill(1).is_none());
    assert!(o.destroy_with_default(2) == 1 && option::none().destroy_with_default(2) == 2u8);
    assert!(option::some(3u8).destroy_some() == 3);
    option::none<u8>().destroy_none();
    assert!(option::some(3u8).to_vec() == vector[3] && option::none<u8>().to_vec().is_empty());
    let mut empty = option::none();
    empty.fill(4u8);
    assert!(empty == option::some(4));
}

#[test]
fun macros() {
    let (mut some, none) = (option::some(5u64), option::none<u64>());
    let mut sum = 0;
    some.do!(|v| sum = sum + v);
    none.do!(|v| sum = sum + v);
    some.do_ref!(|v| sum = sum + *v);
    some.do_mut!(|v| *v = *v + 1);
    some.destroy!(|v| sum = sum + v);
    assert!(sum == 16);
    assert!(some.or!(abort 1) == option::some(6) && none.or!(option::some(1)) == option::some(1));
    assert!(
        some.and!(|v| option::some(v > 5)) == option::some(true) && none.and!(|_| option::some(1u8)).is_none(),
    );
    assert!(
        some.and_ref!(|v| option::some(*v)) == some && none.and_ref!(|v| option::some(*v)).is_none(),
    );
    assert!(some.map!(|v| v * 2) == option::some(12) && none.map!(|v| v * 2).is_none());
    assert!(some.map_ref!(|v| *v * 2) == option::some(12) && none.map_ref!(|v| *v).is_none());
    assert!(
        some.filter!(|v| *v == 6) == some && some.filter!(|v| *v != 6).is_none() && none.filter!(|_| true).is_none(),
    );
    assert!(
        some.is_some_and!(|v| *v == 6) && !some.is_some_and!(|v| *v == 7) && !none.is_some_and!(|_| true),
    );
    assert!(
        none.is_none_or!(|_| false) && some.is_none_or!(|v| *v == 6) && !some.is_none_or!(|v| *v == 7),
    );
    assert!(some.destroy_or!(abort 1) == 6 && none.destroy_or!(3) == 3);
    assert!(some.extract_or!(9) == 6 && some.extract_or!(9) == 9);
}

#[test, expected_failure(abort_code = std::option::EOptionNotSet)]
fun borrow_nothing() { option::none<u8>().borrow(); }

#[test, expected_failure(abort_code = std::option::EOptionNotSet)]
fun borrow_mut_nothing() { option::none<u8>().borrow_mut(); }

#[test, expected_failure(abort_code = std::option::EOptionNotSet)]
fun extract_nothing() { option::none<u8>().extract(); }

#[test, expected_failure(abort_code = std::option::EOptionNotSet)]
fun swap_nothing() { option::none<u8>().swap(1); }

#[test, expected_failure(abort_code = std::option::EOptionNotSet)]
fun destroy_some_of_none() { option::none<u8>().destroy_some(); }

#[test, expected_failure(abort_code = std::option::EOptionIsSet)]
fun fill_twice() { option::some(1u8).fill(2); }

#[test, expected_failure(abort_code = std::option::EOptionIsSet)]
fun destroy_none_of_some() { option::some(1u8).destroy_none(); }
