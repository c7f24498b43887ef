/// Registering and renewing against payment, in three steps of one transaction: what is to be paid, an
/// authorized app that takes it, and the registration for the app's receipt.
module suins::payment;

use std::{string::String, type_name::{Self, TypeName}};
use sui::{clock::Clock, coin::Coin, event, vec_map::{Self, VecMap}};
use suins::{
    constants,
    core_config::CoreConfig,
    domain::{Self, Domain},
    pricing_config::{PricingConfig, RenewalConfig},
    registry::Registry,
    suins::SuiNS,
    suins_registration::SuinsRegistration
};

#[error]
const ENotMultipleDiscountsAllowed: vector<u8> = b"Another discount was applied already";
#[error]
const ENotSupportedType: vector<u8> = b"The receipt is for something else";
#[error]
const ERecordNotFound: vector<u8> = b"There is no such name";
#[error]
const ERecordExpired: vector<u8> = b"The name has expired, it can only be registered anew";
#[error]
const EReceiptDomainMissmatch: vector<u8> = b"The receipt is for another name";
#[error]
const EVersionMismatch: vector<u8> = b"The receipt is of another version";
#[error]
const EInvalidDiscountPercentage: vector<u8> = b"A discount is at most 100 percent";
#[error]
const ECannotRenewSubdomain: vector<u8> = b"Subnames are not renewed here";
#[error]
const EDiscountAlreadyApplied: vector<u8> = b"This discount was applied already";
#[error]
const ECannotExceedMaxYears: vector<u8> = b"A name cannot be had for so many years";

public struct RequestData has drop {
    version: u8,
    domain: Domain,
    years: u8,
    /// In the smallest unit of the currency that prices are in.
    base_amount: u64,
    discounts_applied: VecMap<String, u64>,
    metadata: VecMap<String, String>,
}

/// Must be paid in this transaction.
public enum PaymentIntent {
    Registration(RequestData),
    Renewal(RequestData),
}

/// Must be used in this transaction.
public enum Receipt {
    Registration { domain: Domain, years: u8, version: u8 },
    Renewal { domain: Domain, years: u8, version: u8 },
}

public struct TransactionEvent has copy, drop, store {
    app: TypeName,
    domain: Domain,
    years: u8,
    request_data_version: u8,
    base_amount: u64,
    discounts_applied: VecMap<String, u64>,
    metadata: VecMap<String, String>,
    is_renewal: bool,
    currency: TypeName,
    currency_amount: u64,
}

// === What is to be paid ===

/// For one year.
public fun init_registration(suins: &mut SuiNS, domain: String): PaymentIntent {
    let domain = domain::new(domain);
    suins.get_config<CoreConfig>().assert_is_valid_for_sale(&domain);
    let price = suins.get_config<PricingConfig>().calculate_base_price(domain.sld().length());
    PaymentIntent::Registration(new_request(suins, domain, 1, price))
}

public fun init_renewal(suins: &mut SuiNS, nft: &SuinsRegistration, years: u8): PaymentIntent {
    let domain = nft.domain();
    let core: &CoreConfig = suins.get_config();
    assert!(!domain.is_subdomain(), ECannotRenewSubdomain);
    assert!(years > 0 && years <= core.max_years(), ECannotExceedMaxYears);
    let prices: &RenewalConfig = suins.get_config();
    let price = prices.config().calculate_base_price(domain.sld().length());
    PaymentIntent::Renewal(new_request(suins, domain, years, price * (years as u64)))
}

fun new_request(suins: &SuiNS, domain: Domain, years: u8, base_amount: u64): RequestData {
    RequestData {
        version: suins.get_config<CoreConfig>().payments_version(),
        domain,
        years,
        base_amount,
        discounts_applied: vec_map::empty(),
        metadata: vec_map::empty(),
    }
}

public fun apply_percentage_discount<A: drop>(
    intent: &mut PaymentIntent,
    suins: &mut SuiNS,
    _: A,
    discount_key: String,
    discount: u8,
    allow_multiple_discounts: bool,
) {
    suins.assert_app_is_authorized<A>();
    match (intent) {
        PaymentIntent::Registration(data) => adjust_discount(
            data,
            discount_key,
            discount,
            allow_multiple_discounts,
        ),
        PaymentIntent::Renewal(data) => adjust_discount(
            data,
            discount_key,
            discount,
            allow_multiple_discounts,
        ),
    }
}

// === Paying ===

