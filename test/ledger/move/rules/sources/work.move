/// What costs and what is too much.
module rules::work;

use sui::event;

public struct Happened has copy, drop { number: u64 }

public struct Other has copy, drop { text: vector<u8> }

public struct Blob has key, store { id: UID, bytes: vector<u8> }

public fun spin(times: u64): u64 {
    let mut sum = 0u64;
    times.do!(|i| sum = (sum + i) % 1_000_003);
    sum
}

public fun forever() { loop {} }

public fun emit(number: u64) { event::emit(Happened { number }) }

public fun emit_many(count: u64) { count.do!(|number| event::emit(Happened { number })) }

public fun emit_large(bytes: u64) { event::emit(Other { text: vector::tabulate!(bytes, |_| 0) }) }

public fun emit_and_abort() {
    event::emit(Happened { number: 1 });
    abort 3
}

public fun blob(bytes: u64, ctx: &mut TxContext): Blob {
    Blob { id: object::new(ctx), bytes: vector::tabulate!(bytes, |_| 0) }
}

public fun shrink(blob: &mut Blob) { blob.bytes = vector[] }

public fun destroy_blob(blob: Blob) {
    let Blob { id, bytes: _ } = blob;
    id.delete()
}

public fun make_ids(count: u64, ctx: &mut TxContext) {
    count.do!(|_| {
        let id = object::new(ctx);
        id.delete()
    })
}

public fun make_blobs(count: u64, ctx: &mut TxContext) {
    count.do!(|_| transfer::transfer(Blob { id: object::new(ctx), bytes: vector[] }, ctx.sender()))
}

public fun overflow(): u64 {
    let mut largest = 18446744073709551615u64;
    bump(&mut largest);
    largest
}

fun bump(value: &mut u64) { *value = *value + 1 }

public fun out_of_range(): u64 {
    let values = vector[1u64, 2];
    values[pick()]
}

fun pick(): u64 { 5 }

public fun recurse(depth: u64): u64 { if (depth == 0) 0 else 1 + recurse(depth - 1) }

/// A new shared and a new frozen object in one go.
public fun share_and_freeze(ctx: &mut TxContext) {
    transfer::share_object(Blob { id: object::new(ctx), bytes: vector[] });
    transfer::freeze_object(Blob { id: object::new(ctx), bytes: vector[] })
}
