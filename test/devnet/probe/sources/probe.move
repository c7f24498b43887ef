/// What the tests of the devnet call: one shared object, things to own, fields to list, events, aborts.
module probe::probe;

use std::string::String;
use sui::{
    balance::{Self, Balance},
    clock::Clock,
    coin::Coin,
    dynamic_field as df,
    dynamic_object_field as dof,
    event,
    sui::SUI,
    transfer::Receiving
};

#[error]
const EZero: vector<u8> = b"A counter moves by at least one";
const EPlain: u64 = 7;

public struct Counter has key {
    id: UID,
    value: u64,
    funds: Balance<SUI>,
}

public struct Note has key, store {
    id: UID,
    text: String,
    mood: Mood,
    tags: vector<u8>,
    reply_to: Option<ID>,
}

public enum Mood has copy, drop, store {
    Plain,
    Happy { level: u8 },
}

public struct Moved has copy, drop {
    counter: ID,
    by: u64,
    value: u64,
}

fun init(ctx: &mut TxContext) {
    transfer::share_object(Counter { id: object::new(ctx), value: 0, funds: balance::zero() });
}

public fun increment(self: &mut Counter, by: u64): u64 {
    assert!(by > 0, EZero);
    self.value = self.value + by;
    event::emit(Moved { counter: object::id(self), by, value: self.value });
    self.value
}

public fun value(self: &Counter): u64 { self.value }

public fun fail_plainly(_: &Counter) { abort EPlain }

public fun deposit(self: &mut Counter, coin: Coin<SUI>) { self.funds.join(coin.into_balance()); }

public fun funds(self: &Counter): u64 { self.funds.value() }

public fun new_note(text: String, level: Option<u8>, ctx: &mut TxContext): Note {
    let mood = if (level.is_some()) Mood::Happy { level: level.destroy_some() } else Mood::Plain;
    Note { id: object::new(ctx), text, mood, tags: b"tags", reply_to: option::none() }
}

public fun rename(self: &mut Note, text: String) { self.text = text; }

public fun burn(note: Note) {
    let Note { id, .. } = note;
    id.delete();
}

public fun set_field(self: &mut Counter, name: String, value: u64) {
    df::add(&mut self.id, name, value)
}

public fun attach(self: &mut Counter, name: String, note: Note) {
    dof::add(&mut self.id, name, note)
}

/// Takes a note that was sent to another note.
public fun receive(self: &mut Note, sent: Receiving<Note>): Note {
    transfer::public_receive(&mut self.id, sent)
}

public fun time(clock: &Clock): u64 { clock.timestamp_ms() }

public fun spin(rounds: u64): u64 {
    let mut sum = 0;
    rounds.do!(|i| sum = sum ^ i);
    sum
}
