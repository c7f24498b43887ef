#[test_only]
module squid::storage_tests;

use squid::{roles, space::{Self, Space}, storage::{Self, Link, Storage}};
use sui::{clock::{Self, Clock}, test_scenario::{Self, Scenario}};

const ALICE: address = @0xa11ce;
const BOB: address = @0xb0b;

/// Alice's shared Space and its shared storage object, and Bob who may publish; the next transaction is Alice's.
fun begin(): (Scenario, Clock, Space, Storage) {
    let mut scenario = test_scenario::begin(ALICE);
    let clock = clock::create_for_testing(scenario.ctx());
    let mut space = space::new(b"alice".to_string(), &clock, scenario.ctx());
    space.set_roles(BOB, roles::publish(), scenario.ctx());
    storage::new(&mut space, scenario.ctx()).share();
    space.share();
    scenario.next_tx(ALICE);
    let space = scenario.take_shared<Space>();
    let storage = scenario.take_shared<Storage>();
    (scenario, clock, space, storage)
}

fun end(scenario: Scenario, clock: Clock, space: Space, storage: Storage) {
    test_scenario::return_shared(space);
    test_scenario::return_shared(storage);
    clock.destroy_for_testing();
    scenario.end();
}

fun hash(): vector<u8> { b"01234567890123456789012345678901" }

fun link(offset: u64): Link {
    storage::link(77, 1_000, offset, 100, hash())
}

#[test]
fun a_space_knows_its_storage_and_the_storage_its_space() {
    let (scenario, clock, space, storage) = begin();
    assert!(space.storage() == option::some(object::id(&storage)));
    assert!(storage.space() == object::id(&space));
    assert!(storage.blobs() == 0 && storage.revision() == 0 && storage.root().is_none());
    end(scenario, clock, space, storage);
}

#[test]
fun a_publisher_moves_the_locator_by_compare_and_swap() {
    let (mut scenario, clock, space, mut storage) = begin();
    scenario.next_tx(BOB);
    storage.set_locator(&space, 0, link(0), scenario.ctx());
    storage.set_locator(&space, 1, link(900), scenario.ctx());
    assert!(storage.revision() == 2);
    assert!(storage.root() == option::some(link(900)));
    end(scenario, clock, space, storage);
}

#[test]
#[expected_failure(abort_code = squid::storage::EStaleLocator)]
fun a_locator_that_moved_is_read_again() {
    let (mut scenario, _clock, space, mut storage) = begin();
    storage.set_locator(&space, 0, link(0), scenario.ctx());
    storage.set_locator(&space, 0, link(1), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EStaleLocator)]
fun a_revision_is_not_skipped() {
    let (mut scenario, _clock, space, mut storage) = begin();
    storage.set_locator(&space, 1, link(0), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_do_not_move_the_locator() {
    let (mut scenario, _clock, space, mut storage) = begin();
    scenario.next_tx(@0xbad);
    storage.set_locator(&space, 0, link(0), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EWrongSpace)]
fun rights_in_another_space_do_not_count() {
    let (mut scenario, clock, _space, mut storage) = begin();
    scenario.next_tx(@0xbad);
    let own = space::new(b"mallory".to_string(), &clock, scenario.ctx());
    storage.set_locator(&own, 0, link(0), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EBadLink)]
fun a_link_has_a_hash() {
    storage::link(77, 1_000, 0, 100, b"short");
}

#[test]
#[expected_failure(abort_code = squid::storage::EBadLink)]
fun a_link_is_not_empty() {
    storage::link(77, 1_000, 0, 0, hash());
}

#[test]
#[expected_failure(abort_code = squid::storage::EBadLink)]
fun a_link_ends_inside_its_blob() {
    storage::link(77, 1_000, 901, 100, hash());
}

#[test]
#[expected_failure(abort_code = squid::storage::EBadLink)]
fun a_link_begins_inside_its_blob() {
    storage::link(77, 1_000, 18446744073709551615, 1, hash());
}

#[test]
#[expected_failure(abort_code = squid::space::EStorageExists)]
fun a_space_has_one_storage() {
    let (mut scenario, _clock, mut space, _storage) = begin();
    storage::new(&mut space, scenario.ctx()).share();
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun only_an_admin_makes_the_storage() {
    let mut scenario = test_scenario::begin(ALICE);
    let clock = clock::create_for_testing(scenario.ctx());
    space::new(b"alice".to_string(), &clock, scenario.ctx()).share();
    scenario.next_tx(BOB);
    let mut space = scenario.take_shared<Space>();
    storage::new(&mut space, scenario.ctx()).share();
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownBlob)]
fun a_blob_that_is_not_there_is_not_taken() {
    let (mut scenario, _clock, space, mut storage) = begin();
    let _blob = storage.take_blob(&space, object::id_from_address(@0x1), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EWrongVersion)]
fun a_storage_of_another_version_is_not_written() {
    let (mut scenario, _clock, space, mut storage) = begin();
    storage.set_version_for_testing(2);
    storage.set_locator(&space, 0, link(0), scenario.ctx());
    abort
}
