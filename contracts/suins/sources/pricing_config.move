/// What names cost a year, by their length.
module suins::pricing_config;

use sui::vec_map::{Self, VecMap};

/// A range has two ends.
const EInvalidLength: u64 = 1;
/// The range is turned around.
const EInvalidRange: u64 = 2;
/// Not as many ranges as prices.
const ELengthMissmatch: u64 = 3;
/// There is no price for such a length.
const EPriceNotSet: u64 = 4;

/// From the first to the second, both included.
public struct Range(u64, u64) has copy, drop, store;

public struct PricingConfig has drop, store { pricing: VecMap<Range, u64> }

public struct RenewalConfig has drop, store { config: PricingConfig }

public fun calculate_base_price(config: &PricingConfig, length: u64): u64 {
    let ranges = config.pricing.keys();
    let found = ranges.find_index!(|range| range.is_between_inclusive(length));
    assert!(found.is_some(), EPriceNotSet);
    config.pricing[&ranges[found.destroy_some()]]
}

public fun new(ranges: vector<Range>, prices: vector<u64>): PricingConfig {
    assert!(ranges.length() == prices.length(), ELengthMissmatch);
    PricingConfig { pricing: vec_map::from_keys_values(ranges, prices) }
}

public fun is_between_inclusive(range: &Range, length: u64): bool {
    length >= range.0 && length <= range.1
}

public fun pricing(config: &PricingConfig): &VecMap<Range, u64> { &config.pricing }

public fun new_renewal_config(config: PricingConfig): RenewalConfig { RenewalConfig { config } }

public fun new_range(range: vector<u64>): Range {
    assert!(range.length() == 2, EInvalidLength);
    assert!(range[0] <= range[1], EInvalidRange);
    Range(range[0], range[1])
}

public fun config(renewal: &RenewalConfig): &PricingConfig { &renewal.config }
