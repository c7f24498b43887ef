/// Maps, sets, queues and lists.
#[test_only]
module sui::container_tests;

use std::unit_test::assert_eq;
use sui::{
    bag,
    linked_table,
    object_bag,
    object_table,
    priority_queue as pq,
    table,
    table_vec,
    vec_map,
    vec_set,
    versioned
};

public struct Thing has key, store { id: UID, value: u64 }

fun thing(value: u64, ctx: &mut TxContext): Thing { Thing { id: object::new(ctx), value } }

fun destroy(thing: Thing): u64 {
    let Thing { id, value } = thing;
    id.delete();
    value
}

#[test]
fun tables() {
    let ctx = &mut tx_context::dummy();
    let mut t = table::new<u64, vector<u8>>(ctx);
    assert!(t.is_empty());
    t.add(1, b"a");
    t.add(2, b"b");
    t[1].push_back(33);
    assert!(t.length() == 2 && !t.is_empty() && t[1] == b"a!" && t.contains(2) && !t.contains(3));
    assert!(t.remove(1) == b"a!" && t.remove(2) == b"b" && t.length() == 0);
    t.destroy_empty();
    let mut t = table::new<u64, u8>(ctx);
    t.add(1, 1);
    t.drop();
}

#[test]
fun object_tables() {
    let ctx = &mut tx_context::dummy();
    let mut t = object_table::new<u64, Thing>(ctx);
    let one = thing(1, ctx);
    let id = object::id(&one);
    t.add(7, one);
    t[7].value = 5;
    assert!(t[7].value == 5 && t.contains(7) && !t.contains(8) && t.length() == 1 && !t.is_empty());
    assert!(t.value_id(7) == option::some(id) && t.value_id(8).is_none());
    assert!(destroy(t.remove(7)) == 5);
    t.destroy_empty();
}

#[test]
fun bags() {
    let ctx = &mut tx_context::dummy();
    let mut b = bag::new(ctx);
    b.add(1u64, true);
    b.add(b"k", 5u8);
    *&mut b[b"k"] = 6u8;
    assert!(b[b"k"] == 6u8 && b.length() == 2 && !b.is_empty());
    assert!(b.contains(1u64) && !b.contains(1u8) && b.contains_with_type<u64, bool>(1));
    assert!(!b.contains_with_type<u64, u8>(1));
    assert!(b.remove<u64, bool>(1) && b.remove<vector<u8>, u8>(b"k") == 6);
    b.destroy_empty();
}

#[test]
fun object_bags() {
    let ctx = &mut tx_context::dummy();
    let mut b = object_bag::new(ctx);
    let one = thing(1, ctx);
    let id = object::id(&one);
    b.add(1u64, one);
    b.borrow_mut<u64, Thing>(1).value = 5;
    assert!(b.borrow<u64, Thing>(1).value == 5 && b.length() == 1 && !b.is_empty());
    assert!(b.contains(1u64) && !b.contains(2u64) && b.contains_with_type<u64, Thing>(1));
    assert!(b.value_id(1u64) == option::some(id) && b.value_id(2u64).is_none());
    assert!(destroy(b.remove(1u64)) == 5);
    b.destroy_empty();
}

#[test, expected_failure(abort_code = sui::table::ETableNotEmpty)]
fun a_full_table() {
    let mut t = table::new(&mut tx_context::dummy());
    t.add(1u64, 1u8);
    t.destroy_empty();
}

#[test, expected_failure(abort_code = sui::object_table::ETableNotEmpty)]
fun a_full_object_table() {
    let ctx = &mut tx_context::dummy();
    let mut t = object_table::new(ctx);
    t.add(1u64, thing(1, ctx));
    t.destroy_empty();
}

#[test, expected_failure(abort_code = sui::bag::EBagNotEmpty)]
fun a_full_bag() {
    let mut b = bag::new(&mut tx_context::dummy());
    b.add(1u64, 1u8);
    b.destroy_empty();
}

#[test, expected_failure(abort_code = sui::object_bag::EBagNotEmpty)]
fun a_full_object_bag() {
    let ctx = &mut tx_context::dummy();
    let mut b = object_bag::new(ctx);
    b.add(1u64, thing(1, ctx));
    b.destroy_empty();
}

#[test]
fun table_vectors() {
    let ctx = &mut tx_context::dummy();
    let mut v = table_vec::singleton(1u64, ctx);
    v.push_back(2);
    v.push_back(3);
    *&mut v[0] = 10;
    assert!(v.length() == 3 && !v.is_empty() && v[0] == 10 && v[2] == 3);
    v.swap(0, 2);
    v.swap(1, 1);
    assert!(v[0] == 3 && v[1] == 2 && v[2] == 10);
    assert!(v.swap_remove(0) == 3 && v[0] == 10 && v.swap_remove(1) == 2 && v.pop_back() == 10);
    v.destroy_empty();
    table_vec::singleton(1u8, ctx).drop();
    table_vec::empty<u8>(ctx).destroy_empty();
}

