/// Sizes in the RedStuff encoding: the blob is laid out as a matrix of `n - 2f` rows and `n - f` columns of symbols
/// for `n` shards of which `f` may be faulty; both directions are extended to `n`, and each shard keeps one extended
/// row (primary sliver) and one extended column (secondary sliver).
module walrus::redstuff;

const DIGEST_LEN: u64 = 32;
const BLOB_ID_LEN: u64 = 32;

/// Bytes of all slivers and of the metadata that every shard keeps. Aborts arithmetically when the blob is too large
/// for `n_shards`.
public(package) fun encoded_blob_length(unencoded_length: u64, n_shards: u16): u64 {
    let symbol = symbol_size(unencoded_length, n_shards) as u64;
    let symbols =
        (source_symbols_primary(n_shards) as u64) + (source_symbols_secondary(n_shards) as u64);
    (n_shards as u64) * (symbols * symbol + metadata_size(n_shards))
}

fun source_symbols_primary(n_shards: u16): u16 {
    n_shards - 2 * max_byzantine(n_shards)
}

fun source_symbols_secondary(n_shards: u16): u16 {
    n_shards - max_byzantine(n_shards)
}

fun n_source_symbols(n_shards: u16): u64 {
    (source_symbols_primary(n_shards) as u64) * (source_symbols_secondary(n_shards) as u64)
}

/// Even, because the code works on 16-bit words; at least 2, because an empty blob is stored as one byte.
fun symbol_size(unencoded_length: u64, n_shards: u16): u16 {
    let length = if (unencoded_length == 0) 1 else unencoded_length;
    let size = (length - 1) / n_source_symbols(n_shards) + 1;
    (size + size % 2) as u16
}

/// Two digests a shard, and the blob id.
fun metadata_size(n_shards: u16): u64 {
    (n_shards as u64) * DIGEST_LEN * 2 + BLOB_ID_LEN
}

fun max_byzantine(n_shards: u16): u16 {
    (n_shards - 1) / 3
}

#[test_only]
public fun symbol_size_for_testing(unencoded_length: u64, n_shards: u16): u16 {
    symbol_size(unencoded_length, n_shards)
}
