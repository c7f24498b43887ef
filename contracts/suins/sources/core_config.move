/// Which names can be had.
module suins::core_config;

use std::string::String;
use sui::{vec_map::VecMap, vec_set::{Self, VecSet}};
use suins::domain::Domain;

#[error]
const EInvalidLength: vector<u8> = b"The name is too short or too long";
#[error]
const EInvalidTld: vector<u8> = b"No names are registered under this ending";
#[error]
const ESubnameNotSupported: vector<u8> = b"Subnames are not registered here";

public struct CoreConfig has copy, drop, store {
    public_key: vector<u8>,
    min_label_length: u8,
    max_label_length: u8,
    valid_tlds: VecSet<String>,
    payments_version: u8,
    max_years: u8,
    extra: VecMap<String, String>,
}

public fun new(
    public_key: vector<u8>,
    min_label_length: u8,
    max_label_length: u8,
    payments_version: u8,
    max_years: u8,
    valid_tlds: vector<String>,
    extra: VecMap<String, String>,
): CoreConfig {
    CoreConfig {
        public_key,
        min_label_length,
        max_label_length,
        payments_version,
        max_years,
        valid_tlds: vec_set::from_keys(valid_tlds),
        extra,
    }
}

public fun public_key(config: &CoreConfig): vector<u8> { config.public_key }

public fun min_label_length(config: &CoreConfig): u8 { config.min_label_length }

public fun max_label_length(config: &CoreConfig): u8 { config.max_label_length }

public fun is_valid_tld(config: &CoreConfig, tld: &String): bool { config.valid_tlds.contains(tld) }

public fun payments_version(config: &CoreConfig): u8 { config.payments_version }

public fun max_years(config: &CoreConfig): u8 { config.max_years }

public(package) fun assert_is_valid_for_sale(config: &CoreConfig, domain: &Domain) {
    assert!(!domain.is_subdomain(), ESubnameNotSupported);
    assert!(domain.number_of_levels() == 2 && config.is_valid_tld(domain.tld()), EInvalidTld);
    let length = domain.sld().length();
    assert!(
        length >= (config.min_label_length as u64) && length <= (config.max_label_length as u64),
        EInvalidLength,
    )
}
