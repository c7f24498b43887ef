/// Amounts that come into effect in later epochs. Layout only: the embedded devnet has no stake that changes.
module walrus::pending_values;

use sui::vec_map::{Self, VecMap};

public struct PendingValues(VecMap<u32, u64>) has copy, drop, store;

public(package) fun empty(): PendingValues {
    PendingValues(vec_map::empty())
}
