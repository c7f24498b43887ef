/// What genesis runs.
module rules::witness;

use sui::types;

/// The one-time witness.
public struct WITNESS has drop {}

public struct Proof has key { id: UID, is_witness: bool, sender: address }

fun init(witness: WITNESS, ctx: &mut TxContext) {
    transfer::freeze_object(Proof {
        id: object::new(ctx),
        is_witness: types::is_one_time_witness(&witness),
        sender: ctx.sender(),
    })
}
