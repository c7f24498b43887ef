/// Blobs in the storage object, on a network whose four nodes have the secret keys 1 to 4 and share ten shards
/// 3, 3, 2, 2; nodes 0 to 2 signed that they hold a blob of 5000 bytes whose root hash is 0x1234. Keys and
/// signature were made by @noble/curves, the blob id by its BLAKE2b. (The VM of unit tests takes any signature.)
#[test_only]
module squid::blob_tests;

use squid::{roles, space::{Self, Space}, storage::{Self, Link, Storage}};
use sui::{clock::{Self, Clock}, coin::{Self, Coin}, test_scenario::{Self, Scenario}};
use wal::wal::WAL;
use walrus::{
    blob::Blob,
    devnet_genesis,
    init::{Self, InitCap},
    staking::Staking,
    storage_resource::Storage as Spare,
    system::System
};

const ALICE: address = @0xa11ce;
const BOB: address = @0xb0b;
const BLOB_ID: u256 = 91076473111770840717893079128163871350448779556944765670328367584467809754417;

/// Alice's Space with storage, Bob who may publish in it, and a Walrus network in epoch 1.
public struct World {
    scenario: Scenario,
    clock: Clock,
    space: Space,
    storage: Storage,
    staking: Staking,
    system: System,
    wal: Coin<WAL>,
}

fun keys(): vector<vector<u8>> {
    vector[
        x"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
        x"a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e",
        x"89ece308f9d1f0131765212deca99697b112d61f9be9a5f1f3780a51335b3ff981747a0b2ca2179b96d2c0c9024e5224",
        x"ac9b60d5afcbd5663a8a44b7c5a02f19e9a77ab0a35bd65809bb5c67ec582c897feb04decc694b13e08587f3ff9b5b60",
    ]
}

fun begin(): World {
    let mut scenario = test_scenario::begin(ALICE);
    init::init_for_testing(scenario.ctx());
    scenario.next_tx(ALICE);
    let clock = clock::create_for_testing(scenario.ctx());
    let cap = scenario.take_from_sender<InitCap>();
    let admin = devnet_genesis::create(cap, 10, 1000, 5, &clock, scenario.ctx());
    let mut space = space::new(b"alice".to_string(), &clock, scenario.ctx());
    space.set_roles(BOB, roles::publish(), scenario.ctx());
    storage::new(&mut space, scenario.ctx()).share();
    space.share();

    scenario.next_tx(ALICE);
    let mut staking = scenario.take_shared<Staking>();
    let mut system = scenario.take_shared<System>();
    keys().do!(|key| {
        let node = admin.add_node(
            &mut staking,
            b"node".to_string(),
            b"127.0.0.1:1".to_string(),
            key,
            x"020000000000000000000000000000000000000000000000000000000000000001",
            100,
            7,
            1024 * 1024,
            scenario.ctx(),
        );
        std::unit_test::destroy(node);
    });
    admin.advance_epoch(&mut staking, &mut system, &clock);
    std::unit_test::destroy(admin);
    World {
        space: scenario.take_shared(),
        storage: scenario.take_shared(),
        wal: coin::mint_for_testing(10_000, scenario.ctx()),
        scenario,
        clock,
        staking,
        system,
    }
}

/// Leased for two epochs, not certified.
fun register(self: &mut World): Blob {
    let lease = self.system.reserve_space(26520, 2, &mut self.wal, self.scenario.ctx());
    self
        .system
        .register_blob(
            lease,
            BLOB_ID,
            0x1234,
            5000,
            1,
            false,
            &mut self.wal,
            self.scenario.ctx(),
        )
}

fun certified(self: &mut World): Blob {
    let mut blob = self.register();
    self
        .system
        .certify_blob(
            &mut blob,
            x"8ba0e110d8be68179d242dbafa79eff2a465314e6a49612d25b0b8bb510041a8144ccb60f69c84501ec40bdd2f3dd4b212bd07e8d88179007d25aacb97966bfe69549af6bd7614e53770a293f6775d20fa95f0798760a545ec1897b977a63947",
            x"07",
            x"01000301000000315da0f80d0c9ec768b205891e7f024dad8c112b15346b13fcd5b07dfe745bc900",
        );
    blob
}

/// Puts a certified blob into the storage object, as the sender.
fun put(self: &mut World): ID {
    let blob = self.certified();
    let id = object::id(&blob);
    self.put_blob(blob);
    id
}

fun put_blob(self: &mut World, blob: Blob) {
    self.storage.put_blob(&self.space, blob, self.scenario.ctx());
}

fun take(self: &mut World, id: ID): Blob {
    self.storage.take_blob(&self.space, id, self.scenario.ctx())
}

fun end(self: World) {
    std::unit_test::destroy(self);
}

#[test]
fun a_publisher_puts_a_certified_blob() {
    let mut world = begin();
    world.scenario.next_tx(BOB);
    let id = world.put();
    assert!(world.storage.owns(id));
    assert!(world.storage.blobs() == 1);
    world.end();
}

