#[test_only]
module walrus::storage_pool_tests;

use walrus::{
    messages,
    metadata,
    storage_pool::{Self, StoragePool},
    test_network::{Self as network, Network}
};

const MIB: u64 = 1024 * 1024;
/// Encoded bytes of the blob.
const SIZE: u64 = 26_520;

/// Certifies the permanent blob in epoch 1.
fun certify(net: &mut Network, pool: &mut StoragePool) {
    net
        .system()
        .certify_pooled_blob(
            pool,
            network::blob_id(),
            network::signature_012(),
            x"07",
            network::message(),
        );
}

#[test]
fun a_pool_is_paid_for_once_and_its_blobs_for_writing() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 3);
    assert!(net.paid() == 300);
    assert!(pool.start_epoch() == 1 && pool.end_epoch() == 4 && pool.blob_count() == 0);
    assert!(pool.reserved_encoded_capacity_bytes() == MIB && pool.storage().size() == MIB);
    net.register_pooled(&mut pool, true);
    assert!(net.paid() == 307);
    assert!(pool.used_encoded_bytes() == SIZE && pool.available_encoded_bytes() == MIB - SIZE);
    assert!(pool.blob_count() == 1 && pool.contains_blob(network::blob_id()));
    assert!(!pool.contains_blob(1));
    let blob = pool.borrow_blob(network::blob_id());
    assert!(blob.is_deletable() && !blob.is_certified());
    assert!(pool.blob_object_id(network::blob_id()) == object::id(blob));
    assert!(net.system().used_capacity_size() == MIB);
    assert!(net.system().future_accounting().ring_lookup(0).rewards() == 107);
    assert!(net.system().future_accounting().ring_lookup(2).used_capacity() == MIB);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test]
fun a_permanent_blob_of_a_pool_is_certified() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 2);
    net.register_pooled(&mut pool, false);
    certify(&mut net, &mut pool);
    assert!(pool.borrow_blob(network::blob_id()).is_certified());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test]
fun a_deletable_blob_is_certified_by_its_object_id() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 2);
    net.register_pooled(&mut pool, true);
    let object_id = pool.blob_object_id(network::blob_id());
    let message = messages::deletable_blob_message_for_testing(network::blob_id(), object_id);
    pool.borrow_blob_mut(network::blob_id()).certify(1, 3, message);
    assert!(pool.borrow_blob(network::blob_id()).is_certified());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test]
fun a_deleted_blob_makes_room_for_another() {
    let mut net = network::start();
    let mut pool = net.pool(SIZE, 2);
    net.register_pooled(&mut pool, true);
    pool.add_blob_metadata(network::blob_id(), metadata::new());
    net.system().delete_pooled_blob(&mut pool, network::blob_id());
    assert!(pool.used_encoded_bytes() == 0 && pool.blob_count() == 0);
    net.register_pooled(&mut pool, true);
    assert!(pool.available_encoded_bytes() == 0);
    net.system().delete_pooled_blob(&mut pool, network::blob_id());
    let storage = pool.destroy();
    assert!(storage.size() == SIZE && storage.end_epoch() == 3);
    storage.destroy();
    net.stop();
}

#[test]
fun a_pool_is_extended_as_a_whole() {
    let mut net = network::start();
    let mut pool = net.pool(2 * MIB, 2);
    net.register_pooled(&mut pool, false);
    assert!(net.paid() == 407);
    net.extend_pool(&mut pool, 3);
    // 3 epochs of 2 units.
    assert!(net.paid() == 1007 && pool.end_epoch() == 6 && pool.start_epoch() == 1);
    assert!(net.system().future_accounting().ring_lookup(4).used_capacity() == 2 * MIB);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test]
fun a_pool_grows_for_the_rest_of_its_lease() {
    let mut net = network::start();
    let mut pool = net.pool(SIZE, 3);
    net.advance_epoch();
    net.grow_pool(&mut pool, MIB);
    // 300 for three epochs, 200 for the two that are left.
    assert!(net.paid() == 500 && pool.reserved_encoded_capacity_bytes() == SIZE + MIB);
    assert!(net.system().used_capacity_size() == SIZE + MIB);
    let extension = net.reserve(100, 2);
    net.system().increase_storage_pool_capacity_with_storage(&mut pool, extension);
    assert!(pool.available_encoded_bytes() == SIZE + MIB + 100);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test]
fun unused_room_is_split_off() {
    let mut net = network::start();
    let mut pool = net.pool(1000 + SIZE, 3);
    net.register_pooled(&mut pool, true);
    let storage = net.shrink_pool(&mut pool, 400);
    assert!(storage.size() == 400 && storage.start_epoch() == 1 && storage.end_epoch() == 4);
    assert!(pool.available_encoded_bytes() == 600);
    let half = net.shrink_pool_by_percent(&mut pool, 50);
    assert!(half.size() == 300);
    let third = net.shrink_pool_by_percent(&mut pool, 33);
    assert!(third.size() == 99 && pool.available_encoded_bytes() == 201);
    storage.destroy();
    half.destroy();
    third.destroy();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test]
