#[test_only]
module walrus::system_tests;

use walrus::{
    bls_aggregate,
    epoch_parameters,
    shared_blob::{Self, SharedBlob},
    system_state_inner,
    test_network as network
};

const MIB: u64 = 1024 * 1024;

#[test]
fun space_costs_units_times_epochs() {
    let mut net = network::start();
    // 26,520 bytes are one unit: 2 epochs at 100.
    net.reserve(network::encoded_size(), 2).destroy();
    assert!(net.paid() == 200);
    // One byte more than a MiB is two units; 3 epochs at 100.
    let storage = net.reserve(MIB + 1, 3);
    assert!(net.paid() == 800);
    assert!(storage.start_epoch() == 1 && storage.end_epoch() == 4 && storage.size() == MIB + 1);
    storage.destroy();
    // Epochs 3 and 4 only.
    net.reserve_for(MIB, 3, 5).destroy();
    assert!(net.paid() == 1000);

    let system = net.system();
    assert!(
        system.epoch() == 1 && system.n_shards() == 10 && system.total_capacity_size() == 4 * MIB,
    );
    assert!(system.used_capacity_size() == network::encoded_size() + MIB + 1);
    let accounting = system.future_accounting();
    assert!(
        accounting.ring_lookup(0).rewards() == 300 && accounting.ring_lookup(1).rewards() == 300,
    );
    assert!(
        accounting.ring_lookup(2).rewards() == 300 && accounting.ring_lookup(3).rewards() == 100,
    );
    assert!(accounting.ring_lookup(3).used_capacity() == MIB);
    net.stop();
}

#[test]
fun a_blob_is_registered_certified_and_extended() {
    let mut net = network::start();
    let mut blob = net.certified(2);
    // 200 for the space, 7 to write.
    assert!(net.paid() == 207);
    assert!(blob.certified_epoch().borrow() == 1 && blob.end_epoch() == 3);
    net.extend(&mut blob, 3);
    assert!(net.paid() == 507 && blob.end_epoch() == 6);
    blob.burn();
    net.stop();
}

#[test]
fun a_deleted_blob_gives_its_storage_back() {
    let mut net = network::start();
    let blob = net.register(2, true);
    let storage = net.system().delete_blob(blob);
    let again = net.register_in(storage, true);
    assert!(net.paid() == 214);
    again.burn();
    net.stop();
}

#[test]
fun storage_bought_ahead_extends_a_blob() {
    let mut net = network::start();
    let mut blob = net.certified(1);
    let extension = net.reserve_for(network::encoded_size(), 2, 4);
    net.system().extend_blob_with_resource(&mut blob, extension);
    assert!(blob.end_epoch() == 4);
    blob.burn();
    net.stop();
}

#[test]
fun one_correct_node_invalidates_an_id() {
    let mut net = network::start();
    let id = net
        .system()
        .invalidate_blob_id(
            network::invalid_id_signature_02(),
            x"05",
            network::invalid_id_message(),
        );
    assert!(id == network::blob_id());
    net.stop();
}

#[test]
fun a_shared_blob_pays_for_itself() {
    let mut net = network::start();
    let blob = net.certified(1);
    let funds = net.split(150);
    shared_blob::new_funded(blob, funds, net.ctx());
    net.next_tx();
    let mut shared = net.scenario().take_shared<SharedBlob>();
    shared.fund(net.split(60));
    net.extend_shared(&mut shared, 2);
    assert!(shared.funds().value() == 10 && shared.blob().end_epoch() == 4);
    std::unit_test::destroy(shared);
    net.stop();
}

#[test]
fun a_blob_is_shared_without_funds() {
    let mut net = network::start();
    let blob = net.certified(1);
    shared_blob::new(blob, net.ctx());
    net.next_tx();
    let mut shared = net.scenario().take_shared<SharedBlob>();
    assert!(shared.funds().value() == 0 && shared.blob().end_epoch() == 2);
    shared.fund(net.split(100));
    net.extend_shared(&mut shared, 1);
    assert!(shared.funds().value() == 0 && shared.blob().end_epoch() == 3);
    std::unit_test::destroy(shared);
    net.stop();
}

