/// What is reserved and paid for each epoch to come: a ring of as many epochs as may be bought ahead.
module walrus::storage_accounting;

use sui::balance::{Self, Balance};
use wal::wal::WAL;

const ETooFarInFuture: u64 = 0;

public struct FutureAccounting has store {
    epoch: u32,
    /// Encoded bytes reserved for this epoch.
    used_capacity: u64,
    /// Paid for this epoch, handed to the nodes when it ends.
    rewards_to_distribute: Balance<WAL>,
}

public struct FutureAccountingRingBuffer has store {
    /// Position of the current epoch.
    current_index: u32,
    length: u32,
    ring_buffer: vector<FutureAccounting>,
}

public(package) fun new_future_accounting(
    epoch: u32,
    used_capacity: u64,
    rewards_to_distribute: Balance<WAL>,
): FutureAccounting {
    FutureAccounting { epoch, used_capacity, rewards_to_distribute }
}

/// Returns the new amount.
public(package) fun increase_used_capacity(accounting: &mut FutureAccounting, amount: u64): u64 {
    accounting.used_capacity = accounting.used_capacity + amount;
    accounting.used_capacity
}

public(package) fun rewards_balance(accounting: &mut FutureAccounting): &mut Balance<WAL> {
    &mut accounting.rewards_to_distribute
}

public(package) fun unwrap_balance(accounting: FutureAccounting): Balance<WAL> {
    let FutureAccounting { rewards_to_distribute, .. } = accounting;
    rewards_to_distribute
}

/// A ring for the epochs `0` to `length - 1`.
public(package) fun ring_new(length: u32): FutureAccountingRingBuffer {
    let mut ring_buffer = vector[];
    length.do!(|epoch| ring_buffer.push_back(new_future_accounting(epoch, 0, balance::zero())));
    FutureAccountingRingBuffer { current_index: 0, length, ring_buffer }
}

public(package) fun ring_lookup_mut(
    self: &mut FutureAccountingRingBuffer,
    epochs_in_future: u32,
): &mut FutureAccounting {
    assert!(epochs_in_future < self.length, ETooFarInFuture);
    let index = (epochs_in_future + self.current_index) % self.length;
    &mut self.ring_buffer[index as u64]
}

/// Takes the current epoch out, moves on to the next one, and appends an empty epoch at the far end.
public(package) fun ring_pop_expand(self: &mut FutureAccountingRingBuffer): FutureAccounting {
    let index = self.current_index as u64;
    let epoch = self.ring_buffer[index].epoch + self.length;
    self.ring_buffer.push_back(new_future_accounting(epoch, 0, balance::zero()));
    self.current_index = (self.current_index + 1) % self.length;
    self.ring_buffer.swap_remove(index)
}

public fun max_epochs_ahead(self: &FutureAccountingRingBuffer): u32 {
    self.length
}

public fun ring_lookup(
    self: &FutureAccountingRingBuffer,
    epochs_in_future: u32,
): &FutureAccounting {
    assert!(epochs_in_future < self.length, ETooFarInFuture);
    let index = (epochs_in_future + self.current_index) % self.length;
    &self.ring_buffer[index as u64]
}

public fun epoch(accounting: &FutureAccounting): u32 {
    accounting.epoch
}

public fun used_capacity(accounting: &FutureAccounting): u64 {
    accounting.used_capacity
}

public fun rewards(accounting: &FutureAccounting): u64 {
    accounting.rewards_to_distribute.value()
}