fun a_pool_is_made_of_storage() {
    let mut net = network::start();
    let storage = net.reserve(MIB, 2);
    let pool = net.pool_of(storage);
    assert!(pool.end_epoch() == 3 && pool.available_encoded_bytes() == MIB && net.paid() == 200);
    pool.destroy().destroy();
    net.stop();
}

#[test]
fun an_expired_pool_is_emptied_and_destroyed() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, false);
    net.advance_epoch();
    net.system().burn_expired_pooled_blob(&mut pool, network::blob_id());
    pool.destroy().destroy();
    net.stop();
}

#[test]
fun attributes_are_set_changed_and_taken() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    let id = network::blob_id();
    net.register_pooled(&mut pool, true);
    pool.insert_or_update_blob_metadata_pair(id, b"a".to_string(), b"1".to_string());
    pool.insert_or_update_blob_metadata_pair(id, b"a".to_string(), b"2".to_string());
    pool.insert_or_update_blob_metadata_pair(id, b"b".to_string(), b"3".to_string());
    let (key, value) = pool.remove_blob_metadata_pair(id, &b"a".to_string());
    assert!(key == b"a".to_string() && value == b"2".to_string());
    assert!(pool.remove_blob_metadata_pair_if_exists(id, &b"a".to_string()).is_none());
    assert!(
        pool.remove_blob_metadata_pair_if_exists(id, &b"b".to_string()) == option::some(b"3".to_string()),
    );
    assert!(pool.add_or_replace_blob_metadata(id, metadata::new()).is_some());
    pool.take_blob_metadata(id);
    assert!(pool.add_or_replace_blob_metadata(id, metadata::new()).is_none());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EBlobNotDeletable)]
fun a_permanent_blob_is_not_deleted() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, false);
    net.system().delete_pooled_blob(&mut pool, network::blob_id());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EResourceBounds)]
fun a_blob_of_an_expired_pool_is_not_certified() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, false);
    net.advance_epoch();
    net
        .system()
        .certify_pooled_blob(
            &mut pool,
            network::blob_id(),
            network::signature_of_epoch_2(),
            x"07",
            network::message_of_epoch_2(),
        );
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EResourceBounds)]
fun storage_that_has_not_begun_does_not_grow_a_pool() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 3);
    let later = net.reserve_for(MIB, 2, 4);
    net.system().increase_storage_pool_capacity_with_storage(&mut pool, later);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EAlreadyCertified)]
fun certifying_twice_is_refused() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, false);
    2u64.do!(|_| certify(&mut net, &mut pool));
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInvalidBlobId)]
fun an_id_of_another_root_is_refused() {
    let ctx = &mut tx_context::dummy();
    let pool = object::id_from_address(@0x1);
    storage_pool::new_pooled_blob(
        pool,
        network::blob_id(),
        1,
        5000,
        1,
        true,
        1,
        ctx,
    ).burn_blob_object();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInvalidBlobId)]
fun a_confirmation_of_another_blob_is_refused() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, false);
    let message = messages::permanent_blob_message_for_testing(1);
    pool.borrow_blob_mut(network::blob_id()).certify(1, 2, message);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInvalidBlobPersistenceType)]
fun a_permanent_confirmation_does_not_certify_a_deletable_blob() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    certify(&mut net, &mut pool);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInvalidBlobObject)]
fun a_confirmation_of_another_object_is_refused() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    let other = object::id_from_address(@0x1);
    let message = messages::deletable_blob_message_for_testing(network::blob_id(), other);
    pool.borrow_blob_mut(network::blob_id()).certify(1, 2, message);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInsufficientCapacity)]
fun a_pool_holds_no_more_than_it_has_room_for() {
    let mut net = network::start();
    let mut pool = net.pool(SIZE - 1, 1);
    net.register_pooled(&mut pool, true);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInsufficientCapacity)]
fun room_that_is_used_is_not_split_off() {
    let mut net = network::start();
    let mut pool = net.pool(SIZE + 1, 1);
    net.register_pooled(&mut pool, true);
    net.shrink_pool(&mut pool, 2).destroy();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EPoolNotEmpty)]
fun a_pool_with_blobs_is_not_destroyed() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    pool.destroy().destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInvalidBlobSize)]
fun a_blob_larger_than_what_is_used_is_not_removed() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    pool.set_used_for_testing(SIZE - 1, 1);
    net.system().delete_pooled_blob(&mut pool, network::blob_id());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInvalidBlobCount)]
fun a_blob_that_is_not_counted_is_not_removed() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    pool.set_used_for_testing(SIZE, 0);
    net.system().delete_pooled_blob(&mut pool, network::blob_id());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EWrongVersion)]
fun a_pool_of_another_version_is_not_read() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    pool.set_version_for_testing(2);
    pool.end_epoch();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EWrongVersion)]
