/// Bitmaps and weights. The VM that runs these tests answers `true` to every BLS signature, so signatures are tested
/// on the devnet, in `test/walrus`.
#[test_only]
module walrus::bls_aggregate_tests;

use sui::bls12381;
use walrus::{bls_aggregate::{Self, BlsCommittee}, test_network as network};

/// Weights 3, 3, 2, 2.
fun committee(): BlsCommittee {
    let weights = vector[3, 3, 2, 2];
    let mut members = vector[];
    network::keys().length().do!(|i| {
        let key = bls12381::g1_to_uncompressed_g1(&bls12381::g1_from_bytes(&network::keys()[i]));
        let id = object::id_from_address(@0x1);
        members.push_back(bls_aggregate::new_bls_committee_member(key, weights[i], id));
    });
    bls_aggregate::new_bls_committee(1, members)
}

#[test]
fun thresholds_are_two_and_one_thirds() {
    let committee = committee();
    assert!(committee.n_shards() == 10 && committee.epoch() == 1);
    assert!(committee.is_quorum(7) && !committee.is_quorum(6));
    assert!(committee.includes_one_correct_node(4) && !committee.includes_one_correct_node(3));
}

#[test]
fun certificates_of_a_quorum_and_of_all_verify() {
    committee().verify_quorum_in_epoch(network::signature_012(), x"07", network::message());
    committee().verify_quorum_in_epoch(network::signature_all(), x"0f", network::message());
    committee().verify_one_correct_node_in_epoch(
        network::invalid_id_signature_02(),
        x"05",
        network::invalid_id_message(),
    );
}

#[test, expected_failure(abort_code = walrus::bls_aggregate::EInvalidBitmap)]
fun a_bitmap_that_is_too_long_is_refused() {
    committee().verify_quorum_in_epoch(network::signature_012(), x"0700", network::message());
}

#[test, expected_failure(abort_code = walrus::bls_aggregate::EInvalidBitmap)]
fun a_signer_who_does_not_exist_is_refused() {
    committee().verify_quorum_in_epoch(network::signature_012(), x"17", network::message());
}

#[test, expected_failure(abort_code = walrus::bls_aggregate::ENotEnoughStake)]
fun six_of_ten_shards_are_no_quorum() {
    committee().verify_quorum_in_epoch(network::signature_01(), x"03", network::message());
}

#[test, expected_failure(abort_code = walrus::bls_aggregate::ENotEnoughStake)]
fun an_empty_bitmap_is_no_quorum() {
    committee().verify_quorum_in_epoch(network::signature_01(), x"", network::message());
}

#[test, expected_failure(abort_code = walrus::bls_aggregate::ENotEnoughStake)]
fun two_of_ten_shards_may_all_lie() {
    committee().verify_one_correct_node_in_epoch(
        network::invalid_id_signature_2(),
        x"04",
        network::invalid_id_message(),
    );
}

#[test, expected_failure(abort_code = walrus::bls_aggregate::EIncorrectCommittee)]
fun a_member_without_shards_is_refused() {
    let key = bls12381::g1_to_uncompressed_g1(&bls12381::g1_generator());
    let member = bls_aggregate::new_bls_committee_member(key, 0, object::id_from_address(@0x1));
    bls_aggregate::new_bls_committee(1, vector[member]);
}
