/// ECDSA on secp256r1.
module sui::ecdsa_r1;

#[allow(unused_const)]
/// No key can be recovered.
const EFailToRecoverPubKey: u64 = 0;
#[allow(unused_const)]
/// The signature is none.
const EInvalidSignature: u64 = 1;
#[allow(unused_const)]
/// For `hash` below.
const KECCAK256: u8 = 0;
#[allow(unused_const)]
const SHA256: u8 = 1;

/// The key that made the signature, compressed.
public native fun secp256r1_ecrecover(
    signature: &vector<u8>,
    msg: &vector<u8>,
    hash: u8,
): vector<u8>;

public native fun secp256r1_verify(
    signature: &vector<u8>,
    public_key: &vector<u8>,
    msg: &vector<u8>,
    hash: u8,
): bool;