#[test]
fun anyone_extends_a_lease() {
    let mut world = begin();
    let id = world.put();
    world.scenario.next_tx(@0xbad);
    let before = world.wal.value();
    world.storage.extend_blob(&mut world.system, id, 3, &mut world.wal, world.scenario.ctx());
    // One storage unit for three epochs, at 100 each.
    assert!(before - world.wal.value() == 300);
    world.scenario.next_tx(ALICE);
    let blob = world.take(id);
    assert!(blob.end_epoch() == 6);
    blob.burn();
    world.end();
}

#[test]
fun an_admin_takes_a_blob_out() {
    let mut world = begin();
    let id = world.put();
    let blob = world.take(id);
    assert!(blob.blob_id() == BLOB_ID);
    assert!(!world.storage.owns(id));
    assert!(world.storage.blobs() == 0);
    blob.burn();
    world.end();
}

#[test]
#[expected_failure(abort_code = squid::storage::ENotCertified)]
fun a_blob_that_is_not_certified_is_not_taken_in() {
    let mut world = begin();
    let blob = world.register();
    world.put_blob(blob);
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_put_no_blobs() {
    let mut world = begin();
    world.scenario.next_tx(@0xbad);
    world.put();
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EWrongSpace)]
fun rights_in_another_space_do_not_count() {
    let mut world = begin();
    let blob = world.certified();
    let own = space::new(b"mallory".to_string(), &world.clock, world.scenario.ctx());
    world.storage.put_blob(&own, blob, world.scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun publishers_take_no_blobs_out() {
    let mut world = begin();
    let id = world.put();
    world.scenario.next_tx(BOB);
    world.take(id).burn();
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownBlob)]
fun a_blob_of_others_is_not_extended() {
    let mut world = begin();
    let blob = world.certified();
    let id = object::id(&blob);
    world.storage.extend_blob(&mut world.system, id, 1, &mut world.wal, world.scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = sui::balance::ENotEnough)]
fun a_longer_lease_must_be_paid_for() {
    let mut world = begin();
    let id = world.put();
    let mut purse = world.wal.split(99, world.scenario.ctx());
    world.storage.extend_blob(&mut world.system, id, 1, &mut purse, world.scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EWrongVersion)]
fun a_storage_of_another_version_extends_nothing() {
    let mut world = begin();
    let id = world.put();
    world.storage.set_version_for_testing(2);
    world.storage.extend_blob(&mut world.system, id, 1, &mut world.wal, world.scenario.ctx());
    abort
}

const THREE_DAYS_MS: u64 = 259_200_000;

/// As the sender.
fun condemn(self: &mut World, id: ID) {
    self.storage.condemn(&self.space, vector[id], &self.clock, self.scenario.ctx());
}

fun delete(self: &mut World, id: ID) {
    self.storage.delete_blob(&self.space, &self.system, id, &self.clock, self.scenario.ctx());
}

fun reprieve(self: &mut World, id: ID) {
    self.storage.reprieve(&self.space, id, self.scenario.ctx());
}

fun set_locator(self: &mut World, root: Link) {
    self.storage.set_locator(&self.space, 0, root, self.scenario.ctx());
}

/// A blob of Bob's that he condemned, three days later.
fun condemned(self: &mut World): ID {
    self.scenario.next_tx(BOB);
    let id = self.put();
    self.condemn(id);
    self.clock.increment_for_testing(THREE_DAYS_MS);
    id
}

fun renew(self: &mut World, blobs: vector<ID>, until: u32) {
    self.storage.renew(&mut self.system, blobs, until, &mut self.wal, self.scenario.ctx());
}

#[test]
fun anyone_renews_what_does_not_last_yet() {
    let mut world = begin();
    let first = world.put();
    let second = world.put();
    world.scenario.next_tx(@0xbad);
    let before = world.wal.value();
    // They end with epoch 3: one storage unit for two more epochs at 100, for one blob only.
    world.renew(vector[first], 5);
    assert!(before - world.wal.value() == 200);
    // The first lasts to 5 already, the second is two short.
    world.renew(vector[first, second], 5);
    assert!(before - world.wal.value() == 400);
    // Whoever comes second pays nothing.
    world.renew(vector[first, second], 5);
    assert!(before - world.wal.value() == 400);
    world.end();
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownBlob)]
fun blobs_of_others_are_not_renewed() {
    let mut world = begin();
    let blob = world.certified();
    let id = object::id(&blob);
    world.renew(vector[id], 5);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EWrongVersion)]
fun a_storage_of_another_version_renews_nothing() {
    let mut world = begin();
    world.storage.set_version_for_testing(2);
    world.renew(vector[], 5);
    abort
}

