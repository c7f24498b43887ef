/// The numbers that names live by.
module suins::constants;

use std::string::String;

/// 100 % in hundredths of a percent.
const MAX_BPS: u16 = 10_000;
const MIST_PER_SUI: u64 = 1_000_000_000;
const MIN_DOMAIN_LENGTH: u8 = 3;
const MAX_DOMAIN_LENGTH: u8 = 63;
/// 365 days.
const YEAR_MS: u64 = 31_536_000_000;
/// 30 days: so long after it expired nobody else can have a name.
const GRACE_PERIOD_MS: u64 = 2_592_000_000;
/// What the record of a subname without a registration of its own has for an expiry.
const LEAF_EXPIRATION_TIMESTAMP: u64 = 0;

/// Of the data that requests for payment and receipts carry.
public macro fun payments_version(): u8 { 1 }

public fun sui_tld(): String { b"sui".to_string() }

public fun default_image(): String { b"data:,".to_string() }

public fun mist_per_sui(): u64 { MIST_PER_SUI }

public fun min_domain_length(): u8 { MIN_DOMAIN_LENGTH }

public fun max_domain_length(): u8 { MAX_DOMAIN_LENGTH }

public fun max_bps(): u16 { MAX_BPS }

public fun year_ms(): u64 { YEAR_MS }

public fun grace_period_ms(): u64 { GRACE_PERIOD_MS }

/// Key in a subname's data: whether it may have subnames.
public fun subdomain_allow_creation_key(): String { b"S_AC".to_string() }

/// Key in a subname's data: whether its time may be extended.
public fun subdomain_allow_extension_key(): String { b"S_ATE".to_string() }

public fun leaf_expiration_timestamp(): u64 { LEAF_EXPIRATION_TIMESTAMP }
