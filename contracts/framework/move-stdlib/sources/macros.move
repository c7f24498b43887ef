/// Macros that the integer modules share. They are written for any integer type, so each module
/// names them again for its own.
module std::macros;

public macro fun num_max<$T>($x: $T, $y: $T): $T {
    let x = $x;
    let y = $y;
    if (x > y) x else y
}

public macro fun num_min<$T>($x: $T, $y: $T): $T {
    let x = $x;
    let y = $y;
    if (x < y) x else y
}

public macro fun num_diff<$T>($x: $T, $y: $T): $T {
    let x = $x;
    let y = $y;
    if (x > y) x - y else y - x
}

/// Aborts with an arithmetic error when `$y` is zero.
public macro fun num_divide_and_round_up<$T>($x: $T, $y: $T): $T {
    let x = $x;
    let y = $y;
    if (x % y == 0) x / y else x / y + 1
}

/// By repeated squaring; an overflow is an arithmetic error.
public macro fun num_pow<$T>($base: $T, $exponent: u8): $T {
    let mut base = $base;
    let mut left = $exponent;
    let mut power: $T = 1;
    while (left > 0) {
        if (left % 2 == 1) power = power * base;
        left = left / 2;
        if (left > 0) base = base * base;
    };
    power
}

/// The largest whole number whose square is not above `$x`, a bit at a time in base 4.
/// `$U` is a type with room for `$T`, `$bit` the highest power of four in `$T`.
public macro fun num_sqrt<$T, $U>($x: $T, $bit: $U): $T {
    let mut rest = $x as $U;
    let mut bit = $bit;
    let mut root: $U = 0;
    while (bit != 0) {
        if (rest >= root + bit) {
            rest = rest - (root + bit);
            root = (root >> 1) + bit;
        } else {
            root = root >> 1;
        };
        bit = bit >> 2;
    };
    root as $T
}

/// Decimal digits, without leading zeros.
public macro fun num_to_string<$T>($x: $T): std::string::String {
    let mut x = $x;
    let mut digits = vector[];
    loop {
        digits.push_back(((48 + x % 10) as u8));
        x = x / 10;
        if (x == 0) break
    };
    digits.reverse();
    digits.to_string()
}

/// `$f($start)` up to `$f($stop - 1)`.
public macro fun range_do<$T, $R: drop>($start: $T, $stop: $T, $f: |$T| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    }
}

/// `$f($start)` up to `$f($stop)`; `$stop` may be the largest value of its type.
public macro fun range_do_eq<$T, $R: drop>($start: $T, $stop: $T, $f: |$T| -> $R) {
    let mut i = $start;
    let stop = $stop;
    while (i < stop) {
        $f(i);
        i = i + 1;
    };
    if (i == stop) $f(i);
}

/// `$f(0)` up to `$f($stop - 1)`.
public macro fun do<$T, $R: drop>($stop: $T, $f: |$T| -> $R) {
    range_do!(0, $stop, $f)
}

/// `$f(0)` up to `$f($stop)`.
public macro fun do_eq<$T, $R: drop>($stop: $T, $f: |$T| -> $R) {
    range_do_eq!(0, $stop, $f)
}

public macro fun try_as_u8<$T>($x: $T): Option<u8> {
    let x = $x;
    if (x > 0xFF) option::none() else option::some(x as u8)
}

public macro fun try_as_u16<$T>($x: $T): Option<u16> {
    let x = $x;
    if (x > 0xFFFF) option::none() else option::some(x as u16)
}

public macro fun try_as_u32<$T>($x: $T): Option<u32> {
    let x = $x;
    if (x > 0xFFFF_FFFF) option::none() else option::some(x as u32)
}

public macro fun try_as_u64<$T>($x: $T): Option<u64> {
    let x = $x;
    if (x > 0xFFFF_FFFF_FFFF_FFFF) option::none() else option::some(x as u64)
}

public macro fun try_as_u128<$T>($x: $T): Option<u128> {
    let x = $x;
    if (x > 0xFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF) option::none() else option::some(x as u128)
}