#[test, expected_failure(abort_code = sui::balance::ENotEnough)]
fun a_shared_blob_is_not_extended_without_funds() {
    let mut net = network::start();
    let blob = net.certified(1);
    shared_blob::new(blob, net.ctx());
    net.next_tx();
    let mut shared = net.scenario().take_shared<SharedBlob>();
    net.extend_shared(&mut shared, 1);
    std::unit_test::destroy(shared);
    net.stop();
}

#[test]
fun epochs_turn_and_pay_the_nodes() {
    let mut net = network::start();
    // 5 epochs of one unit: 100 for each, and 7 to write in the first.
    let blob = net.register(5, true);
    net.advance_epoch();
    assert!(net.system().epoch() == 2 && net.staking().epoch() == 2);
    // 107 for 10 shards: 32, 32, 21, 21; the 1 that is left goes to the next epoch.
    let ids = vector[0, 1, 2, 3].map!(|i| net.node_cap(i).node_id());
    let earned = ids.map!(|id| net.staking().rewards_for_testing(id));
    assert!(earned == vector[32, 32, 21, 21]);
    assert!(net.system().future_accounting().ring_lookup(0).rewards() == 101);
    assert!(net.system().used_capacity_size() == network::encoded_size());
    4u64.do!(|_| net.advance_epoch());
    assert!(net.system().epoch() == 6 && net.system().used_capacity_size() == 0);
    assert!(blob.end_epoch() == 6);
    blob.burn();
    net.stop();
}

#[test]
fun votes_count_from_the_next_epoch_on() {
    let mut net = network::start();
    net.set_votes(30, 5, 2 * MIB);
    net.reserve(MIB, 1).destroy();
    assert!(net.paid() == 100 && net.system().total_capacity_size() == 4 * MIB);
    net.advance_epoch();
    assert!(net.system().total_capacity_size() == 8 * MIB);
    net.register(2, true).burn();
    assert!(net.paid() == 100 + 2 * 30 + 5);
    net.stop();
}

#[test]
fun capacity_does_not_fall_below_what_is_sold() {
    let mut net = network::start();
    net.reserve(3 * MIB, 2).destroy();
    net.set_votes(100, 7, 1);
    net.advance_epoch();
    assert!(net.system().total_capacity_size() == 3 * MIB);
    net.advance_epoch();
    assert!(net.system().total_capacity_size() == 4);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::blob::EResourceBounds)]
fun an_expired_blob_is_not_certified() {
    let mut net = network::start();
    let mut blob = net.register(1, false);
    net.advance_epoch();
    net
        .system()
        .certify_blob(
            &mut blob,
            network::signature_of_epoch_2(),
            x"07",
            network::message_of_epoch_2(),
        );
    blob.burn();
    net.stop();
}

#[test]
fun a_confirmation_counts_in_its_epoch() {
    let mut net = network::start();
    let mut blob = net.register(2, false);
    net.advance_epoch();
    net
        .system()
        .certify_blob(
            &mut blob,
            network::signature_of_epoch_2(),
            x"07",
            network::message_of_epoch_2(),
        );
    assert!(blob.certified_epoch().borrow() == 2);
    blob.burn();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::messages::EIncorrectEpoch)]
fun a_confirmation_of_the_last_epoch_is_refused() {
    let mut net = network::start();
    let mut blob = net.register(2, false);
    net.advance_epoch();
    net.system().certify_blob(&mut blob, network::signature_012(), x"07", network::message());
    blob.burn();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::bls_aggregate::ENotEnoughStake)]
