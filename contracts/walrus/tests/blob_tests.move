#[test_only]
module walrus::blob_tests;

use walrus::{blob, messages, metadata, storage_resource, test_network as network};

#[test]
fun the_id_is_the_hash_of_root_encoding_and_size() {
    assert!(
        blob::derive_blob_id(network::root_hash(), 1, network::blob_size()) == network::blob_id(),
    );
}

#[test]
fun a_blob_tells_what_it_was_registered_with() {
    let blob = network::lone_blob(1, 4, 2, true, &mut tx_context::dummy());
    assert!(blob.registered_epoch() == 2 && blob.end_epoch() == 4 && blob.is_deletable());
    assert!(
        blob.blob_id() == network::blob_id() && blob.size() == 5000 && blob.encoding_type() == 1,
    );
    assert!(blob.certified_epoch().is_none() && blob.storage().start_epoch() == 1);
    assert!(blob.encoded_size(10) == network::encoded_size());
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceBounds)]
fun storage_that_has_not_begun_is_refused() {
    network::lone_blob(3, 4, 2, true, &mut tx_context::dummy()).burn();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceBounds)]
fun storage_that_has_ended_is_refused() {
    network::lone_blob(1, 2, 2, true, &mut tx_context::dummy()).burn();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceSize)]
fun storage_that_is_too_small_is_refused() {
    let ctx = &mut tx_context::dummy();
    let storage = storage_resource::create_for_testing(1, 4, network::encoded_size() - 1, ctx);
    blob::new(storage, network::blob_id(), network::root_hash(), 5000, 1, true, 1, 10, ctx).burn();
}

#[test, expected_failure(abort_code = walrus::blob::EInvalidBlobId)]
fun an_id_of_another_size_is_refused() {
    let ctx = &mut tx_context::dummy();
    let storage = storage_resource::create_for_testing(1, 4, network::encoded_size(), ctx);
    blob::new(storage, network::blob_id(), network::root_hash(), 4999, 1, true, 1, 10, ctx).burn();
}

#[test]
fun a_deletable_blob_is_certified_by_its_object_id_and_deleted() {
    let ctx = &mut tx_context::dummy();
    let mut blob = network::lone_blob(1, 4, 1, true, ctx);
    let message = messages::deletable_blob_message_for_testing(
        network::blob_id(),
        blob.object_id(),
    );
    blob.certify_with_certified_msg(3, message);
    assert!(blob.certified_epoch().borrow() == 3);
    blob.add_metadata(metadata::new());
    let storage = blob.delete(3);
    assert!(storage.size() == network::encoded_size() && storage.end_epoch() == 4);
    storage.destroy();
}

#[test, expected_failure(abort_code = walrus::blob::EInvalidBlobId)]
fun a_confirmation_of_another_blob_is_refused() {
    let mut blob = network::lone_blob(1, 4, 1, false, &mut tx_context::dummy());
    blob.certify_with_certified_msg(1, messages::permanent_blob_message_for_testing(1));
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EAlreadyCertified)]
fun certifying_twice_is_refused() {
    let mut blob = network::lone_blob(1, 4, 1, false, &mut tx_context::dummy());
    2u64.do!(|_| {
        blob.certify_with_certified_msg(
            1,
            messages::permanent_blob_message_for_testing(network::blob_id()),
        );
    });
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceBounds)]
fun certifying_an_expired_blob_is_refused() {
    let mut blob = network::lone_blob(1, 4, 1, false, &mut tx_context::dummy());
    blob.certify_with_certified_msg(
        4,
        messages::permanent_blob_message_for_testing(network::blob_id()),
    );
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EInvalidBlobPersistenceType)]
fun a_permanent_confirmation_does_not_certify_a_deletable_blob() {
    let mut blob = network::lone_blob(1, 4, 1, true, &mut tx_context::dummy());
    blob.certify_with_certified_msg(
        1,
        messages::permanent_blob_message_for_testing(network::blob_id()),
    );
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EInvalidBlobObject)]
fun a_confirmation_of_another_object_is_refused() {
    let mut blob = network::lone_blob(1, 4, 1, true, &mut tx_context::dummy());
    let other = object::id_from_address(@0x1);
    blob.certify_with_certified_msg(
        1,
        messages::deletable_blob_message_for_testing(network::blob_id(), other),
    );
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EBlobNotDeletable)]
fun a_permanent_blob_is_not_deleted() {
    network::lone_blob(1, 4, 1, false, &mut tx_context::dummy()).delete(1).destroy();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceBounds)]
