/// Packages, displays, borrowing, events.
#[test_only]
module sui::package_tests;

use sui::{
    borrow,
    display::{Self, Display, VersionUpdated},
    event,
    package::{Self, UpgradeReceipt},
    test_scenario as ts,
    types
};

const ANN: address = @0xA11;

public struct PACKAGE_TESTS has drop {}

public struct Thing has key, store { id: UID }

public struct NotOnce has drop { a: u8 }

public struct Happened has copy, drop { what: u64 }

#[test]
fun publishers() {
    let ctx = &mut tx_context::dummy();
    let p = package::claim(PACKAGE_TESTS {}, ctx);
    assert!(p.from_package<Thing>() && p.from_module<Thing>());
    assert!(p.from_package<sui::coin::Coin<u8>>() && !p.from_module<sui::coin::Coin<u8>>());
    assert!(!p.from_package<Option<u8>>() && !p.from_module<Option<u8>>());
    assert!(p.published_module().as_bytes() == &b"package_tests");
    assert!(
        p.published_package().as_bytes() ==
            &b"0000000000000000000000000000000000000000000000000000000000000002",
    );
    p.burn_publisher();
    package::test_claim(NotOnce { a: 1 }, ctx).burn_publisher();
    assert!(
        types::is_one_time_witness(&PACKAGE_TESTS {}) && !types::is_one_time_witness(&NotOnce { a: 1 }),
    );
}

#[test, expected_failure(abort_code = package::ENotOneTimeWitness)]
fun not_a_witness() { package::claim_and_keep(NotOnce { a: 1 }, &mut tx_context::dummy()) }

#[test]
fun upgrades() {
    let ctx = &mut tx_context::dummy();
    let mut cap = package::test_publish(@0x42.to_id(), ctx);
    assert!(
        cap.version() == 1 && cap.upgrade_policy() == 0 && cap.upgrade_package() == @0x42.to_id(),
    );
    let ticket = cap.authorize_upgrade(package::additive_policy(), b"digest");
    assert!(ticket.ticket_package() == @0x42.to_id() && ticket.ticket_policy() == 128);
    assert!(ticket.ticket_digest() == &b"digest" && cap.upgrade_package() == @0x0.to_id());
    let receipt = package::test_upgrade(ticket);
    assert!(receipt.receipt_cap() == object::id(&cap));
    let new = receipt.receipt_package();
    cap.commit_upgrade(receipt);
    assert!(cap.version() == 2 && cap.upgrade_package() == new);
    cap.only_additive_upgrades();
    assert!(cap.upgrade_policy() == package::additive_policy());
    cap.only_dep_upgrades();
    assert!(cap.upgrade_policy() == 192 && package::dep_only_policy() == 192);
    assert!(package::compatible_policy() == 0);
    cap.make_immutable();
}

fun used(receipt: UpgradeReceipt) { std::unit_test::destroy(receipt) }

#[test, expected_failure(abort_code = package::ETooPermissive)]
fun a_policy_that_is_too_permissive() {
    let mut cap = package::test_publish(@0x42.to_id(), &mut tx_context::dummy());
    cap.only_dep_upgrades();
    used(package::test_upgrade(cap.authorize_upgrade(package::additive_policy(), b"")));
    abort 99
}

#[test, expected_failure(abort_code = package::ETooPermissive)]
fun a_policy_that_loosens() {
    let mut cap = package::test_publish(@0x42.to_id(), &mut tx_context::dummy());
    cap.only_dep_upgrades();
    cap.only_additive_upgrades();
    abort 99
}

#[test, expected_failure(abort_code = package::EAlreadyAuthorized)]
fun two_upgrades_at_once() {
    let mut cap = package::test_publish(@0x42.to_id(), &mut tx_context::dummy());
    used(package::test_upgrade(cap.authorize_upgrade(0, b"")));
    used(package::test_upgrade(cap.authorize_upgrade(0, b"")));
    abort 99
}

#[test, expected_failure(abort_code = package::ENotAuthorized)]
fun an_upgrade_twice() {
    let mut cap = package::test_publish(@0x42.to_id(), &mut tx_context::dummy());
    let first = package::test_upgrade(cap.authorize_upgrade(0, b""));
    cap.commit_upgrade(first);
    let again = package::test_upgrade(cap.authorize_upgrade(0, b""));
    let more = package::receipt_for_testing(&cap);
    cap.commit_upgrade(again);
    cap.commit_upgrade(more);
    abort 99
}

