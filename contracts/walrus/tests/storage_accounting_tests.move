#[test_only]
module walrus::storage_accounting_tests;

use walrus::storage_accounting as accounting;

#[test]
fun the_ring_turns() {
    let mut ring = accounting::ring_new(3);
    assert!(ring.max_epochs_ahead() == 3);
    assert!(ring.ring_lookup_mut(2).increase_used_capacity(5) == 5);
    let old = ring.ring_pop_expand();
    assert!(old.epoch() == 0);
    old.unwrap_balance().destroy_zero();
    assert!(ring.ring_lookup(0).epoch() == 1);
    assert!(ring.ring_lookup(1).used_capacity() == 5);
    assert!(ring.ring_lookup(2).epoch() == 3);
    assert!(ring.ring_lookup(2).rewards() == 0);
    4u64.do!(|i| {
        let old = ring.ring_pop_expand();
        assert!(old.epoch() as u64 == i + 1);
        old.unwrap_balance().destroy_zero();
    });
    std::unit_test::destroy(ring);
}

#[test, expected_failure(abort_code = walrus::storage_accounting::ETooFarInFuture)]
fun looking_too_far_ahead_aborts() {
    let ring = accounting::ring_new(3);
    ring.ring_lookup(3);
    std::unit_test::destroy(ring);
}

#[test, expected_failure(abort_code = walrus::storage_accounting::ETooFarInFuture)]
fun changing_too_far_ahead_aborts() {
    let mut ring = accounting::ring_new(3);
    ring.ring_lookup_mut(3).increase_used_capacity(1);
    std::unit_test::destroy(ring);
}