#[test, expected_failure(abort_code = table_vec::EIndexOutOfBound)]
fun table_vec_borrow() {
    let v = table_vec::singleton(1u64, &mut tx_context::dummy());
    let _ = v[1];
    abort 99
}

#[test, expected_failure(abort_code = table_vec::EIndexOutOfBound)]
fun table_vec_borrow_mut() {
    let mut v = table_vec::singleton(1u64, &mut tx_context::dummy());
    *&mut v[1] = 2;
    abort 99
}

#[test, expected_failure(abort_code = table_vec::EIndexOutOfBound)]
fun table_vec_pop() {
    table_vec::empty<u8>(&mut tx_context::dummy()).pop_back();
    abort 99
}

#[test, expected_failure(abort_code = table_vec::EIndexOutOfBound)]
fun table_vec_swap() {
    table_vec::singleton(1u8, &mut tx_context::dummy()).swap(0, 1);
    abort 99
}

#[test, expected_failure(abort_code = table_vec::EIndexOutOfBound)]
fun table_vec_swap_remove() {
    table_vec::singleton(1u8, &mut tx_context::dummy()).swap_remove(1);
    abort 99
}

#[test, expected_failure(abort_code = table_vec::ETableNonEmpty)]
fun a_full_table_vec() { table_vec::singleton(1u8, &mut tx_context::dummy()).destroy_empty() }

#[test]
fun linked_tables() {
    let ctx = &mut tx_context::dummy();
    let mut t = linked_table::new<u64, u8>(ctx);
    assert!(t.is_empty() && t.front().is_none() && t.back().is_none());
    t.push_back(2, 20);
    t.push_front(1, 10);
    t.push_back(3, 30);
    *&mut t[2] = 21;
    assert!(t.length() == 3 && t[2] == 21 && t.contains(3) && !t.contains(4));
    assert!(t.front() == &option::some(1) && t.back() == &option::some(3));
    assert!(t.next(1) == &option::some(2) && t.next(2) == &option::some(3) && t.next(3).is_none());
    assert!(t.prev(3) == &option::some(2) && t.prev(2) == &option::some(1) && t.prev(1).is_none());
    assert!(t.remove(2) == 21 && t.next(1) == &option::some(3) && t.prev(3) == &option::some(1));
    let (k, v) = t.pop_front();
    assert!(k == 1 && v == 10 && t.prev(3).is_none());
    let (k, v) = t.pop_back();
    assert!(k == 3 && v == 30 && t.front().is_none() && t.back().is_none());
    t.destroy_empty();
    let mut t = linked_table::new(ctx);
    t.push_front(1u64, 1u8);
    assert!(t.back() == &option::some(1));
    t.drop();
}

#[test, expected_failure(abort_code = linked_table::ETableIsEmpty)]
fun linked_table_pop_front() {
    linked_table::new<u8, u8>(&mut tx_context::dummy()).pop_front();
    abort 99
}

#[test, expected_failure(abort_code = linked_table::ETableIsEmpty)]
fun linked_table_pop_back() {
    linked_table::new<u8, u8>(&mut tx_context::dummy()).pop_back();
    abort 99
}

#[test, expected_failure(abort_code = linked_table::ETableNotEmpty)]
fun a_full_linked_table() {
    let mut t = linked_table::new(&mut tx_context::dummy());
    t.push_back(1u8, 1u8);
    t.destroy_empty();
}

#[test]
fun vec_maps() {
    let mut m = vec_map::empty<u64, u8>();
    assert!(m.is_empty());
    m.insert(5, 50);
    m.insert(3, 30);
    m.insert(4, 40);
    *&mut m[&3] = 31;
    assert!(
        m.size() == 3 && m[&3] == 31 && m.try_get(&4) == option::some(40) && m.try_get(&9).is_none(),
    );
    assert!(m.contains(&5) && !m.contains(&6) && m.keys() == vector[5, 3, 4]);
    assert!(m.get_idx(&4) == 2 && m.get_idx_opt(&9).is_none());
    let (k, v) = m.get_entry_by_idx(1);
    assert!(*k == 3 && *v == 31);
    let (_, v) = m.get_entry_by_idx_mut(0);
    *v = 51;
    let (k, v) = m.remove_entry_by_idx(0);
    assert!(k == 5 && v == 51);
    let (k, v) = m.remove(&3);
    assert!(k == 3 && v == 31);
    let (k, v) = m.pop();
    assert!(k == 4 && v == 40);
    m.destroy_empty();
    let (keys, values) = vec_map::from_keys_values(
        vector[2u8, 1],
        vector[b"b", b"a"],
    ).into_keys_values();
    assert!(keys == vector[2, 1] && values == vector[b"b", b"a"]);
}

#[test, expected_failure(abort_code = vec_map::EKeyAlreadyExists)]
fun vec_map_insert() { vec_map::from_keys_values(vector[1u8], vector[1u8]).insert(1, 2); }

