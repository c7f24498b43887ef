/// Objects, their owners and their fields, over several transactions.
#[test_only]
module sui::object_tests;

use sui::{dynamic_field as df, dynamic_object_field as ofield, test_scenario as ts};

const ANN: address = @0xA11;
const BOB: address = @0xB0B;

public struct Thing has key, store { id: UID, value: u64 }

public struct Other has key, store { id: UID }

fun thing(value: u64, ctx: &mut TxContext): Thing { Thing { id: object::new(ctx), value } }

fun destroy(thing: Thing): u64 {
    let Thing { id, value } = thing;
    id.delete();
    value
}

#[test]
fun ids() {
    let ctx = &mut tx_context::dummy();
    let one = thing(1, ctx);
    let two = thing(2, ctx);
    let at = object::id_address(&one);
    assert!(at != object::id_address(&two) && one.id.to_address() == at);
    assert!(object::id(&one) == at.to_id() && object::borrow_id(&one) == one.id.as_inner());
    assert!(object::id_bytes(&one) == at.to_bytes() && one.id.to_bytes() == at.to_bytes());
    assert!(object::id_from_bytes(at.to_bytes()) == one.id.to_inner());
    assert!(object::id(&one).to_address() == at && object::id(&one).to_bytes() == at.to_bytes());
    assert!(object::last_created(ctx) == object::id(&two) && ctx.get_ids_created() == 2);
    destroy(one);
    destroy(two);
}

#[test]
fun context() {
    let mut ctx = tx_context::new_from_hint(ANN, 0x0102, 7, 8, 0);
    assert!(ctx.sender() == ANN && ctx.epoch() == 7 && ctx.epoch_timestamp_ms() == 8);
    assert!(ctx.digest() == &x"0201000000000000000000000000000000000000000000000000000000000000");
    assert!(ctx.sponsor().is_none() && ctx.fresh_object_address() != ctx.fresh_object_address());
    let sponsored = tx_context::create(ANN, *ctx.digest(), 7, 8, 0, option::some(BOB));
    assert!(sponsored.sponsor() == option::some(BOB));
}

#[test]
fun owners() {
    let mut s = ts::begin(ANN);
    let first = thing(1, s.ctx());
    let id = object::id(&first);
    transfer::public_transfer(first, BOB);
    transfer::transfer(thing(2, s.ctx()), BOB);
    transfer::public_share_object(thing(3, s.ctx()));
    transfer::public_freeze_object(thing(4, s.ctx()));
    let effects = s.next_tx(BOB);
    assert!(effects.created().length() == 4 && effects.shared().length() == 1);
    assert!(effects.frozen().length() == 1 && effects.transferred_to_account()[&id] == BOB);
    assert!(s.ids_for_sender<Thing>().length() == 2 && ts::has_most_recent_shared<Thing>());
    let first = s.take_from_sender_by_id<Thing>(id);
    let second = s.take_from_sender<Thing>();
    assert!(first.value == 1 && second.value == 2);
    s.return_to_sender(first);
    transfer::freeze_object(second);
    let mut shared = s.take_shared<Thing>();
    shared.value = 30;
    ts::return_shared(shared);
    let frozen = s.take_immutable<Thing>();
    assert!(frozen.value == 4);
    ts::return_immutable(frozen);
    let effects = s.next_epoch(ANN);
    assert!(effects.frozen().length() == 2); // the one that was given back counts, too
    assert!(s.ctx().epoch() == 1);
    let shared = s.take_shared<Thing>();
    assert!(destroy(shared) == 30);
    assert!(s.end().deleted().length() == 1);
}

#[test]
fun sent_to_an_object() {
    let mut s = ts::begin(ANN);
    let parent = Other { id: object::new(s.ctx()) };
    let at = object::id(&parent);
    let gift = thing(5, s.ctx());
    let id = object::id(&gift);
    transfer::public_transfer(gift, at.to_address());
    transfer::transfer(thing(6, s.ctx()), at.to_address());
    transfer::transfer(parent, ANN);
    s.next_tx(ANN);
    let mut parent = s.take_from_sender<Other>();
    let ticket = ts::receiving_ticket_by_id<Thing>(id);
    assert!(transfer::receiving_object_id(&ticket) == id);
    assert!(destroy(transfer::public_receive(&mut parent.id, ticket)) == 5);
    let ticket = ts::most_recent_receiving_ticket<Thing>(&at);
    assert!(destroy(transfer::receive(&mut parent.id, ticket)) == 6);
    let Other { id } = parent;
    id.delete();
    s.end();
}

#[test, expected_failure(abort_code = sui::transfer::EUnableToReceiveObject)]
fun received_twice() {
    let mut s = ts::begin(ANN);
    let mut parent = Other { id: object::new(s.ctx()) };
    let gift = thing(5, s.ctx());
    let id = object::id(&gift);
    transfer::public_transfer(gift, parent.id.to_address());
    s.next_tx(ANN);
    let ticket = ts::receiving_ticket_by_id<Thing>(id);
    destroy(transfer::receive(&mut parent.id, ticket));
    let ticket = transfer::make_receiver<Thing>(id, 1);
    destroy(transfer::receive(&mut parent.id, ticket));
    abort 99
}

