/// Identity of objects. Every object begins with a `UID`, made once and never copied.
module sui::object;

use std::bcs;
use sui::address;

public use fun id_to_address as ID.to_address;
public use fun id_to_bytes as ID.to_bytes;
public use fun uid_as_inner as UID.as_inner;
public use fun uid_to_inner as UID.to_inner;
public use fun uid_to_address as UID.to_address;
public use fun uid_to_bytes as UID.to_bytes;

const SUI_SYSTEM_STATE_OBJECT_ID: address = @0x5;
const SUI_CLOCK_OBJECT_ID: address = @0x6;
const SUI_AUTHENTICATOR_STATE_ID: address = @0x7;
const SUI_RANDOM_ID: address = @0x8;
const SUI_BRIDGE_ID: address = @0x9;
const SUI_DENY_LIST_OBJECT_ID: address = @0x403;

/// Only the system, whose address is 0x0, may do this.
const ENotSystemAddress: u64 = 0;

/// Names an object, wherever it is. Anybody can make one from an address.
public struct ID has copy, drop, store { bytes: address }

/// Is an object's identity.
public struct UID has store { id: ID }

// === ID ===

public fun id_to_bytes(id: &ID): vector<u8> { bcs::to_bytes(&id.bytes) }

public fun id_to_address(id: &ID): address { id.bytes }

public fun id_from_bytes(bytes: vector<u8>): ID { id_from_address(address::from_bytes(bytes)) }

public fun id_from_address(bytes: address): ID { ID { bytes } }

// === Objects of the system, each at a fixed address ===

#[allow(unused_function)]
fun sui_system_state(ctx: &TxContext): UID {
    assert!(ctx.sender() == @0x0, ENotSystemAddress);
    UID { id: ID { bytes: SUI_SYSTEM_STATE_OBJECT_ID } }
}

public(package) fun clock(): UID { UID { id: ID { bytes: SUI_CLOCK_OBJECT_ID } } }

public(package) fun authenticator_state(): UID {
    UID { id: ID { bytes: SUI_AUTHENTICATOR_STATE_ID } }
}

public(package) fun randomness_state(): UID { UID { id: ID { bytes: SUI_RANDOM_ID } } }

public(package) fun sui_deny_list_object_id(): UID {
    UID { id: ID { bytes: SUI_DENY_LIST_OBJECT_ID } }
}

#[allow(unused_function)]
fun bridge(): UID { UID { id: ID { bytes: SUI_BRIDGE_ID } } }

// === UID ===

public fun uid_as_inner(uid: &UID): &ID { &uid.id }

public fun uid_to_inner(uid: &UID): ID { uid.id }

public fun uid_to_bytes(uid: &UID): vector<u8> { bcs::to_bytes(&uid.id.bytes) }

public fun uid_to_address(uid: &UID): address { uid.id.bytes }

public fun new(ctx: &mut TxContext): UID { UID { id: ID { bytes: ctx.fresh_object_address() } } }

/// The object that had it is gone for good, and so is whatever was kept in its dynamic fields.
public fun delete(id: UID) {
    let UID { id: ID { bytes } } = id;
    delete_impl(bytes)
}

// === Any object ===

public fun id<T: key>(obj: &T): ID { borrow_uid(obj).id }

public fun borrow_id<T: key>(obj: &T): &ID { &borrow_uid(obj).id }

public fun id_bytes<T: key>(obj: &T): vector<u8> { bcs::to_bytes(&borrow_uid(obj).id) }

public fun id_address<T: key>(obj: &T): address { borrow_uid(obj).id.bytes }

native fun borrow_uid<T: key>(obj: &T): &UID;

/// For dynamic fields. The verifier knows this name: no other helper may give a new object its UID.
public(package) fun new_uid_from_hash(bytes: address): UID {
    record_new_uid(bytes);
    UID { id: ID { bytes } }
}

native fun delete_impl(id: address);

native fun record_new_uid(id: address);

#[test_only]
public fun last_created(ctx: &TxContext): ID { ID { bytes: ctx.last_created_object_id() } }

#[test_only]
public fun system_state_for_testing(ctx: &TxContext): UID { sui_system_state(ctx) }

#[test_only]
public fun bridge_for_testing(): UID { bridge() }