#[test, expected_failure(abort_code = vec_map::EKeyDoesNotExist)]
fun vec_map_get() { vec_map::empty<u8, u8>().get(&1); }

#[test, expected_failure(abort_code = vec_map::EKeyDoesNotExist)]
fun vec_map_remove() { vec_map::empty<u8, u8>().remove(&1); }

#[test, expected_failure(abort_code = vec_map::EMapNotEmpty)]
fun vec_map_destroy() { vec_map::from_keys_values(vector[1u8], vector[1u8]).destroy_empty(); }

#[test, expected_failure(abort_code = vec_map::EIndexOutOfBounds)]
fun vec_map_entry() { vec_map::empty<u8, u8>().get_entry_by_idx(0); }

#[test, expected_failure(abort_code = vec_map::EIndexOutOfBounds)]
fun vec_map_entry_mut() { vec_map::empty<u8, u8>().get_entry_by_idx_mut(0); }

#[test, expected_failure(abort_code = vec_map::EIndexOutOfBounds)]
fun vec_map_remove_entry() { vec_map::empty<u8, u8>().remove_entry_by_idx(0); }

#[test, expected_failure(abort_code = vec_map::EMapEmpty)]
fun vec_map_pop() { vec_map::empty<u8, u8>().pop(); }

#[test, expected_failure(abort_code = vec_map::EUnequalLengths)]
fun vec_map_unequal() { vec_map::from_keys_values(vector[1u8], vector<u8>[]); }

#[test]
fun vec_sets() {
    let mut s = vec_set::singleton(5u64);
    s.insert(3);
    assert!(s.size() == 2 && !s.is_empty() && s.contains(&3) && !s.contains(&4));
    assert!(s.keys() == &vector[5, 3]);
    s.remove(&5);
    assert_eq!(s.into_keys(), vector[3]);
    assert!(
        vec_set::empty<u8>().is_empty() && vec_set::from_keys(vector[2u8, 1]).into_keys() == vector[2, 1],
    );
}

#[test, expected_failure(abort_code = vec_set::EKeyAlreadyExists)]
fun vec_set_insert() { vec_set::from_keys(vector[1u8, 1]); }

#[test, expected_failure(abort_code = vec_set::EKeyDoesNotExist)]
fun vec_set_remove() { vec_set::empty<u8>().remove(&1); }

#[test]
fun priority_queues() {
    let entries = pq::create_entries(vector[3, 1, 4, 1, 5], vector[b"c", b"a", b"d", b"b", b"e"]);
    let mut q = pq::new(entries);
    // 3 1 4 1 5: the second sinks below 5, then the first below 5.
    assert_eq!(q.priorities(), vector[5, 3, 4, 1, 1]);
    q.insert(9, b"f");
    assert_eq!(q.priorities(), vector[9, 3, 5, 1, 1, 4]);
    let (priority, value) = q.pop_max();
    assert!(priority == 9 && value == b"f");
    let (priority, value) = q.pop_max();
    assert!(priority == 5 && value == b"e");
    let (priority, value) = q.pop_max();
    assert!(priority == 4 && value == b"d");
    let (priority, value) = q.pop_max();
    assert!(priority == 3 && value == b"c");
    q = pq::new(vector[pq::new_entry(7, b"g")]);
    let (priority, _) = q.pop_max();
    assert!(priority == 7 && q.priorities().is_empty());
}

#[test, expected_failure(abort_code = pq::EPopFromEmptyHeap)]
fun an_empty_queue() { pq::new<u8>(vector[]).pop_max(); }

#[test]
fun versions() {
    let ctx = &mut tx_context::dummy();
    let mut v = versioned::create(1, b"one", ctx);
    v.load_value_mut<vector<u8>>().push_back(33);
    assert!(v.version() == 1 && v.load_value<vector<u8>>() == &b"one!");
    let (old, cap) = v.remove_value_for_upgrade<vector<u8>>();
    assert!(old == b"one!");
    v.upgrade(2, 7u64, cap);
    assert!(v.version() == 2);
    assert!(v.destroy<u64>() == 7);
}

#[test, expected_failure(abort_code = versioned::EInvalidUpgrade)]
fun a_version_that_does_not_rise() {
    let mut v = versioned::create(1, 1u8, &mut tx_context::dummy());
    let (_, cap) = v.remove_value_for_upgrade<u8>();
    v.upgrade(1, 2u8, cap);
    abort 99
}

#[test, expected_failure(abort_code = versioned::EInvalidUpgrade)]
fun a_change_of_another() {
    let ctx = &mut tx_context::dummy();
    let mut v = versioned::create(1, 1u8, ctx);
    let mut w = versioned::create(1, 1u8, ctx);
    let (_, cap) = v.remove_value_for_upgrade<u8>();
    w.upgrade(2, 2u8, cap);
    v.destroy<u8>();
    abort 99
}
