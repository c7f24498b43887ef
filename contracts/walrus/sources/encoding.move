/// Sizes of encoded blobs, by encoding.
module walrus::encoding;

use walrus::redstuff;

/// The one encoding that is in use: RedStuff with Reed-Solomon codes.
const RS2: u8 = 1;

const EInvalidEncodingType: u64 = 0;

/// Bytes that all storage nodes together keep for a blob of `unencoded_length` bytes, metadata included.
public fun encoded_blob_length(unencoded_length: u64, encoding_type: u8, n_shards: u16): u64 {
    assert!(encoding_type == RS2, EInvalidEncodingType);
    redstuff::encoded_blob_length(unencoded_length, n_shards)
}
