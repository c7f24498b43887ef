/// What a name stands for.
module suins::name_record;

use std::string::String;
use sui::{clock::Clock, vec_map::{Self, VecMap}};
use suins::constants;

public struct NameRecord has copy, drop, store {
    /// The registration that governs it; a leaf's is its parent's.
    nft_id: ID,
    /// It holds until then, inclusive. A leaf has 0: its parent's time is its own.
    expiration_timestamp_ms: u64,
    target_address: Option<address>,
    data: VecMap<String, String>,
}

public fun new(nft_id: ID, expiration_timestamp_ms: u64): NameRecord {
    NameRecord {
        nft_id,
        expiration_timestamp_ms,
        target_address: option::none(),
        data: vec_map::empty(),
    }
}

/// Of a subname that has no registration.
public fun new_leaf(parent_id: ID, target_address: Option<address>): NameRecord {
    NameRecord {
        nft_id: parent_id,
        expiration_timestamp_ms: constants::leaf_expiration_timestamp(),
        target_address,
        data: vec_map::empty(),
    }
}

public fun set_data(self: &mut NameRecord, data: VecMap<String, String>) { self.data = data }

public fun set_target_address(self: &mut NameRecord, new_address: Option<address>) {
    self.target_address = new_address
}

public fun set_expiration_timestamp_ms(self: &mut NameRecord, expiration_timestamp_ms: u64) {
    self.expiration_timestamp_ms = expiration_timestamp_ms
}

public fun has_expired(self: &NameRecord, clock: &Clock): bool {
    self.expiration_timestamp_ms < clock.timestamp_ms()
}

public fun has_expired_past_grace_period(self: &NameRecord, clock: &Clock): bool {
    self.expiration_timestamp_ms + constants::grace_period_ms() < clock.timestamp_ms()
}

public fun is_leaf_record(self: &NameRecord): bool {
    self.expiration_timestamp_ms == constants::leaf_expiration_timestamp()
}

public fun data(self: &NameRecord): &VecMap<String, String> { &self.data }

public fun target_address(self: &NameRecord): Option<address> { self.target_address }

public fun nft_id(self: &NameRecord): ID { self.nft_id }

public fun expiration_timestamp_ms(self: &NameRecord): u64 { self.expiration_timestamp_ms }