#[test]
fun a_publisher_deletes_three_days_after_condemning() {
    let mut world = begin();
    let id = world.condemned();
    assert!(world.storage.is_condemned(id));
    world.delete(id);
    assert!(!world.storage.owns(id));
    assert!(!world.storage.is_condemned(id));
    assert!(world.storage.blobs() == 0);
    world.end();
}

#[test]
#[expected_failure(abort_code = squid::storage::ETooEarly)]
fun a_condemned_blob_stays_for_three_days() {
    let mut world = begin();
    let id = world.put();
    world.condemn(id);
    world.clock.increment_for_testing(THREE_DAYS_MS - 1);
    world.delete(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::ENotCondemned)]
fun nothing_is_deleted_without_notice() {
    let mut world = begin();
    let id = world.put();
    world.delete(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::ENotCondemned)]
fun a_reprieved_blob_stays() {
    let mut world = begin();
    let id = world.condemned();
    world.reprieve(id);
    world.delete(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::ENotCondemned)]
fun only_the_condemned_are_reprieved() {
    let mut world = begin();
    let id = world.put();
    world.reprieve(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EAlreadyCondemned)]
fun a_blob_is_condemned_once() {
    let mut world = begin();
    let id = world.put();
    world.condemn(id);
    world.condemn(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownBlob)]
fun blobs_of_others_are_not_condemned() {
    let mut world = begin();
    let blob = world.certified();
    let id = object::id(&blob);
    world.condemn(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownBlob)]
fun blobs_of_others_are_not_deleted() {
    let mut world = begin();
    let blob = world.certified();
    let id = object::id(&blob);
    world.delete(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::ELocatorInside)]
fun the_blob_of_the_locators_root_stays() {
    let mut world = begin();
    let id = world.condemned();
    let root = storage::link(
        BLOB_ID,
        5000,
        0,
        10,
        x"1111111111111111111111111111111111111111111111111111111111111111",
    );
    world.set_locator(root);
    world.delete(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_condemn_nothing() {
    let mut world = begin();
    let id = world.put();
    world.scenario.next_tx(@0xbad);
    world.condemn(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_reprieve_nothing() {
    let mut world = begin();
    let id = world.condemned();
    world.scenario.next_tx(@0xbad);
    world.reprieve(id);
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_delete_nothing() {
    let mut world = begin();
    let id = world.condemned();
    world.scenario.next_tx(@0xbad);
    world.delete(id);
    abort
}

#[test]
fun what_an_admin_takes_is_condemned_no_more() {
    let mut world = begin();
    let id = world.put();
    world.condemn(id);
    let blob = world.take(id);
    assert!(!world.storage.is_condemned(id));
    world.put_blob(blob);
    assert!(world.storage.owns(id));
    assert!(!world.storage.is_condemned(id));
    world.end();
}

/// Storage for two epochs without a blob.
fun reserve(self: &mut World): Spare {
    self.system.reserve_space(26520, 2, &mut self.wal, self.scenario.ctx())
}

fun put_spare(self: &mut World): ID {
    let spare = self.reserve();
    let id = object::id(&spare);
    self.storage.put_spare(&self.space, spare, self.scenario.ctx());
    id
}

fun take_spare(self: &mut World, id: ID): Spare {
    self.storage.take_spare(&self.space, id, self.scenario.ctx())
}

#[test]
fun a_publisher_takes_the_spare_storage_of_another() {
    let mut world = begin();
    let id = world.put_spare();
    assert!(world.storage.owns_spare(id));
    assert!(!world.storage.owns(id));
    assert!(world.storage.blobs() == 0);
    world.scenario.next_tx(BOB);
    let spare = world.take_spare(id);
    assert!(spare.size() == 26520 && spare.end_epoch() == 3);
    assert!(!world.storage.owns_spare(id));
    spare.destroy();
    world.end();
}

/// What is deleted was registered as deletable, which the fixture's signature is not for: so it is not certified.
#[test]
#[expected_failure(abort_code = squid::storage::EUnknownSpare)]
fun what_is_left_of_a_permanent_blob_is_no_spare() {
    let mut world = begin();
    let id = world.condemned();
    world.delete(id);
    world.take_spare(id).destroy();
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownSpare)]
fun spare_storage_is_taken_once() {
    let mut world = begin();
    let id = world.put_spare();
    world.take_spare(id).destroy();
    world.take_spare(id).destroy();
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownSpare)]
fun a_blob_is_no_spare_storage() {
    let mut world = begin();
    let id = world.put();
    world.take_spare(id).destroy();
    abort
}

#[test]
#[expected_failure(abort_code = squid::storage::EUnknownBlob)]
fun spare_storage_is_no_blob() {
    let mut world = begin();
    let id = world.put_spare();
    world.take(id).burn();
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_give_no_spare_storage() {
    let mut world = begin();
    world.scenario.next_tx(@0xbad);
    world.put_spare();
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_take_no_spare_storage() {
    let mut world = begin();
    let id = world.put_spare();
    world.scenario.next_tx(@0xbad);
    world.take_spare(id).destroy();
    abort
}
