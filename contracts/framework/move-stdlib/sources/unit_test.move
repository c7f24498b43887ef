/// Only for tests.
#[test_only]
module std::unit_test;

/// The compiler plants a call to this in every module that it builds in test mode.
public native fun poison();

/// Makes away with any value, even one that cannot be dropped.
public native fun destroy<T>(x: T);

/// `assert!(a == b)` that says so in fewer words.
public macro fun assert_eq<$T: drop>($a: $T, $b: $T) {
    let a = $a;
    let b = $b;
    if (a != b) {
        std::debug::print(&a);
        std::debug::print(&b);
        abort 0xE9
    }
}
