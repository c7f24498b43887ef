#[test_only]
module walrus::staking_tests;

use walrus::{active_set, test_network as network};

#[test]
fun shards_are_dealt_in_turn() {
    let mut net = network::start();
    let ids = vector[0, 1, 2, 3].map!(|i| net.node_cap(i).node_id());
    let committee = net.staking().committee();
    assert!(committee.size() == 4);
    assert!(*committee.shards(&ids[0]) == vector[0, 4, 8]);
    assert!(*committee.shards(&ids[1]) == vector[1, 5, 9]);
    assert!(*committee.shards(&ids[2]) == vector[2, 6]);
    assert!(*committee.shards(&ids[3]) == vector[3, 7]);
    assert!(committee.inner().keys() == ids);
    assert!(net.staking().previous_committee().size() == 0);
    net.advance_epoch();
    assert!(net.staking().previous_committee().to_inner().keys() == ids);
    net.stop();
}

#[test]
fun a_node_moves() {
    let mut net = network::start();
    net.set_network_address(2, b"127.0.0.1:4711");
    net.stop();
}

#[test, expected_failure(abort_code = walrus::staking_pool::EInvalidNetworkAddressLength)]
fun a_node_does_not_move_to_an_endless_address() {
    let mut net = network::start();
    net.set_network_address(2, vector::tabulate!(260, |_| 97));
    net.stop();
}

#[test, expected_failure(abort_code = walrus::staking_inner::EPoolNotFound)]
fun a_node_of_another_network_does_not_move() {
    let mut net = network::start();
    let stranger = walrus::storage_node::new_cap(object::id_from_address(@0x1), net.ctx());
    net.staking().set_network_address(&stranger, b"127.0.0.1:1".to_string());
    std::unit_test::destroy(stranger);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::staking_inner::EZeroNodeWeight)]
fun more_nodes_than_shards_are_refused() {
    network::start_with(3).stop();
}

#[test, expected_failure(abort_code = walrus::staking::EWrongVersion)]
fun staking_of_another_version_is_not_read() {
    let mut net = network::start();
    net.staking().set_version_for_testing(3);
    net.staking().epoch();
    net.stop();
}

#[test, expected_failure(abort_code = walrus::staking::EWrongVersion)]
fun staking_of_another_version_is_not_changed() {
    let mut net = network::start();
    net.staking().set_version_for_testing(3);
    net.set_network_address(2, b"127.0.0.1:4711");
    net.stop();
}

#[test, expected_failure(abort_code = walrus::staking::ENoStakingOnDevnet)]
fun staking_is_refused_by_name() {
    let mut net = network::start();
    let id = net.node_cap(0).node_id();
    let coin = net.split(1);
    net.stake(coin, id);
    net.stop();
}

#[test, expected_failure(abort_code = walrus::devnet_genesis::ENodeAfterGenesis)]
fun no_node_joins_later() {
    let mut net = network::start();
    std::unit_test::destroy(net.add_node(b"late", b"127.0.0.1:1", network::network_key()));
    net.stop();
}

#[test, expected_failure(abort_code = walrus::devnet_genesis::ETooManyNodes)]
fun there_are_150_nodes_at_most() {
    let mut net = network::before_epoch_1();
    151u64.do!(
        |_| std::unit_test::destroy(net.add_node(b"one", b"127.0.0.1:1", network::network_key())),
    );
    net.stop();
}

#[test, expected_failure(abort_code = walrus::staking_pool::EInvalidNameLength)]
fun names_are_short() {
    let mut net = network::before_epoch_1();
    std::unit_test::destroy(net.add_node(
        vector::tabulate!(101, |_| 97),
        b"127.0.0.1:1",
        network::network_key(),
    ));
    net.stop();
}

#[test, expected_failure(abort_code = walrus::staking_pool::EInvalidNetworkAddressLength)]
fun addresses_are_short() {
    let mut net = network::before_epoch_1();
    std::unit_test::destroy(net.add_node(
        b"one",
        vector::tabulate!(260, |_| 97),
        network::network_key(),
    ));
    net.stop();
}

#[test, expected_failure(abort_code = walrus::storage_node::EInvalidNetworkPublicKey)]
fun network_keys_have_33_bytes() {
    let mut net = network::before_epoch_1();
    std::unit_test::destroy(net.add_node(b"one", b"127.0.0.1:1", x"02"));
    net.stop();
}

#[test]
fun an_active_node_may_change_its_stake() {
    let mut set = active_set::new(1, 0);
    let (first, second) = (object::id_from_address(@0x1), object::id_from_address(@0x2));
    assert!(set.insert_or_update(first, 5));
    assert!(set.insert_or_update(first, 7));
    assert!(!set.insert_or_update(second, 9));
    assert!(set.active_ids() == vector[first]);
}

#[test, expected_failure(abort_code = walrus::active_set::EZeroMaxSize)]
fun a_set_without_room_is_refused() {
    active_set::new(0, 0);
}
