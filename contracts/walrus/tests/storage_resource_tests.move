#[test_only]
module walrus::storage_resource_tests;

use walrus::storage_resource::create_for_testing as create;

#[test]
fun splits_and_fuses() {
    let ctx = &mut tx_context::dummy();
    let mut first = create(2, 10, 100, ctx);
    let later = first.split_by_epoch(5, ctx);
    assert!(first.start_epoch() == 2 && first.end_epoch() == 5 && first.size() == 100);
    assert!(later.start_epoch() == 5 && later.end_epoch() == 10 && later.size() == 100);

    let rest = first.split_by_size(30, ctx);
    assert!(first.size() == 30 && rest.size() == 70 && rest.end_epoch() == 5);

    first.fuse(rest);
    first.fuse(later);
    assert!(first.start_epoch() == 2 && first.end_epoch() == 10 && first.size() == 100);

    let mut late = create(10, 12, 100, ctx);
    late.fuse_periods(first);
    assert!(late.start_epoch() == 2 && late.end_epoch() == 12);
    late.destroy();
}

#[test, expected_failure(abort_code = walrus::storage_resource::EInvalidEpochRange)]
fun an_empty_range_is_refused() {
    create(3, 3, 1, &mut tx_context::dummy()).destroy();
}

#[test, expected_failure(abort_code = walrus::storage_resource::EInvalidEpoch)]
fun splitting_at_the_start_is_refused() {
    let ctx = &mut tx_context::dummy();
    let mut storage = create(2, 10, 100, ctx);
    storage.split_by_epoch(2, ctx).destroy();
    storage.destroy();
}

#[test, expected_failure(abort_code = walrus::storage_resource::EInvalidEpoch)]
fun splitting_at_the_end_is_refused() {
    let ctx = &mut tx_context::dummy();
    let mut storage = create(2, 10, 100, ctx);
    storage.split_by_epoch(10, ctx).destroy();
    storage.destroy();
}

#[test, expected_failure(abort_code = walrus::storage_resource::EIncompatibleAmount)]
fun splitting_off_everything_is_refused() {
    let ctx = &mut tx_context::dummy();
    let mut storage = create(2, 10, 100, ctx);
    storage.split_by_size(100, ctx).destroy();
    storage.destroy();
}

#[test, expected_failure(abort_code = walrus::storage_resource::EIncompatibleAmount)]
fun fusing_periods_of_other_sizes_is_refused() {
    let ctx = &mut tx_context::dummy();
    let mut storage = create(2, 10, 100, ctx);
    storage.fuse_periods(create(10, 12, 99, ctx));
    storage.destroy();
}

#[test, expected_failure(abort_code = walrus::storage_resource::EIncompatibleEpochs)]
fun fusing_periods_with_a_gap_is_refused() {
    let ctx = &mut tx_context::dummy();
    let mut storage = create(2, 10, 100, ctx);
    storage.fuse_periods(create(11, 12, 100, ctx));
    storage.destroy();
}

#[test, expected_failure(abort_code = walrus::storage_resource::EIncompatibleEpochs)]
fun fusing_amounts_of_other_ranges_is_refused() {
    let ctx = &mut tx_context::dummy();
    let mut storage = create(2, 10, 100, ctx);
    storage.fuse_amount(create(2, 11, 100, ctx));
    storage.destroy();
}
