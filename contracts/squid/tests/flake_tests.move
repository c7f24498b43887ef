#[test_only]
module squid::flake_tests;

use squid::{flake::{Self, Flake}, roles, space::{Self, Space}};
use std::string::String;
use sui::{clock::{Self, Clock}, test_scenario::{Self, Scenario}};

const ALICE: address = @0xa11ce;
const BOB: address = @0xb0b;

/// Alice's shared Space with the shared flake `hello`, and Bob who may publish; the next transaction is Alice's.
fun begin(): (Scenario, Clock, Space, Flake) {
    let mut scenario = test_scenario::begin(ALICE);
    let mut clock = clock::create_for_testing(scenario.ctx());
    clock.set_for_testing(1_000);
    let mut space = space::new(b"alice".to_string(), &clock, scenario.ctx());
    space.set_roles(BOB, roles::publish(), scenario.ctx());
    flake::new(&mut space, hello(), &clock, scenario.ctx()).share();
    space.share();
    scenario.next_tx(ALICE);
    let space = scenario.take_shared<Space>();
    let flake = scenario.take_shared<Flake>();
    (scenario, clock, space, flake)
}

fun end(scenario: Scenario, clock: Clock, space: Space, flake: Flake) {
    test_scenario::return_shared(space);
    test_scenario::return_shared(flake);
    clock.destroy_for_testing();
    scenario.end();
}

fun hello(): String { b"hello".to_string() }

fun stable(): String { b"stable".to_string() }

/// 32 bytes that are all `byte`.
fun hash(byte: u8): vector<u8> {
    let mut bytes = vector[];
    let mut i = 0u8;
    while (i < 32) {
        bytes.push_back(byte);
        i = i + 1;
    };
    bytes
}

/// 32 bytes that differ for each `n`.
fun key(n: u64): vector<u8> {
    let mut bytes = hash(0);
    *(&mut bytes[0]) = (n % 256) as u8;
    *(&mut bytes[1]) = (n / 256) as u8;
    bytes
}

fun append(flake: &mut Flake, space: &Space, expected: u64, clock: &Clock, ctx: &TxContext): u64 {
    flake.append(
        space,
        expected,
        key(expected),
        hash(1),
        b"rev".to_string(),
        7,
        hash(2),
        clock,
        ctx,
    )
}

fun append_many(flake: &mut Flake, space: &Space, count: u64, clock: &Clock, ctx: &TxContext) {
    let mut version = 0;
    while (version < count) { version = append(flake, space, version, clock, ctx); }
}

#[test]
fun a_new_flake_is_an_entry_without_releases() {
    let (scenario, clock, space, flake) = begin();
    let entry = space.entry(hello()).destroy_some();
    assert!(entry.kind() == 1);
    assert!(entry.id() == object::id(&flake));
    assert!(flake.space() == object::id(&space));
    assert!(flake.name() == hello());
    assert!(flake.last() == 0 && flake.latest().is_none());
    end(scenario, clock, space, flake);
}

#[test]
fun releases_are_numbered_from_one() {
    let (mut scenario, clock, space, mut flake) = begin();
    assert!(append(&mut flake, &space, 0, &clock, scenario.ctx()) == 1);
    assert!(append(&mut flake, &space, 1, &clock, scenario.ctx()) == 2);
    assert!(flake.last() == 2 && flake.latest() == option::some(2));
    assert!(flake.release(1) != flake.release(2));
    assert!(flake.published(key(0)) == option::some(1));
    assert!(flake.published(key(1)) == option::some(2));
    assert!(flake.published(key(2)).is_none());
    end(scenario, clock, space, flake);
}

#[test]
fun a_publisher_who_is_no_admin_appends_yanks_and_tags() {
    let (mut scenario, clock, space, mut flake) = begin();
    scenario.next_tx(BOB);
    append_many(&mut flake, &space, 2, &clock, scenario.ctx());
    flake.set_tag(&space, stable(), 1, scenario.ctx());
    flake.yank(&space, 2, scenario.ctx());
    flake.unyank(&space, 2, scenario.ctx());
    flake.remove_tag(&space, stable(), scenario.ctx());
    assert!(flake.tag(stable()).is_none());
    end(scenario, clock, space, flake);
}

