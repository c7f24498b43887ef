/// The object that makes its owner a name's owner.
module suins::suins_registration;

use std::string::String;
use sui::clock::Clock;
use suins::{constants, domain::Domain};

public struct SuinsRegistration has key, store {
    id: UID,
    domain: Domain,
    domain_name: String,
    /// It holds until then, inclusive.
    expiration_timestamp_ms: u64,
    image_url: String,
}

public(package) fun new(
    domain: Domain,
    no_years: u8,
    clock: &Clock,
    ctx: &mut TxContext,
): SuinsRegistration {
    SuinsRegistration {
        id: object::new(ctx),
        domain_name: domain.to_string(),
        domain,
        expiration_timestamp_ms: clock.timestamp_ms() + (no_years as u64) * constants::year_ms(),
        image_url: constants::default_image(),
    }
}

public(package) fun set_expiration_timestamp_ms(
    self: &mut SuinsRegistration,
    expiration_timestamp_ms: u64,
) {
    self.expiration_timestamp_ms = expiration_timestamp_ms
}

public(package) fun update_image_url(self: &mut SuinsRegistration, image_url: String) {
    self.image_url = image_url
}

public(package) fun burn(self: SuinsRegistration) {
    let SuinsRegistration { id, .. } = self;
    id.delete()
}

public fun has_expired(self: &SuinsRegistration, clock: &Clock): bool {
    self.expiration_timestamp_ms < clock.timestamp_ms()
}

public fun has_expired_past_grace_period(self: &SuinsRegistration, clock: &Clock): bool {
    self.expiration_timestamp_ms + constants::grace_period_ms() < clock.timestamp_ms()
}

public fun domain(self: &SuinsRegistration): Domain { self.domain }

public fun domain_name(self: &SuinsRegistration): String { self.domain_name }

public fun expiration_timestamp_ms(self: &SuinsRegistration): u64 { self.expiration_timestamp_ms }

public fun image_url(self: &SuinsRegistration): String { self.image_url }

public fun uid(self: &SuinsRegistration): &UID { &self.id }

public fun uid_mut(self: &mut SuinsRegistration): &mut UID { &mut self.id }