fun a_pool_of_another_version_is_not_changed() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    pool.set_version_for_testing(2);
    pool.extend_end_epoch(1);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EWrongVersion)]
fun a_pool_of_another_version_is_not_destroyed() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    pool.set_version_for_testing(2);
    pool.destroy().destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EIncompatibleEndEpoch)]
fun storage_that_ends_at_another_time_does_not_grow_a_pool() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 2);
    let longer = net.reserve(MIB, 3);
    net.system().increase_storage_pool_capacity_with_storage(&mut pool, longer);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EDuplicateMetadata)]
fun attributes_are_added_once() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    2u64.do!(|_| pool.add_blob_metadata(network::blob_id(), metadata::new()));
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EMissingMetadata)]
fun absent_attributes_are_not_taken() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    pool.take_blob_metadata(network::blob_id());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EMissingMetadata)]
fun nothing_is_removed_from_absent_attributes() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    pool.remove_blob_metadata_pair(network::blob_id(), &b"a".to_string());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_pool::EInvalidPercent)]
fun more_than_everything_is_not_split_off() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.shrink_pool_by_percent(&mut pool, 101).destroy();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system::EZeroExtractSize)]
fun splitting_nothing_off_is_refused() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.shrink_pool(&mut pool, 0).destroy();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system::EZeroExtractSize)]
fun a_share_of_nothing_is_refused() {
    let mut net = network::start();
    let mut pool = net.pool(100, 1);
    // 0.99 bytes.
    net.shrink_pool(&mut pool, 1).destroy();
    net.shrink_pool_by_percent(&mut pool, 1).destroy();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldAlreadyExists)]
fun a_blob_id_is_registered_once_in_a_pool() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    2u64.do!(|_| net.register_pooled(&mut pool, true));
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldDoesNotExist)]
fun a_blob_that_is_not_in_the_pool_is_not_deleted() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.system().delete_pooled_blob(&mut pool, network::blob_id());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun an_expired_pool_is_not_registered_in() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.advance_epoch();
    net.register_pooled(&mut pool, true);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun an_expired_pool_is_not_extended() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.advance_epoch();
    net.extend_pool(&mut pool, 1);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun an_expired_pool_is_not_grown() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.advance_epoch();
    net.grow_pool(&mut pool, 1);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun an_expired_pool_is_not_shrunk() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.advance_epoch();
    net.shrink_pool(&mut pool, 1).destroy();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun an_expired_pool_is_not_shrunk_by_percent() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.advance_epoch();
    net.shrink_pool_by_percent(&mut pool, 50).destroy();
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun a_blob_of_an_expired_pool_is_not_deleted() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    net.advance_epoch();
    net.system().delete_pooled_blob(&mut pool, network::blob_id());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun an_expired_pool_is_not_grown_by_storage() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    let same = net.reserve(1, 1);
    net.advance_epoch();
    net.system().increase_storage_pool_capacity_with_storage(&mut pool, same);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun a_blob_of_a_pool_that_lives_is_not_burnt() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.register_pooled(&mut pool, true);
    net.system().burn_expired_pooled_blob(&mut pool, network::blob_id());
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun a_pool_is_not_extended_by_nothing() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.extend_pool(&mut pool, 0);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun a_pool_is_not_extended_beyond_the_horizon() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 2);
    net.extend_pool(&mut pool, 4);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidStartEpoch)]
fun a_pool_is_not_made_of_storage_that_has_not_begun() {
    let mut net = network::start();
    let storage = net.reserve_for(MIB, 2, 3);
    net.pool_of(storage).destroy().destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun a_pool_is_not_made_of_storage_that_has_ended() {
    let mut net = network::start();
    let storage = net.reserve(MIB, 1);
    net.advance_epoch();
    net.pool_of(storage).destroy().destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidResourceSize)]
fun an_empty_pool_is_not_sold() {
    let mut net = network::start();
    net.pool(0, 1).destroy().destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidResourceSize)]
fun a_pool_does_not_grow_by_nothing() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.grow_pool(&mut pool, 0);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EStorageExceeded)]
fun a_pool_does_not_grow_beyond_the_capacity() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.grow_pool(&mut pool, 3 * MIB + 1);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EStorageExceeded)]
fun a_pool_is_not_extended_where_there_is_no_room() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    net.reserve_for(3 * MIB + 1, 2, 3).destroy();
    net.extend_pool(&mut pool, 1);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = sui::balance::ENotEnough)]
fun extending_must_be_paid_for() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    std::unit_test::destroy(net.split(9_801));
    net.extend_pool(&mut pool, 1);
    std::unit_test::destroy(pool);
    net.stop();
}

#[test, expected_failure(abort_code = sui::balance::ENotEnough)]
fun writing_must_be_paid_for() {
    let mut net = network::start();
    let mut pool = net.pool(MIB, 1);
    std::unit_test::destroy(net.split(9_894));
    net.register_pooled(&mut pool, true);
    std::unit_test::destroy(pool);
    net.stop();
}