fun an_expired_blob_is_not_deleted() {
    network::lone_blob(1, 4, 1, true, &mut tx_context::dummy()).delete(4).destroy();
}

#[test]
fun a_certified_blob_is_extended_by_storage() {
    let ctx = &mut tx_context::dummy();
    let mut blob = network::lone_blob(1, 4, 1, false, ctx);
    blob.certify_with_certified_msg(
        1,
        messages::permanent_blob_message_for_testing(network::blob_id()),
    );
    blob.extend_with_resource(
        storage_resource::create_for_testing(4, 6, network::encoded_size(), ctx),
        3,
    );
    assert!(blob.end_epoch() == 6);
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::ENotCertified)]
fun an_uncertified_blob_is_not_extended() {
    let ctx = &mut tx_context::dummy();
    let mut blob = network::lone_blob(1, 4, 1, false, ctx);
    blob.extend_with_resource(
        storage_resource::create_for_testing(4, 6, network::encoded_size(), ctx),
        3,
    );
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceBounds)]
fun an_expired_blob_is_not_extended() {
    let ctx = &mut tx_context::dummy();
    let mut blob = network::lone_blob(1, 4, 1, false, ctx);
    blob.certify_with_certified_msg(
        1,
        messages::permanent_blob_message_for_testing(network::blob_id()),
    );
    blob.extend_with_resource(
        storage_resource::create_for_testing(4, 6, network::encoded_size(), ctx),
        4,
    );
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceBounds)]
fun storage_that_ends_earlier_is_no_extension() {
    let ctx = &mut tx_context::dummy();
    let mut blob = network::lone_blob(2, 4, 2, false, ctx);
    blob.certify_with_certified_msg(
        2,
        messages::permanent_blob_message_for_testing(network::blob_id()),
    );
    blob.extend_with_resource(
        storage_resource::create_for_testing(1, 2, network::encoded_size(), ctx),
        2,
    );
    blob.burn();
}

#[test]
fun attributes_are_set_changed_and_taken() {
    let mut blob = network::lone_blob(1, 4, 1, true, &mut tx_context::dummy());
    blob.insert_or_update_metadata_pair(b"a".to_string(), b"1".to_string());
    blob.insert_or_update_metadata_pair(b"a".to_string(), b"2".to_string());
    blob.insert_or_update_metadata_pair(b"b".to_string(), b"3".to_string());
    let (key, value) = blob.remove_metadata_pair(&b"a".to_string());
    assert!(key == b"a".to_string() && value == b"2".to_string());
    assert!(blob.remove_metadata_pair_if_exists(&b"a".to_string()).is_none());
    assert!(
        blob.remove_metadata_pair_if_exists(&b"b".to_string()) == option::some(b"3".to_string()),
    );
    assert!(blob.add_or_replace_metadata(metadata::new()).is_some());
    blob.take_metadata();
    assert!(blob.add_or_replace_metadata(metadata::new()).is_none());
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EDuplicateMetadata)]
fun attributes_are_added_once() {
    let mut blob = network::lone_blob(1, 4, 1, true, &mut tx_context::dummy());
    blob.add_metadata(metadata::new());
    blob.add_metadata(metadata::new());
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EMissingMetadata)]
fun absent_attributes_are_not_taken() {
    let mut blob = network::lone_blob(1, 4, 1, true, &mut tx_context::dummy());
    blob.take_metadata();
    blob.burn();
}

#[test, expected_failure(abort_code = walrus::blob::EMissingMetadata)]
fun nothing_is_removed_from_absent_attributes() {
    let mut blob = network::lone_blob(1, 4, 1, true, &mut tx_context::dummy());
    blob.remove_metadata_pair(&b"a".to_string());
    blob.burn();
}
