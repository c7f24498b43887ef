#[test_only]
module walrus::encoding_tests;

use walrus::encoding::encoded_blob_length;

/// Expected values: `encodedBlobLength` of the official client.
#[test]
fun lengths_are_those_of_the_official_client() {
    assert!(encoded_blob_length(0, 1, 10) == 6_940);
    assert!(encoded_blob_length(1, 1, 10) == 6_940);
    assert!(encoded_blob_length(100, 1, 4) == 1_512);
    assert!(encoded_blob_length(5_000, 1, 10) == 26_520);
    assert!(encoded_blob_length(4_096, 1, 100) == 663_400);
    assert!(encoded_blob_length(1_048_576, 1, 100) == 5_309_400);
    assert!(encoded_blob_length(16_777_216, 1, 100) == 75_039_800);
    assert!(encoded_blob_length(16_777_216, 1, 1000) == 140_108_000);
}

#[test]
fun the_largest_blob_of_ten_shards_has_symbols_of_65534_bytes() {
    assert!(encoded_blob_length(4 * 7 * 65_534, 1, 10) == 10 * (11 * 65_534 + 672));
}

#[test, expected_failure(arithmetic_error, location = walrus::redstuff)]
fun a_larger_one_aborts() {
    encoded_blob_length(4 * 7 * 65_534 + 1, 1, 10);
}

#[test, expected_failure(abort_code = walrus::encoding::EInvalidEncodingType)]
fun other_encodings_are_refused() {
    encoded_blob_length(1, 0, 10);
}
