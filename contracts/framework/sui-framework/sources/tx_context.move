/// What a transaction says of itself.
module sui::tx_context;

/// Its layout is fixed; the values are asked of the runtime, but for the digest.
#[allow(unused_field)]
public struct TxContext has drop {
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
}

/// Who signed it.
public fun sender(_self: &TxContext): address { native_sender() }

native fun native_sender(): address;

public fun digest(self: &TxContext): &vector<u8> { &self.tx_hash }

public fun epoch(_self: &TxContext): u64 { native_epoch() }

native fun native_epoch(): u64;

/// When the epoch began.
public fun epoch_timestamp_ms(_self: &TxContext): u64 { native_epoch_timestamp_ms() }

native fun native_epoch_timestamp_ms(): u64;

/// Who pays, where that is not the sender.
public fun sponsor(_self: &TxContext): Option<address> { option_sponsor() }

/// An address that no object ever had.
public fun fresh_object_address(_ctx: &mut TxContext): address { fresh_id() }

native fun fresh_id(): address;

#[allow(unused_function)]
fun ids_created(_self: &TxContext): u64 { native_ids_created() }

native fun native_ids_created(): u64;

#[allow(unused_function)]
native fun native_gas_price(): u64;

#[allow(unused_function)]
native fun native_gas_budget(): u64;

fun option_sponsor(): Option<address> {
    let mut sponsor = native_sponsor();
    if (sponsor.is_empty()) option::none() else option::some(sponsor.pop_back())
}

native fun native_sponsor(): vector<address>;

#[allow(unused_function)]
native fun derive_id(tx_hash: vector<u8>, ids_created: u64): address;

// === Tests ===

/// Loads the runtime's transaction and gives out a handle for it. The digest has 32 bytes.
#[test_only]
public fun new(
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
): TxContext {
    create(sender, tx_hash, epoch, epoch_timestamp_ms, ids_created, option::none())
}

/// As `new`, with somebody else paying.
#[test_only]
public fun create(
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
    sponsor: Option<address>,
): TxContext {
    assert!(tx_hash.length() == 32, 0);
    replace(
        sender,
        tx_hash,
        epoch,
        epoch_timestamp_ms,
        ids_created,
        native_rgp(),
        native_gas_price(),
        native_gas_budget(),
        sponsor.to_vec(),
    );
    TxContext { sender, tx_hash, epoch, epoch_timestamp_ms, ids_created }
}

/// The digest is `hint`, little-endian, and zeros.
#[test_only]
public fun new_from_hint(
    sender: address,
    hint: u64,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
): TxContext {
    new(sender, digest_from_hint(hint), epoch, epoch_timestamp_ms, ids_created)
}

#[test_only]
public(package) fun digest_from_hint(hint: u64): vector<u8> {
    let mut digest = std::bcs::to_bytes(&hint);
    while (digest.length() < 32) digest.push_back(0);
    digest
}

#[test_only]
public fun dummy(): TxContext { new_from_hint(@0x0, 0, 0, 0, 0) }

#[test_only]
public fun get_ids_created(self: &TxContext): u64 { self.ids_created() }

#[test_only]
public fun last_created_object_id(self: &TxContext): address {
    derive_id(self.tx_hash, self.ids_created() - 1)
}

#[test_only]
native fun native_rgp(): u64;

#[test_only]
native fun replace(
    sender: address,
    tx_hash: vector<u8>,
    epoch: u64,
    epoch_timestamp_ms: u64,
    ids_created: u64,
    rgp: u64,
    gas_price: u64,
    gas_budget: u64,
    sponsor: vector<address>,
);