/// The app answers for the coin's being worth what is asked.
public fun finalize_payment<A: drop, T>(
    intent: PaymentIntent,
    suins: &mut SuiNS,
    app: A,
    coin: Coin<T>,
): Receipt {
    suins.assert_app_is_authorized<A>();
    event::emit(intent.to_event<A, T>(coin.value()));
    suins.app_add_custom_balance(app, coin.into_balance());
    match (intent) {
        PaymentIntent::Registration(RequestData { domain, years, version, .. }) => {
            Receipt::Registration { domain, years, version }
        },
        PaymentIntent::Renewal(RequestData { domain, years, version, .. }) => {
            Receipt::Renewal { domain, years, version }
        },
    }
}

// === What was paid for ===

public fun register(
    receipt: Receipt,
    suins: &mut SuiNS,
    clock: &Clock,
    ctx: &mut TxContext,
): SuinsRegistration {
    match (receipt) {
        Receipt::Registration { domain, years, version } => {
            let core = suins.get_config<CoreConfig>();
            assert!(version == core.payments_version(), EVersionMismatch);
            core.assert_is_valid_for_sale(&domain);
            suins.pkg_registry_mut<Registry>().add_record(domain, years, clock, ctx)
        },
        Receipt::Renewal { .. } => abort ENotSupportedType,
    }
}

public fun renew(
    receipt: Receipt,
    suins: &mut SuiNS,
    nft: &mut SuinsRegistration,
    clock: &Clock,
    _ctx: &mut TxContext,
) {
    match (receipt) {
        Receipt::Renewal { domain, years, version } => {
            let core = *suins.get_config<CoreConfig>();
            assert!(version == core.payments_version(), EVersionMismatch);
            assert!(nft.domain() == domain, EReceiptDomainMissmatch);
            let registry: &mut Registry = suins.pkg_registry_mut();
            let target = target_expiration(registry, domain, clock, years);
            let limit = clock.timestamp_ms() + (core.max_years() as u64 + 1) * constants::year_ms();
            assert!(target < limit, ECannotExceedMaxYears);
            registry.set_expiration_timestamp_ms(nft, domain, target)
        },
        Receipt::Registration { .. } => abort ENotSupportedType,
    }
}

// === Reading a request ===

public fun request_data(intent: &PaymentIntent): &RequestData {
    match (intent) {
        PaymentIntent::Registration(data) => data,
        PaymentIntent::Renewal(data) => data,
    }
}

public fun years(self: &RequestData): u8 { self.years }

public fun base_amount(self: &RequestData): u64 { self.base_amount }

public fun domain(self: &RequestData): &Domain { &self.domain }

public fun discount_applied(self: &RequestData): bool { !self.discounts_applied.is_empty() }

public fun discounts_applied(self: &RequestData): VecMap<String, u64> { self.discounts_applied }

/// `discount` is in percent.
public fun calculate_total_after_discount(data: &RequestData, discount: u8): u64 {
    let off = (data.base_amount as u128) * (discount as u128) / 100;
    data.base_amount - (off as u64)
}

// === Within ===

fun to_event<A: drop, T>(intent: &PaymentIntent, currency_amount: u64): TransactionEvent {
    let is_renewal = match (intent) {
        PaymentIntent::Registration(_) => false,
        PaymentIntent::Renewal(_) => true,
    };
    let data = intent.request_data();
    TransactionEvent {
        app: type_name::get<A>(),
        domain: data.domain,
        years: data.years,
        request_data_version: data.version,
        base_amount: data.base_amount,
        discounts_applied: data.discounts_applied,
        metadata: data.metadata,
        is_renewal,
        currency: type_name::get<T>(),
        currency_amount,
    }
}

fun adjust_discount(
    data: &mut RequestData,
    discount_key: String,
    discount: u8,
    allow_multiple_discounts: bool,
) {
    assert!(discount <= 100, EInvalidDiscountPercentage);
    assert!(!data.discounts_applied.contains(&discount_key), EDiscountAlreadyApplied);
    assert!(allow_multiple_discounts || !data.discount_applied(), ENotMultipleDiscountsAllowed);
    let total = data.calculate_total_after_discount(discount);
    data.discounts_applied.insert(discount_key, discount as u64);
    data.base_amount = total
}

/// So many years after the name expires now.
fun target_expiration(registry: &Registry, domain: Domain, clock: &Clock, no_years: u8): u64 {
    let record = registry.lookup(domain);
    assert!(record.is_some(), ERecordNotFound);
    let record = record.destroy_some();
    assert!(!record.has_expired_past_grace_period(clock), ERecordExpired);
    record.expiration_timestamp_ms() + (no_years as u64) * constants::year_ms()
}
