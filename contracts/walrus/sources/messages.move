/// Messages that storage nodes sign. Each starts with an intent (type, version, application) and an epoch, so that
/// a signature counts for one purpose, one network and one epoch.
module walrus::messages;

use sui::bcs::{Self, BCS};

const APP_ID: u8 = 3;
const INTENT_VERSION: u8 = 0;

const BLOB_CERT_MSG_TYPE: u8 = 1;
const INVALID_BLOB_ID_MSG_TYPE: u8 = 2;

const EIncorrectAppId: u64 = 0;
const EIncorrectEpoch: u64 = 1;
const EInvalidMsgType: u64 = 2;
const EIncorrectIntentVersion: u64 = 3;
const EInvalidBlobPersistenceType: u64 = 4;
const ENotDeletable: u64 = 5;

/// A message that a committee signed; only `bls_aggregate` makes it, after verification.
public struct CertifiedMessage has drop {
    intent_type: u8,
    intent_version: u8,
    cert_epoch: u32,
    /// What follows intent and epoch.
    message: vector<u8>,
    /// Weight of the signers.
    stake_support: u16,
}

/// What a storage confirmation says of the blob object that it is for.
public enum BlobPersistenceType has copy, drop {
    Permanent,
    Deletable { object_id: ID },
}

public struct CertifiedBlobMessage has drop {
    blob_id: u256,
    blob_persistence_type: BlobPersistenceType,
}

public struct CertifiedInvalidBlobId has drop {
    blob_id: u256,
}

/// Parses intent and epoch of a message whose certificate was verified against the committee of `committee_epoch`.
public(package) fun new_certified_message(
    message: vector<u8>,
    committee_epoch: u32,
    stake_support: u16,
): CertifiedMessage {
    let mut bcs_message = bcs::new(message);
    let intent_type = bcs_message.peel_u8();
    let intent_version = bcs_message.peel_u8();
    assert!(intent_version == INTENT_VERSION, EIncorrectIntentVersion);
    assert!(bcs_message.peel_u8() == APP_ID, EIncorrectAppId);
    let cert_epoch = bcs_message.peel_u32();
    assert!(cert_epoch == committee_epoch, EIncorrectEpoch);
    CertifiedMessage {
        intent_type,
        intent_version,
        cert_epoch,
        message: bcs_message.into_remainder_bytes(),
        stake_support,
    }
}

public(package) fun certify_blob_message(message: CertifiedMessage): CertifiedBlobMessage {
    assert!(message.intent_type == BLOB_CERT_MSG_TYPE, EInvalidMsgType);
    let mut body = bcs::new(message.into_message());
    let blob_id = body.peel_u256();
    CertifiedBlobMessage { blob_id, blob_persistence_type: peel_blob_persistence_type(&mut body) }
}

public(package) fun invalid_blob_id_message(message: CertifiedMessage): CertifiedInvalidBlobId {
    assert!(message.intent_type == INVALID_BLOB_ID_MSG_TYPE, EInvalidMsgType);
    let mut body = bcs::new(message.into_message());
    CertifiedInvalidBlobId { blob_id: body.peel_u256() }
}

public(package) fun into_message(self: CertifiedMessage): vector<u8> {
    let CertifiedMessage { message, .. } = self;
    message
}

public(package) fun certified_blob_id(self: &CertifiedBlobMessage): u256 {
    self.blob_id
}

public(package) fun blob_persistence_type(self: &CertifiedBlobMessage): BlobPersistenceType {
    self.blob_persistence_type
}

public(package) fun invalid_blob_id(self: &CertifiedInvalidBlobId): u256 {
    self.blob_id
}

public(package) fun is_deletable(self: &BlobPersistenceType): bool {
    match (self) {
        BlobPersistenceType::Permanent => false,
        BlobPersistenceType::Deletable { .. } => true,
    }
}

public(package) fun object_id(self: &BlobPersistenceType): ID {
    match (self) {
        BlobPersistenceType::Permanent => abort ENotDeletable,
        BlobPersistenceType::Deletable { object_id } => *object_id,
    }
}

public(package) fun peel_blob_persistence_type(bcs: &mut BCS): BlobPersistenceType {
    let variant = bcs.peel_u8();
    if (variant == 0) {
        BlobPersistenceType::Permanent
    } else if (variant == 1) {
        BlobPersistenceType::Deletable { object_id: object::id_from_address(bcs.peel_address()) }
    } else {
        abort EInvalidBlobPersistenceType
    }
}

#[test_only]
public fun certified_message_for_testing(
    intent_type: u8,
    cert_epoch: u32,
    message: vector<u8>,
): CertifiedMessage {
    CertifiedMessage {
        intent_type,
        intent_version: INTENT_VERSION,
        cert_epoch,
        message,
        stake_support: 0,
    }
}

#[test_only]
public fun permanent_blob_message_for_testing(blob_id: u256): CertifiedBlobMessage {
    CertifiedBlobMessage { blob_id, blob_persistence_type: BlobPersistenceType::Permanent }
}

#[test_only]
public fun deletable_blob_message_for_testing(blob_id: u256, object_id: ID): CertifiedBlobMessage {
    CertifiedBlobMessage {
        blob_id,
        blob_persistence_type: BlobPersistenceType::Deletable { object_id },
    }
}