#[test]
fun a_tag_moves() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 2, &clock, scenario.ctx());
    flake.set_tag(&space, stable(), 2, scenario.ctx());
    flake.set_tag(&space, stable(), 1, scenario.ctx());
    assert!(flake.tag(stable()) == option::some(1));
    flake.set_tag(&space, b"v1.0".to_string(), 2, scenario.ctx());
    assert!(flake.tag(b"v1.0".to_string()) == option::some(2));
    end(scenario, clock, space, flake);
}

#[test]
fun latest_is_the_highest_version_shown() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 3, &clock, scenario.ctx());
    flake.yank(&space, 2, scenario.ctx());
    assert!(flake.latest() == option::some(3));
    flake.yank(&space, 3, scenario.ctx());
    assert!(flake.latest() == option::some(1));
    assert!(!flake.is_shown(3) && !flake.is_shown(2) && flake.is_shown(1));
    flake.yank(&space, 1, scenario.ctx());
    assert!(flake.latest().is_none());
    flake.unyank(&space, 2, scenario.ctx());
    assert!(flake.latest() == option::some(2));
    flake.unyank(&space, 1, scenario.ctx());
    assert!(flake.latest() == option::some(2));
    // A new release is shown, and comes after all that there ever were.
    assert!(append(&mut flake, &space, 3, &clock, scenario.ctx()) == 4);
    assert!(flake.latest() == option::some(4));
    end(scenario, clock, space, flake);
}

#[test]
fun latest_is_found_across_pages() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 254, &clock, scenario.ctx());
    // As if 255 to 1022 had all been appended and hidden.
    flake.skip_for_testing(1022);
    assert!(append(&mut flake, &space, 1022, &clock, scenario.ctx()) == 1023);
    assert!(append(&mut flake, &space, 1023, &clock, scenario.ctx()) == 1024);
    flake.yank(&space, 1024, scenario.ctx());
    assert!(flake.latest() == option::some(1023));
    flake.yank(&space, 1023, scenario.ctx());
    assert!(flake.latest() == option::some(254));
    flake.unyank(&space, 1024, scenario.ctx());
    assert!(flake.latest() == option::some(1024));
    end(scenario, clock, space, flake);
}

#[test]
fun a_revoked_release_is_hidden_whether_it_was_yanked_or_not() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 3, &clock, scenario.ctx());
    flake.revoke(&space, 3, b"stolen key".to_string(), scenario.ctx());
    assert!(flake.latest() == option::some(2));
    flake.yank(&space, 2, scenario.ctx());
    flake.revoke(&space, 2, b"stolen key".to_string(), scenario.ctx());
    assert!(flake.latest() == option::some(1));
    end(scenario, clock, space, flake);
}

