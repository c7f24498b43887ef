/// A stake in a pool. Layout only: staking is not part of the embedded devnet, so none is ever made.
module walrus::staked_wal;

use sui::balance::Balance;
use wal::wal::WAL;

public enum StakedWalState has copy, drop, store {
    Staked,
    Withdrawing { withdraw_epoch: u32 },
}

#[allow(unused_field)]
public struct StakedWal has key, store {
    id: UID,
    state: StakedWalState,
    node_id: ID,
    principal: Balance<WAL>,
    activation_epoch: u32,
}

public fun node_id(sw: &StakedWal): ID {
    sw.node_id
}

public fun value(sw: &StakedWal): u64 {
    sw.principal.value()
}

public fun activation_epoch(sw: &StakedWal): u32 {
    sw.activation_epoch
}
