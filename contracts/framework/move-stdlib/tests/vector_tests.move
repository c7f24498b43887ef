#[test_only]
module std::vector_tests;

use std::unit_test::assert_eq;

public struct NoDrop has store { value: u64 }

#[test]
fun plain_functions() {
    let mut v = vector::singleton(1u64);
    assert!(!v.is_empty() && vector::empty<u8>().is_empty());
    v.append(vector[2, 3, 4]);
    v.append(vector[]);
    assert_eq!(v, vector[1, 2, 3, 4]);
    v.reverse();
    assert_eq!(v, vector[4, 3, 2, 1]);
    assert!(v.contains(&3) && !v.contains(&9));
    let (found, at) = v.index_of(&2);
    assert!(found && at == 2);
    let (found, at) = v.index_of(&9);
    assert!(!found && at == 0);
    assert!(v.remove(1) == 3 && v == vector[4, 2, 1]);
    v.insert(7, 0);
    v.insert(8, 4);
    v.insert(9, 2);
    assert_eq!(v, vector[7, 4, 9, 2, 1, 8]);
    assert!(v.swap_remove(0) == 7 && v == vector[8, 4, 9, 2, 1]);
    assert!(v.swap_remove(4) == 1 && v == vector[8, 4, 9, 2]);
    assert_eq!(vector[vector[1], vector[], vector[2u8, 3]].flatten(), vector[1, 2, 3]);
    let mut odd = vector[1u8, 2, 3];
    odd.reverse();
    assert_eq!(odd, vector[3, 2, 1]);
}

#[test]
fun macros_that_consume() {
    let mut seen = vector[];
    vector[1u64, 2, 3].do!(|e| seen.push_back(e));
    vector[4u64, 5].destroy!(|e| seen.push_back(e));
    assert_eq!(seen, vector[1, 2, 3, 5, 4]);
    assert_eq!(vector::tabulate!(4, |i| i * i), vector[0, 1, 4, 9]);
    assert_eq!(vector[1u64, 2].map!(|e| e + 10), vector[11, 12]);
    assert_eq!(vector[1u64, 2, 3, 4].filter!(|e| *e % 2 == 0), vector[2, 4]);
    let (small, large) = vector[1u64, 7, 2, 9].partition!(|e| *e < 5);
    assert!(small == vector[1, 2] && large == vector[7, 9]);
    assert!(vector[1u64, 2, 3].fold!(10, |sum, e| sum * 2 + e) == 91);
    let mut pairs = vector[];
    vector[1u64, 2].zip_do!(vector[10, 20], |a, b| pairs.push_back(a + b));
    vector[1u64, 2].zip_do_reverse!(vector[10, 20], |a, b| pairs.push_back(a + b));
    assert_eq!(pairs, vector[11, 22, 22, 11]);
    assert_eq!(vector[1u64, 2].zip_map!(vector[3, 4], |a, b| a * b), vector[3, 8]);
    vector[NoDrop { value: 1 }].do!(|n| { let NoDrop { value: _ } = n; });
}

#[test]
fun macros_that_borrow() {
    let mut v = vector[3u64, 1, 2];
    let mut sum = 0;
    v.do_ref!(|e| sum = sum + *e);
    assert!(sum == 6);
    v.do_mut!(|e| *e = *e * 2);
    assert_eq!(v, vector[6, 2, 4]);
    assert_eq!(v.map_ref!(|e| *e + 1), vector[7, 3, 5]);
    assert!(v.find_index!(|e| *e == 2) == option::some(1) && v.find_index!(|e| *e == 9).is_none());
    assert_eq!(v.find_indices!(|e| *e < 5), vector[1, 2]);
    assert!(v.count!(|e| *e > 3) == 2);
    assert!(v.any!(|e| *e == 4) && !v.any!(|e| *e == 5));
    assert!(v.all!(|e| *e % 2 == 0) && !v.all!(|e| *e > 2));
    let mut pairs = vector[];
    (&v).zip_do_ref!(&vector[1, 2, 3], |a, b| pairs.push_back(*a - *b));
    assert_eq!(pairs, vector[5, 0, 1]);
    assert_eq!((&v).zip_map_ref!(&vector[1, 1, 1], |a, b| *a + *b), vector[7, 3, 5]);
    let mut w = vector[1u64, 1, 1];
    (&mut v).zip_do_mut!(&mut w, |a, b| { *a = *a + 1; *b = *a });
    assert!(v == vector[7, 3, 5] && w == v);
    (&mut v).insertion_sort_by!(|a, b| *a <= *b);
    assert_eq!(v, vector[3, 5, 7]);
    assert!(
        (&v).is_sorted_by!(|a, b| *a <= *b) && !(&vector[2u8, 1]).is_sorted_by!(|a, b| *a <= *b),
    );
    assert!((&vector<u8>[]).is_sorted_by!(|a, b| *a <= *b));
}

#[test, expected_failure(abort_code = std::vector::EIndexOutOfBounds)]
fun remove_past_the_end() { vector[1u8].remove(1); }

#[test, expected_failure(abort_code = std::vector::EIndexOutOfBounds)]
fun insert_past_the_end() { vector[1u8].insert(2, 2); }

#[test, expected_failure(abort_code = std::vector::EIndexOutOfBounds)]
fun swap_remove_of_nothing() { vector<u8>[].swap_remove(0); }

#[test, expected_failure(vector_error, minor_status = 1, location = Self)]
fun borrow_past_the_end() { let v = vector[1u8]; let _ = v[1]; }

#[test, expected_failure]
fun zip_of_unequal_lengths() { vector[1u8].zip_do!(vector[1u8, 2], |_, _| ()); }