#[test]
#[expected_failure(abort_code = squid::space::EEntryExists)]
fun a_name_is_used_once() {
    let (mut scenario, clock, mut space, _flake) = begin();
    flake::new(&mut space, hello(), &clock, scenario.ctx()).share();
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::EBadName)]
fun a_flake_has_a_proper_name() {
    let (mut scenario, clock, mut space, _flake) = begin();
    flake::new(&mut space, b"hello.world".to_string(), &clock, scenario.ctx()).share();
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_create_no_flakes() {
    let (mut scenario, clock, mut space, _flake) = begin();
    scenario.next_tx(@0xbad);
    flake::new(&mut space, b"evil".to_string(), &clock, scenario.ctx()).share();
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_do_not_publish() {
    let (mut scenario, clock, space, mut flake) = begin();
    scenario.next_tx(@0xbad);
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun builders_do_not_publish() {
    let (mut scenario, clock, mut space, mut flake) = begin();
    space.set_roles(BOB, roles::build() | roles::read(), scenario.ctx());
    scenario.next_tx(BOB);
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_do_not_yank() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 1, &clock, scenario.ctx());
    scenario.next_tx(@0xbad);
    flake.yank(&space, 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_do_not_unyank() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 1, &clock, scenario.ctx());
    flake.yank(&space, 1, scenario.ctx());
    scenario.next_tx(@0xbad);
    flake.unyank(&space, 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_do_not_tag() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 1, &clock, scenario.ctx());
    scenario.next_tx(@0xbad);
    flake.set_tag(&space, stable(), 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun strangers_do_not_remove_tags() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 1, &clock, scenario.ctx());
    flake.set_tag(&space, stable(), 1, scenario.ctx());
    scenario.next_tx(@0xbad);
    flake.remove_tag(&space, stable(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun publishers_do_not_revoke() {
    let (mut scenario, clock, space, mut flake) = begin();
    append_many(&mut flake, &space, 1, &clock, scenario.ctx());
    scenario.next_tx(BOB);
    flake.revoke(&space, 1, b"because".to_string(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EWrongSpace)]
fun rights_in_another_space_do_not_count() {
    let (mut scenario, clock, _space, mut flake) = begin();
    let own = space::new(b"mallory".to_string(), &clock, scenario.ctx());
    append(&mut flake, &own, 0, &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EStaleRelease)]
fun of_two_publishers_the_second_reads_again() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.append(&space, 0, key(9), hash(1), hello(), 7, hash(2), &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EStaleRelease)]
fun versions_are_not_skipped() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 1, &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EAlreadyPublished)]
fun a_publish_is_one_release() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.append(&space, 1, key(0), hash(1), hello(), 7, hash(2), &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EBadHash)]
fun a_key_has_32_bytes() {
    let (mut scenario, clock, space, mut flake) = begin();
    flake.append(&space, 0, b"key", hash(1), hello(), 7, hash(2), &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EBadHash)]
fun a_nar_hash_has_32_bytes() {
    let (mut scenario, clock, space, mut flake) = begin();
    flake.append(&space, 0, key(0), vector[], hello(), 7, hash(2), &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EBadHash)]
fun a_manifest_digest_has_32_bytes() {
    let (mut scenario, clock, space, mut flake) = begin();
    let mut long = hash(2);
    long.push_back(2);
    flake.append(&space, 0, key(0), hash(1), hello(), 7, long, &clock, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EBadRevision)]
fun a_revision_is_short() {
    let (mut scenario, clock, space, mut flake) = begin();
    let mut revision = hash(0x61);
    revision.append(hash(0x61));
    revision.push_back(0x61);
    flake.append(
        &space,
        0,
        key(0),
        hash(1),
        revision.to_string(),
        7,
        hash(2),
        &clock,
        scenario.ctx(),
    );
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EBadTag)]
fun a_tag_has_a_proper_name() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.set_tag(&space, b".hidden".to_string(), 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EUnknownRelease)]
fun a_tag_points_to_a_release() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.set_tag(&space, stable(), 2, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EUnknownRelease)]
fun version_zero_is_no_release() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.yank(&space, 0, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EHidden)]
fun a_tag_does_not_point_to_a_yanked_release() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.yank(&space, 1, scenario.ctx());
    flake.set_tag(&space, stable(), 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EHidden)]
fun a_tag_does_not_point_to_a_revoked_release() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.revoke(&space, 1, b"malware".to_string(), scenario.ctx());
    flake.set_tag(&space, stable(), 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EUnknownTag)]
fun a_tag_that_is_not_there_is_not_removed() {
    let (mut scenario, _clock, space, mut flake) = begin();
    flake.remove_tag(&space, stable(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EAlreadyYanked)]
fun a_release_is_yanked_once() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.yank(&space, 1, scenario.ctx());
    flake.yank(&space, 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::ENotYanked)]
fun only_a_yanked_release_is_unyanked() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.unyank(&space, 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::ERevoked)]
fun a_revoked_release_is_not_unyanked() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.yank(&space, 1, scenario.ctx());
    flake.revoke(&space, 1, b"malware".to_string(), scenario.ctx());
    flake.unyank(&space, 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::ERevoked)]
fun a_revoked_release_is_not_yanked() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.revoke(&space, 1, b"malware".to_string(), scenario.ctx());
    flake.yank(&space, 1, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::ERevoked)]
fun a_release_is_revoked_once() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.revoke(&space, 1, b"malware".to_string(), scenario.ctx());
    flake.revoke(&space, 1, b"worse".to_string(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EBadReason)]
fun a_revocation_has_a_reason() {
    let (mut scenario, clock, space, mut flake) = begin();
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    flake.revoke(&space, 1, b"".to_string(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::flake::EWrongVersion)]
fun a_flake_of_another_version_is_not_written() {
    let (mut scenario, clock, space, mut flake) = begin();
    flake.set_version_for_testing(2);
    append(&mut flake, &space, 0, &clock, scenario.ctx());
    abort
}
