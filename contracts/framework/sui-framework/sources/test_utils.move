/// Only for tests.
#[test_only]
module sui::test_utils;

public fun assert_eq<T: drop>(t1: T, t2: T) { assert_ref_eq(&t1, &t2) }

public fun assert_ref_eq<T>(t1: &T, t2: &T) {
    if (t1 != t2) {
        std::debug::print(t1);
        std::debug::print(t2);
        abort 1
    }
}

public fun assert_same_elems<T: drop>(v1: vector<T>, v2: vector<T>) {
    assert!(v1.length() == v2.length());
    v1.do_ref!(|e| assert!(v2.contains(e)));
    v2.do_ref!(|e| assert!(v1.contains(e)))
}

/// Makes away with any value, even one that cannot be dropped.
public fun destroy<T>(x: T) { std::unit_test::destroy(x) }

/// A value of a one-time witness; aborts where `T` is none.
public native fun create_one_time_witness<T: drop>(): T;
