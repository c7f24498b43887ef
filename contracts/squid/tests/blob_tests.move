/// Blobs in the storage object, on a network whose four nodes have the secret keys 1 to 4 and share ten shards
/// 3, 3, 2, 2; nodes 0 to 2 signed that they hold a blob of 5000 bytes whose root hash is 0x1234. Keys and
/// signature were made by @noble/curves, the blob id by its BLAKE2b. (The VM of unit tests takes any signature.)
#[test_only]
module squid::blob_tests;

use squid::{roles, space::{Self, Space}, storage::{Self, Storage}};
use sui::{clock::{Self, Clock}, coin::{Self, Coin}, test_scenario::{Self, Scenario}};
use wal::wal::WAL;
use walrus::{blob::Blob, devnet_genesis, init::{Self, InitCap}, staking::Staking, system::System};

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
