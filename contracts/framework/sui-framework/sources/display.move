/// How wallets should show objects of a type: text with `{field}` in it.
module sui::display;

use std::string::String;
use sui::{event, package::Publisher, vec_map::{Self, VecMap}};

/// The type is not of the publisher's package.
const ENotOwner: u64 = 0;
/// Not as many names as values.
const EVecLengthMismatch: u64 = 1;

public struct Display<phantom T: key> has key, store {
    id: UID,
    fields: VecMap<String, String>,
    version: u16,
}

public struct DisplayCreated<phantom T: key> has copy, drop { id: ID }

public struct VersionUpdated<phantom T: key> has copy, drop {
    id: ID,
    version: u16,
    fields: VecMap<String, String>,
}

public fun new<T: key>(pub: &Publisher, ctx: &mut TxContext): Display<T> {
    assert!(is_authorized<T>(pub), ENotOwner);
    create_internal(ctx)
}

public fun new_with_fields<T: key>(
    pub: &Publisher,
    fields: vector<String>,
    values: vector<String>,
    ctx: &mut TxContext,
): Display<T> {
    assert!(fields.length() == values.length(), EVecLengthMismatch);
    let mut display = new(pub, ctx);
    fields.zip_do!(values, |name, value| add_internal(&mut display, name, value));
    display
}

#[allow(lint(public_entry, self_transfer))]
public entry fun create_and_keep<T: key>(pub: &Publisher, ctx: &mut TxContext) {
    transfer::public_transfer(new<T>(pub, ctx), ctx.sender())
}

/// Announces the fields as they are now.
public entry fun update_version<T: key>(display: &mut Display<T>) {
    display.version = display.version + 1;
    event::emit(VersionUpdated<T> {
        id: display.id.to_inner(),
        version: display.version,
        fields: display.fields,
    })
}

public entry fun add<T: key>(self: &mut Display<T>, name: String, value: String) {
    add_internal(self, name, value)
}

public entry fun add_multiple<T: key>(
    self: &mut Display<T>,
    fields: vector<String>,
    values: vector<String>,
) {
    assert!(fields.length() == values.length(), EVecLengthMismatch);
    fields.zip_do!(values, |name, value| add_internal(self, name, value))
}

/// The field goes to the end.
public entry fun edit<T: key>(self: &mut Display<T>, name: String, value: String) {
    let (_, _) = self.fields.remove(&name);
    add_internal(self, name, value)
}

public entry fun remove<T: key>(self: &mut Display<T>, name: String) {
    self.fields.remove(&name);
}

public fun is_authorized<T: key>(pub: &Publisher): bool { pub.from_package<T>() }

public fun version<T: key>(d: &Display<T>): u16 { d.version }

public fun fields<T: key>(d: &Display<T>): &VecMap<String, String> { &d.fields }

fun create_internal<T: key>(ctx: &mut TxContext): Display<T> {
    let id = object::new(ctx);
    event::emit(DisplayCreated<T> { id: id.to_inner() });
    Display { id, fields: vec_map::empty(), version: 0 }
}

fun add_internal<T: key>(display: &mut Display<T>, name: String, value: String) {
    display.fields.insert(name, value)
}