#[test, expected_failure(abort_code = package::EWrongUpgradeCap)]
fun a_receipt_of_another() {
    let ctx = &mut tx_context::dummy();
    let mut cap = package::test_publish(@0x42.to_id(), ctx);
    let mut other = package::test_publish(@0x43.to_id(), ctx);
    other.commit_upgrade(package::test_upgrade(cap.authorize_upgrade(0, b"")));
    abort 99
}

#[test]
fun displays() {
    let mut s = ts::begin(ANN);
    let p = package::claim(PACKAGE_TESTS {}, s.ctx());
    assert!(display::is_authorized<Thing>(&p));
    let mut d = display::new_with_fields<Thing>(
        &p,
        vector[b"name".to_string(), b"link".to_string()],
        vector[b"{name}".to_string(), b"https://a.example/{id}".to_string()],
        s.ctx(),
    );
    d.add(b"more".to_string(), b"x".to_string());
    d.add_multiple(vector[b"again".to_string()], vector[b"y".to_string()]);
    d.edit(b"name".to_string(), b"{title}".to_string());
    d.remove(b"link".to_string());
    d.update_version();
    assert!(d.version() == 1 && d.fields().size() == 3);
    assert!(
        d.fields().keys() == vector[b"more".to_string(), b"again".to_string(), b"name".to_string()],
    );
    assert!(d.fields()[&b"name".to_string()] == b"{title}".to_string());
    assert!(
        event::events_by_type<VersionUpdated<Thing>>().length() == 1 && event::num_events() == 2,
    );
    transfer::public_transfer(d, ANN);
    display::create_and_keep<Thing>(&p, s.ctx());
    p.burn_publisher();
    s.next_tx(ANN);
    let kept = s.take_from_sender<Display<Thing>>();
    assert!(kept.version() == 0 && kept.fields().is_empty());
    s.return_to_sender(kept);
    s.end();
}

#[test, expected_failure(abort_code = display::ENotOwner)]
fun a_display_of_a_stranger() {
    let ctx = &mut tx_context::dummy();
    let p = package::test_claim(b"of another package".to_string(), ctx);
    transfer::public_transfer(display::new<Thing>(&p, ctx), ANN);
    abort 99
}

#[test, expected_failure(abort_code = display::EVecLengthMismatch)]
fun fields_without_values() {
    let ctx = &mut tx_context::dummy();
    let p = package::claim(PACKAGE_TESTS {}, ctx);
    transfer::public_transfer(
        display::new_with_fields<Thing>(&p, vector[b"a".to_string()], vector[], ctx),
        ANN,
    );
    abort 99
}

#[test, expected_failure(abort_code = display::EVecLengthMismatch)]
fun more_fields_than_values() {
    let ctx = &mut tx_context::dummy();
    let p = package::claim(PACKAGE_TESTS {}, ctx);
    let mut d = display::new<Thing>(&p, ctx);
    d.add_multiple(vector[b"a".to_string()], vector[]);
    abort 99
}

#[test]
fun borrowing() {
    let ctx = &mut tx_context::dummy();
    let mut r = borrow::new(Thing { id: object::new(ctx) }, ctx);
    let (thing, b) = r.borrow();
    r.put_back(thing, b);
    let Thing { id } = r.destroy();
    id.delete();
}

#[test, expected_failure(abort_code = borrow::EWrongValue)]
fun another_object_comes_back() {
    let ctx = &mut tx_context::dummy();
    let mut r = borrow::new(Thing { id: object::new(ctx) }, ctx);
    let (thing, b) = r.borrow();
    r.put_back(Thing { id: object::new(ctx) }, b);
    transfer::public_transfer(thing, ANN);
    abort 99
}

#[test, expected_failure(abort_code = borrow::EWrongBorrow)]
fun it_comes_back_to_another() {
    let ctx = &mut tx_context::dummy();
    let mut r = borrow::new(Thing { id: object::new(ctx) }, ctx);
    let mut q = borrow::new(Thing { id: object::new(ctx) }, ctx);
    let (thing, b) = r.borrow();
    q.put_back(thing, b);
    abort 99
}

#[test]
fun events() {
    event::emit(Happened { what: 1 });
    event::emit(Happened { what: 2 });
    assert!(
        event::events_by_type<Happened>() == vector[Happened { what: 1 }, Happened { what: 2 }],
    );
    assert!(event::num_events() == 2);
}
