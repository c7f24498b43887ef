#[test_only]
module squid::space_tests;

use squid::{registry::{Self, Registry}, roles, space::{Self, Space}};
use sui::{clock::{Self, Clock}, test_scenario::{Self, Scenario}};

const ALICE: address = @0xa11ce;
const BOB: address = @0xb0b;
const CAROL: address = @0xca401;

/// A shared Space of Alice's and a shared Registry; the next transaction is Alice's.
fun begin(): (Scenario, Clock) {
    let mut scenario = test_scenario::begin(ALICE);
    let mut clock = clock::create_for_testing(scenario.ctx());
    clock.set_for_testing(1_000);
    registry::init_for_testing(scenario.ctx());
    space::new(b"alice".to_string(), &clock, scenario.ctx()).share();
    scenario.next_tx(ALICE);
    (scenario, clock)
}

fun end(scenario: Scenario, clock: Clock) {
    clock.destroy_for_testing();
    scenario.end();
}

#[test]
fun creator_is_admin_and_nobody_else_is_a_member() {
    let (scenario, clock) = begin();
    let space = scenario.take_shared<Space>();
    assert!(space.roles(ALICE) == roles::admin());
    assert!(space.roles(BOB) == 0);
    assert!(space.storage().is_none());
    assert!(space.entry(b"hello".to_string()).is_none());
    test_scenario::return_shared(space);
    end(scenario, clock);
}

#[test]
fun roles_are_set_replaced_and_removed() {
    let (mut scenario, clock) = begin();
    let mut space = scenario.take_shared<Space>();
    space.set_roles(BOB, roles::publish() | roles::build(), scenario.ctx());
    assert!(space.roles(BOB) == 6);
    space.set_roles(BOB, roles::read(), scenario.ctx());
    assert!(space.roles(BOB) == 8);
    space.set_roles(BOB, 0, scenario.ctx());
    assert!(space.roles(BOB) == 0);
    test_scenario::return_shared(space);
    end(scenario, clock);
}

#[test]
fun an_admin_may_leave_when_another_stays() {
    let (mut scenario, clock) = begin();
    let mut space = scenario.take_shared<Space>();
    space.set_roles(BOB, roles::admin(), scenario.ctx());
    space.set_roles(ALICE, 0, scenario.ctx());
    assert!(space.roles(ALICE) == 0 && space.roles(BOB) == roles::admin());
    test_scenario::return_shared(space);
    end(scenario, clock);
}

#[test]
fun roles_include_what_they_say_and_admins_everything() {
    assert!(roles::includes(roles::publish(), roles::publish()));
    assert!(!roles::includes(roles::publish(), roles::build()));
    assert!(!roles::includes(roles::publish() | roles::build() | roles::read(), roles::admin()));
    assert!(roles::includes(roles::admin(), roles::publish()));
    assert!(!roles::includes(0, roles::read()));
}

#[test]
#[expected_failure(abort_code = squid::space::EBadName)]
fun a_space_has_a_proper_label() {
    let (mut scenario, clock) = begin();
    space::new(b"Alice".to_string(), &clock, scenario.ctx()).share();
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun only_admins_set_roles() {
    let (mut scenario, _clock) = begin();
    let mut space = scenario.take_shared<Space>();
    space.set_roles(BOB, roles::publish(), scenario.ctx());
    scenario.next_tx(BOB);
    space.set_roles(CAROL, roles::read(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::EBadRoles)]
fun only_known_roles_are_set() {
    let (mut scenario, _clock) = begin();
    let mut space = scenario.take_shared<Space>();
    space.set_roles(BOB, 16, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ELastAdmin)]
fun the_last_admin_cannot_leave() {
    let (mut scenario, _clock) = begin();
    let mut space = scenario.take_shared<Space>();
    space.set_roles(ALICE, roles::publish(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::EWrongVersion)]
fun a_space_of_another_version_is_not_written() {
    let (mut scenario, _clock) = begin();
    let mut space = scenario.take_shared<Space>();
    space.set_version_for_testing(2);
    space.set_roles(BOB, roles::read(), scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::EWrongVersion)]
fun a_space_of_another_version_is_not_read() {
    let (scenario, _clock) = begin();
    let mut space = scenario.take_shared<Space>();
    space.set_version_for_testing(0);
    space.storage();
    abort
}

#[test]
fun a_home_is_set_replaced_and_cleared() {
    let (mut scenario, clock) = begin();
    let first = scenario.take_shared<Space>();
    let mut registry = scenario.take_shared<Registry>();
    assert!(registry.home(ALICE).is_none());
    registry.set_home(&first, scenario.ctx());
    assert!(registry.home(ALICE) == option::some(object::id(&first)));

    let second = space::new(b"team".to_string(), &clock, scenario.ctx());
    registry.set_home(&second, scenario.ctx());
    assert!(registry.home(ALICE) == option::some(object::id(&second)));

    registry.clear_home(&second, ALICE, scenario.ctx());
    assert!(registry.home(ALICE).is_none());
    second.share();
    test_scenario::return_shared(first);
    test_scenario::return_shared(registry);
    end(scenario, clock);
}

#[test]
fun another_admin_clears_a_home() {
    let (mut scenario, clock) = begin();
    let mut space = scenario.take_shared<Space>();
    let mut registry = scenario.take_shared<Registry>();
    space.set_roles(BOB, roles::admin(), scenario.ctx());
    registry.set_home(&space, scenario.ctx());
    scenario.next_tx(BOB);
    registry.clear_home(&space, ALICE, scenario.ctx());
    assert!(registry.home(ALICE).is_none());
    test_scenario::return_shared(space);
    test_scenario::return_shared(registry);
    end(scenario, clock);
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun only_an_admin_makes_a_space_a_home() {
    let (mut scenario, _clock) = begin();
    let mut space = scenario.take_shared<Space>();
    let mut registry = scenario.take_shared<Registry>();
    space.set_roles(BOB, roles::publish(), scenario.ctx());
    scenario.next_tx(BOB);
    registry.set_home(&space, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::space::ENotPermitted)]
fun only_an_admin_clears_a_home() {
    let (mut scenario, _clock) = begin();
    let space = scenario.take_shared<Space>();
    let mut registry = scenario.take_shared<Registry>();
    registry.set_home(&space, scenario.ctx());
    scenario.next_tx(BOB);
    registry.clear_home(&space, ALICE, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::registry::ENotHome)]
fun a_space_that_is_no_home_is_not_cleared() {
    let (mut scenario, clock) = begin();
    let space = scenario.take_shared<Space>();
    let mut registry = scenario.take_shared<Registry>();
    registry.set_home(&space, scenario.ctx());
    let other = space::new(b"team".to_string(), &clock, scenario.ctx());
    registry.clear_home(&other, ALICE, scenario.ctx());
    abort
}

#[test]
#[expected_failure(abort_code = squid::registry::EWrongVersion)]
fun a_registry_of_another_version_is_not_written() {
    let (mut scenario, _clock) = begin();
    let space = scenario.take_shared<Space>();
    let mut registry = scenario.take_shared<Registry>();
    registry.set_version_for_testing(2);
    registry.set_home(&space, scenario.ctx());
    abort
}
