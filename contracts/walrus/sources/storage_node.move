/// A storage node: how to reach it, what it signs with, and the capability of whoever runs it.
module walrus::storage_node;

use std::string::String;
use sui::{bls12381::{Self, UncompressedG1}, group_ops::Element};
use walrus::{
    event_blob::EventBlobAttestation,
    extended_field::{Self, ExtendedField},
    node_metadata::NodeMetadata
};

const EInvalidNetworkPublicKey: u64 = 0;

public struct StorageNodeInfo has store {
    name: String,
    node_id: ID,
    /// `host:port`.
    network_address: String,
    public_key: Element<UncompressedG1>,
    next_epoch_public_key: Option<Element<UncompressedG1>>,
    /// Compressed P-256 point, 33 bytes.
    network_public_key: vector<u8>,
    metadata: ExtendedField<NodeMetadata>,
}

public struct StorageNodeCap has key, store {
    id: UID,
    node_id: ID,
    last_epoch_sync_done: u32,
    last_event_blob_attestation: Option<EventBlobAttestation>,
    deny_list_root: u256,
    deny_list_sequence: u64,
    deny_list_size: u64,
}

/// `public_key` is a compressed point of G1, 48 bytes.
public(package) fun new(
    name: String,
    node_id: ID,
    network_address: String,
    public_key: vector<u8>,
    network_public_key: vector<u8>,
    metadata: NodeMetadata,
    ctx: &mut TxContext,
): StorageNodeInfo {
    assert!(network_public_key.length() == 33, EInvalidNetworkPublicKey);
    let key = bls12381::g1_from_bytes(&public_key);
    StorageNodeInfo {
        name,
        node_id,
        network_address,
        public_key: bls12381::g1_to_uncompressed_g1(&key),
        next_epoch_public_key: option::none(),
        network_public_key,
        metadata: extended_field::new(metadata, ctx),
    }
}

public(package) fun new_cap(node_id: ID, ctx: &mut TxContext): StorageNodeCap {
    StorageNodeCap {
        id: object::new(ctx),
        node_id,
        last_epoch_sync_done: 0,
        last_event_blob_attestation: option::none(),
        deny_list_root: 0,
        deny_list_sequence: 0,
        deny_list_size: 0,
    }
}

public(package) fun public_key(self: &StorageNodeInfo): &Element<UncompressedG1> {
    &self.public_key
}

public fun id(cap: &StorageNodeInfo): ID {
    cap.node_id
}

public fun node_id(cap: &StorageNodeCap): ID {
    cap.node_id
}

public fun last_epoch_sync_done(cap: &StorageNodeCap): u32 {
    cap.last_epoch_sync_done
}

public fun deny_list_root(cap: &StorageNodeCap): u256 {
    cap.deny_list_root
}

public fun deny_list_sequence(cap: &StorageNodeCap): u64 {
    cap.deny_list_sequence
}

public(package) fun set_network_address(self: &mut StorageNodeInfo, network_address: String) {
    self.network_address = network_address;
}
