/// Objects of every kind of owner, and what may happen to them.
module rules::item;

use sui::{dynamic_field, dynamic_object_field, transfer::Receiving};

const EWrongValue: u64 = 7;

#[error]
const ETooLarge: vector<u8> = b"The value is too large";

/// Anybody who owns it may transfer it.
public struct Item has key, store { id: UID, value: u64 }

/// Only this module may transfer it.
public struct Sealed has key { id: UID, value: u64 }

/// Holds another object.
public struct Box has key, store { id: UID, item: Item }

/// Holds dynamic fields and takes what is sent to it.
public struct Shelf has key, store { id: UID }

public fun new(value: u64, ctx: &mut TxContext): Item { Item { id: object::new(ctx), value } }

public fun value(self: &Item): u64 { self.value }

public fun set(self: &mut Item, value: u64) { self.value = value }

public fun set_small(self: &mut Item, value: u64) {
    assert!(value < 100, ETooLarge);
    self.value = value
}

public fun check(self: &Item, value: u64) { assert!(self.value == value, EWrongValue) }

public fun check_without_code(self: &Item, value: u64) { assert!(self.value == value) }

public fun add_values(a: &Item, b: &Item): u64 { a.value + b.value }

public fun swap(a: &mut Item, b: &mut Item) {
    let value = a.value;
    a.value = b.value;
    b.value = value
}

public fun set_from(a: &mut Item, b: &Item) { a.value = b.value }

public fun destroy(self: Item) {
    let Item { id, value: _ } = self;
    id.delete()
}

public fun total(items: vector<Item>): u64 {
    let mut sum = 0;
    items.do!(|item| {
        sum = sum + item.value;
        item.destroy()
    });
    sum
}

public fun share(self: Item) { transfer::share_object(self) }

public fun freeze_it(self: Item) { transfer::freeze_object(self) }

public fun give(self: Item, recipient: address) { transfer::transfer(self, recipient) }

public fun new_sealed(value: u64, ctx: &mut TxContext): Sealed {
    Sealed { id: object::new(ctx), value }
}

public fun give_sealed(self: Sealed, recipient: address) { transfer::transfer(self, recipient) }

public fun reference(self: &Item): &u64 { &self.value }

// Wrapping.

public fun wrap(item: Item, ctx: &mut TxContext): Box { Box { id: object::new(ctx), item } }

public fun unwrap(self: Box): Item {
    let Box { id, item } = self;
    id.delete();
    item
}

public fun destroy_box(self: Box) { self.unwrap().destroy() }

// Dynamic fields.

public fun new_shelf(ctx: &mut TxContext): Shelf { Shelf { id: object::new(ctx) } }

public fun share_shelf(self: Shelf) { transfer::share_object(self) }

public fun put(self: &mut Shelf, name: u64, value: u64) {
    dynamic_field::add(&mut self.id, name, value)
}

public fun put_text(self: &mut Shelf, name: u64, value: vector<u8>) {
    dynamic_field::add(&mut self.id, name, value)
}

public fun take(self: &mut Shelf, name: u64): u64 { dynamic_field::remove(&mut self.id, name) }

public fun change(self: &mut Shelf, name: u64, value: u64) {
    *dynamic_field::borrow_mut(&mut self.id, name) = value
}

public fun look(self: &Shelf, name: u64): u64 { *dynamic_field::borrow(&self.id, name) }

public fun look_as_text(self: &Shelf, name: u64): vector<u8> {
    *dynamic_field::borrow(&self.id, name)
}

/// Borrows mutably and changes nothing.
public fun touch(self: &mut Shelf, name: u64) {
    let _: &mut u64 = dynamic_field::borrow_mut(&mut self.id, name);
}

public fun put_many(self: &mut Shelf, from: u64, count: u64) {
    count.do!(|i| self.put(from + i, i))
}

public fun put_item(self: &mut Shelf, name: u64, item: Item) {
    dynamic_object_field::add(&mut self.id, name, item)
}

public fun take_item(self: &mut Shelf, name: u64): Item {
    dynamic_object_field::remove(&mut self.id, name)
}

public fun change_item(self: &mut Shelf, name: u64, value: u64) {
    let item: &mut Item = dynamic_object_field::borrow_mut(&mut self.id, name);
    item.value = value
}

public fun move_item(from: &mut Shelf, to: &mut Shelf, name: u64) {
    let item = from.take_item(name);
    to.put_item(name, item)
}

/// The second shelf becomes a child of the first one's.
public fun put_shelf(self: &mut Shelf, name: u64, shelf: Shelf) {
    dynamic_object_field::add(&mut self.id, name, shelf)
}

public fun destroy_shelf(self: Shelf) {
    let Shelf { id } = self;
    id.delete()
}

// Receiving.

public fun receive(self: &mut Shelf, item: Receiving<Item>): Item {
    transfer::receive(&mut self.id, item)
}

public fun receive_shelf(self: &mut Shelf, shelf: Receiving<Shelf>): Shelf {
    transfer::receive(&mut self.id, shelf)
}