#[test, expected_failure(abort_code = sui::transfer::ESharedNonNewObject)]
fun shared_too_late() {
    let mut s = ts::begin(ANN);
    transfer::transfer(thing(1, s.ctx()), ANN);
    s.next_tx(ANN);
    transfer::share_object(s.take_from_sender<Thing>());
    abort 99
}

#[test]
fun fields() {
    let ctx = &mut tx_context::dummy();
    let mut id = object::new(ctx);
    df::add(&mut id, 1u64, b"one");
    df::add(&mut id, 1u8, b"another type of name");
    assert!(df::exists_(&id, 1u64) && !df::exists_(&id, 2u64));
    assert!(
        df::exists_with_type<u64, vector<u8>>(&id, 1) && !df::exists_with_type<u64, u64>(&id, 1),
    );
    df::borrow_mut<u64, vector<u8>>(&mut id, 1).push_back(33);
    assert!(df::borrow(&id, 1u64) == &b"one!");
    assert!(df::remove_if_exists<u64, vector<u8>>(&mut id, 2).is_none());
    assert!(df::remove_if_exists(&mut id, 1u64) == option::some(b"one!"));
    assert!(df::remove<u8, vector<u8>>(&mut id, 1).length() == 20 && !df::exists_(&id, 1u8));
    id.delete();
}

#[test]
fun object_fields() {
    let ctx = &mut tx_context::dummy();
    let mut id = object::new(ctx);
    let one = thing(1, ctx);
    let at = object::id(&one);
    ofield::add(&mut id, b"k", one);
    df::add(&mut id, b"k", 7u64);
    assert!(ofield::exists_(&id, b"k") && !ofield::exists_(&id, b"x"));
    assert!(ofield::exists_with_type<vector<u8>, Thing>(&id, b"k"));
    assert!(!ofield::exists_with_type<vector<u8>, Other>(&id, b"k"));
    assert!(!ofield::exists_with_type<vector<u8>, Thing>(&id, b"x"));
    assert!(ofield::id(&id, b"k") == option::some(at) && ofield::id(&id, b"x").is_none());
    ofield::borrow_mut<vector<u8>, Thing>(&mut id, b"k").value = 5;
    assert!(ofield::borrow<vector<u8>, Thing>(&id, b"k").value == 5);
    let back: Thing = ofield::remove(&mut id, b"k");
    assert!(object::id(&back) == at && !ofield::exists_(&id, b"k"));
    assert!(destroy(back) == 5);
    assert!(df::remove<vector<u8>, u64>(&mut id, b"k") == 7);
    id.delete();
}

#[test, expected_failure(abort_code = df::EFieldAlreadyExists)]
fun a_field_twice() {
    let mut id = object::new(&mut tx_context::dummy());
    df::add(&mut id, 1u64, 1u8);
    df::add(&mut id, 1u64, true);
    abort 99
}

#[test, expected_failure(abort_code = df::EFieldDoesNotExist)]
fun a_field_that_is_not() {
    let id = object::new(&mut tx_context::dummy());
    df::borrow<u64, u8>(&id, 1);
    abort 99
}

#[test, expected_failure(abort_code = df::EFieldTypeMismatch)]
fun a_field_of_another_type() {
    let mut id = object::new(&mut tx_context::dummy());
    df::add(&mut id, 1u64, 1u8);
    df::remove<u64, bool>(&mut id, 1);
    abort 99
}

#[test, expected_failure(abort_code = df::EFieldAlreadyExists)]
fun an_object_field_twice() {
    let ctx = &mut tx_context::dummy();
    let mut id = object::new(ctx);
    ofield::add(&mut id, 1u64, thing(1, ctx));
    ofield::add(&mut id, 1u64, thing(2, ctx));
    abort 99
}

#[test, expected_failure(abort_code = df::EFieldDoesNotExist)]
fun an_object_field_that_is_not() {
    let id = object::new(&mut tx_context::dummy());
    ofield::borrow<u64, Thing>(&id, 1);
    abort 99
}

#[test, expected_failure(abort_code = df::EFieldTypeMismatch)]
fun an_object_field_of_another_type() {
    let ctx = &mut tx_context::dummy();
    let mut id = object::new(ctx);
    ofield::add(&mut id, 1u64, thing(1, ctx));
    ofield::borrow_mut<u64, Other>(&mut id, 1);
    abort 99
}

#[test, expected_failure(abort_code = ts::EEmptyInventory)]
fun nothing_to_take() {
    let s = ts::begin(ANN);
    destroy(s.take_from_sender<Thing>());
    abort 99
}

#[test, expected_failure(abort_code = ts::ECantReturnObject)]
fun returned_to_a_stranger() {
    let mut s = ts::begin(ANN);
    transfer::transfer(thing(1, s.ctx()), ANN);
    s.next_tx(ANN);
    ts::return_to_address(BOB, s.take_from_sender<Thing>());
    abort 99
}
