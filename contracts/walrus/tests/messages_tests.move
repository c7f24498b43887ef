#[test_only]
module walrus::messages_tests;

use walrus::{messages::{Self, new_certified_message}, test_network as network};

#[test]
fun a_confirmation_says_blob_and_persistence() {
    let permanent = new_certified_message(network::message(), 1, 8).certify_blob_message();
    assert!(permanent.certified_blob_id() == network::blob_id());
    assert!(!permanent.blob_persistence_type().is_deletable());

    let mut message = network::message();
    message.pop_back();
    message.append(x"010000000000000000000000000000000000000000000000000000000000000abc");
    let deletable = new_certified_message(message, 1, 8).certify_blob_message();
    assert!(deletable.blob_persistence_type().object_id() == object::id_from_address(@0xabc));
}

#[test, expected_failure(abort_code = walrus::messages::EIncorrectAppId)]
fun another_application_is_refused() {
    new_certified_message(x"0100040100000000", 1, 8);
}

#[test, expected_failure(abort_code = walrus::messages::EIncorrectIntentVersion)]
fun another_version_is_refused() {
    new_certified_message(x"0101030100000000", 1, 8);
}

#[test, expected_failure(abort_code = walrus::messages::EIncorrectEpoch)]
fun another_epoch_is_refused() {
    new_certified_message(network::message(), 2, 8);
}

#[test, expected_failure(abort_code = walrus::messages::EInvalidMsgType)]
fun an_invalid_id_is_no_confirmation() {
    new_certified_message(network::invalid_id_message(), 1, 8).certify_blob_message();
}

#[test, expected_failure(abort_code = walrus::messages::EInvalidMsgType)]
fun a_confirmation_is_no_invalid_id() {
    new_certified_message(network::message(), 1, 8).invalid_blob_id_message();
}

#[test, expected_failure(abort_code = walrus::messages::EInvalidBlobPersistenceType)]
fun an_unknown_persistence_is_refused() {
    let mut message = network::message();
    message.pop_back();
    message.push_back(2);
    new_certified_message(message, 1, 8).certify_blob_message();
}

#[test, expected_failure(abort_code = walrus::messages::ENotDeletable)]
fun a_permanent_confirmation_names_no_object() {
    messages::permanent_blob_message_for_testing(1).blob_persistence_type().object_id();
}
