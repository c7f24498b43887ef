/// The committee of an epoch as far as signatures go: keys and weights, and the check of its certificates.
module walrus::bls_aggregate;

use sui::{
    bls12381::{Self, G1, UncompressedG1, bls12381_min_pk_verify},
    group_ops::{Self, Element},
    vec_map::{Self, VecMap}
};
use walrus::messages::{Self, CertifiedMessage};

const EInvalidBitmap: u64 = 0;
const ESigVerification: u64 = 1;
const ENotEnoughStake: u64 = 2;
const EIncorrectCommittee: u64 = 3;

public struct BlsCommitteeMember has copy, drop, store {
    public_key: Element<UncompressedG1>,
    /// Shards that the node holds.
    weight: u16,
    node_id: ID,
}

public struct BlsCommittee has copy, drop, store {
    /// Bit `i` of a certificate's bitmap means member `i`.
    members: vector<BlsCommitteeMember>,
    n_shards: u16,
    epoch: u32,
    /// Sum of all members' keys.
    total_aggregated_key: Element<G1>,
}

/// Weight that a certificate must reach.
public enum RequiredWeight {
    Quorum,
    OneCorrectNode,
}

public(package) fun new_bls_committee(
    epoch: u32,
    members: vector<BlsCommitteeMember>,
): BlsCommittee {
    let mut n_shards = 0;
    members.do_ref!(|member| {
        assert!(member.weight > 0, EIncorrectCommittee);
        n_shards = n_shards + member.weight;
    });
    let keys = members.map_ref!(|member| member.public_key);
    let total_aggregated_key = if (keys.is_empty()) {
        bls12381::g1_identity()
    } else {
        sum(&keys)
    };
    BlsCommittee { members, n_shards, epoch, total_aggregated_key }
}

public(package) fun new_bls_committee_member(
    public_key: Element<UncompressedG1>,
    weight: u16,
    node_id: ID,
): BlsCommitteeMember {
    BlsCommitteeMember { public_key, weight, node_id }
}

public(package) fun epoch(self: &BlsCommittee): u32 {
    self.epoch
}

public(package) fun n_shards(self: &BlsCommittee): u16 {
    self.n_shards
}

/// Node id → weight, in the order of the bitmap.
public(package) fun to_vec_map(self: &BlsCommittee): VecMap<ID, u16> {
    let mut weights = vec_map::empty();
    self.members.do_ref!(|member| weights.insert(member.node_id, member.weight));
    weights
}

/// Returns the message once more than two thirds of the weight are proven to have signed it.
public(package) fun verify_quorum_in_epoch(
    self: &BlsCommittee,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
): CertifiedMessage {
    let weight = self.verify_certificate_and_weight(
        &signature,
        &signers_bitmap,
        &message,
        RequiredWeight::Quorum,
    );
    messages::new_certified_message(message, self.epoch, weight)
}

public(package) fun is_quorum(self: &BlsCommittee, weight: u16): bool {
    3 * (weight as u64) >= 2 * (self.n_shards as u64) + 1
}

/// Returns the message once more than one third of the weight is proven to have signed it.
public(package) fun verify_one_correct_node_in_epoch(
    self: &BlsCommittee,
    signature: vector<u8>,
    signers_bitmap: vector<u8>,
    message: vector<u8>,
): CertifiedMessage {
    let weight = self.verify_certificate_and_weight(
        &signature,
        &signers_bitmap,
        &message,
        RequiredWeight::OneCorrectNode,
    );
    messages::new_certified_message(message, self.epoch, weight)
}

public(package) fun includes_one_correct_node(self: &BlsCommittee, weight: u16): bool {
    3 * (weight as u64) >= (self.n_shards as u64) + 1
}

/// Checks an aggregate signature and returns the signers' weight. A bitmap may be shorter than the committee (the
/// others did not sign), never longer, and names no member that does not exist. The signers' key is the sum of all
/// keys less those of the usually few who did not sign.
fun verify_certificate_and_weight(
    self: &BlsCommittee,
    signature: &vector<u8>,
    signers_bitmap: &vector<u8>,
    message: &vector<u8>,
    required_weight: RequiredWeight,
): u16 {
    let n_members = self.members.length();
    let n_bytes = (n_members + 7) / 8;
    assert!(signers_bitmap.length() <= n_bytes, EInvalidBitmap);

    let mut weight = 0;
    let mut absent = vector[];
    (n_bytes * 8).do!(|i| {
        let signed = is_set(signers_bitmap, i);
        if (i >= n_members) {
            assert!(!signed, EInvalidBitmap);
        } else if (signed) {
            weight = weight + self.members[i].weight;
        } else {
            absent.push_back(self.members[i].public_key);
        };
    });
    let enough = match (required_weight) {
        RequiredWeight::Quorum => self.is_quorum(weight),
        RequiredWeight::OneCorrectNode => self.includes_one_correct_node(weight),
    };
    assert!(enough, ENotEnoughStake);

    let key = if (absent.is_empty()) {
        self.total_aggregated_key
    } else {
        bls12381::g1_sub(&self.total_aggregated_key, &sum(&absent))
    };
    assert!(bls12381_min_pk_verify(signature, group_ops::bytes(&key), message), ESigVerification);
    weight
}

fun is_set(bitmap: &vector<u8>, i: u64): bool {
    i / 8 < bitmap.length() && (bitmap[i / 8] >> ((i % 8) as u8)) & 1 == 1
}

fun sum(keys: &vector<Element<UncompressedG1>>): Element<G1> {
    bls12381::uncompressed_g1_to_g1(&bls12381::uncompressed_g1_sum(keys))
}
