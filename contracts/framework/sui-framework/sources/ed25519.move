/// Ed25519 signatures.
module sui::ed25519;

/// False where the signature (64 bytes) or the key (32 bytes) is none.
public native fun ed25519_verify(
    signature: &vector<u8>,
    public_key: &vector<u8>,
    msg: &vector<u8>,
): bool;