fun a_certificate_of_too_few_is_refused() {
    let mut net = network::start();
    let mut blob = net.register(2, false);
    net.system().certify_blob(&mut blob, network::signature_01(), x"03", network::message());
    blob.burn();
    net.stop();
}

#[test, expected_failure(abort_code = sui::balance::ENotEnough)]
fun space_must_be_paid_for() {
    let mut net = network::start();
    std::unit_test::destroy(net.split(9_900));
    net.reserve(MIB, 2).destroy();
    net.stop();
}

#[test, expected_failure(abort_code = sui::balance::ENotEnough)]
fun writing_must_be_paid_for() {
    let mut net = network::start();
    std::unit_test::destroy(net.split(9_894));
    net.register(1, true).burn();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidMaxEpochsAhead)]
fun a_network_that_sells_no_epoch_is_refused() {
    std::unit_test::destroy(system_state_inner::create_empty(0, &mut tx_context::dummy()));
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidMaxEpochsAhead)]
fun a_network_that_sells_1001_epochs_is_refused() {
    std::unit_test::destroy(system_state_inner::create_empty(1001, &mut tx_context::dummy()));
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EStorageExceeded)]
fun more_than_the_capacity_is_not_sold() {
    let mut net = network::start();
    net.reserve(4 * MIB, 1).destroy();
    net.reserve(1, 1).destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun no_epoch_is_not_sold() {
    let mut net = network::start();
    net.reserve(1, 0).destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun six_of_five_epochs_are_not_sold() {
    let mut net = network::start();
    net.reserve(1, 6).destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun an_empty_range_is_not_sold() {
    let mut net = network::start();
    net.reserve_for(1, 2, 2).destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun a_blob_is_not_extended_beyond_the_horizon() {
    let mut net = network::start();
    let mut blob = net.certified(2);
    net.extend(&mut blob, 4);
    blob.burn();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidEpochsAhead)]
fun a_blob_is_not_extended_by_nothing() {
    let mut net = network::start();
    let mut blob = net.certified(2);
    net.extend(&mut blob, 0);
    blob.burn();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::blob::ENotCertified)]
fun an_uncertified_blob_is_not_extended() {
    let mut net = network::start();
    let mut blob = net.register(2, false);
    net.extend(&mut blob, 1);
    blob.burn();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidStartEpoch)]
fun the_past_is_not_sold() {
    let mut net = network::start();
    net.reserve_for(1, 0, 2).destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidResourceSize)]
fun nothing_is_not_sold() {
    let mut net = network::start();
    net.reserve(0, 1).destroy();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EIncorrectCommittee)]
fun an_epoch_is_not_skipped() {
    let mut inner = system_state_inner::create_empty(5, &mut tx_context::dummy());
    let committee = bls_aggregate::new_bls_committee(2, vector[]);
    std::unit_test::destroy(inner.advance_epoch(committee, &epoch_parameters::new(1, 1, 1)));
    std::unit_test::destroy(inner);
}

#[test, expected_failure(abort_code = walrus::system_state_inner::EInvalidAccountingEpoch)]
fun accounting_must_be_of_the_same_epoch() {
    let mut inner = system_state_inner::create_empty(5, &mut tx_context::dummy());
    std::unit_test::destroy(inner.future_accounting_mut_for_testing().ring_pop_expand());
    let committee = bls_aggregate::new_bls_committee(1, vector[]);
    std::unit_test::destroy(inner.advance_epoch(committee, &epoch_parameters::new(1, 1, 1)));
    std::unit_test::destroy(inner);
}

#[test, expected_failure(abort_code = walrus::system::EWrongVersion)]
fun a_system_of_another_version_is_not_read() {
    let mut net = network::start();
    net.system().set_version_for_testing(3);
    net.system().epoch();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::system::EWrongVersion)]
fun a_system_of_another_version_is_not_changed() {
    let mut net = network::start();
    net.system().set_version_for_testing(3);
    net.reserve(1, 1).destroy();
    net.stop();
}
