/// Names from registering to expiring. Times are in milliseconds; a year is 31,536,000,000, the grace period
/// 2,592,000,000.
#[test_only]
module suins::suins_tests;

use std::string::String;
use sui::{
    clock::{Self, Clock},
    coin,
    package::Publisher,
    sui::SUI,
    test_scenario::{Self as ts, Scenario},
    vec_map
};
use suins::{
    constants,
    controller,
    core_config::{Self, CoreConfig},
    devnet_registrar::{Self as registrar, DevnetRegistrar},
    domain::{Self, Domain},
    payment,
    pricing_config::{Self, PricingConfig},
    registry::{Self, Registry},
    subdomain_registration,
    suins::{Self, AdminCap, SuiNS},
    suins_registration::{Self, SuinsRegistration}
};

const ANN: address = @0xA11;
const BOB: address = @0xB0B;
const NOW: u64 = 1_000_000;
const YEAR: u64 = 31_536_000_000;
const GRACE: u64 = 2_592_000_000;

fun name(text: vector<u8>): Domain { domain::new(text.to_string()) }

fun alice(): String { b"alice.sui".to_string() }

/// The network after genesis, in a transaction of Ann's at `NOW`.
fun begin(): (Scenario, SuiNS, Clock) {
    let mut s = ts::begin(@0x0);
    registrar::init_for_testing(s.ctx());
    suins::init_for_testing(s.ctx());
    s.next_tx(ANN);
    let suins = s.take_shared<SuiNS>();
    let mut clock = clock::create_for_testing(s.ctx());
    clock.set_for_testing(NOW);
    (s, suins, clock)
}

fun end(s: Scenario, suins: SuiNS, clock: Clock) {
    ts::return_shared(suins);
    clock.destroy_for_testing();
    s.end();
}

fun registered(): (Scenario, SuiNS, Clock, SuinsRegistration) {
    let (mut s, mut suins, clock) = begin();
    let nft = registrar::register(&mut suins, alice(), 1, &clock, s.ctx());
    (s, suins, clock, nft)
}

fun keep(nft: SuinsRegistration) { transfer::public_transfer(nft, ANN) }

fun target(suins: &SuiNS, text: vector<u8>): Option<address> {
    suins.registry<Registry>().lookup(name(text)).destroy_some().target_address()
}

// === Domains ===

#[test]
fun domains() {
    let d = name(b"home.alice.sui");
    assert!(d.to_string() == b"home.alice.sui".to_string() && d.number_of_levels() == 3);
    assert!(d.tld() == b"sui".to_string() && d.sld() == alice().substring(0, 5));
    assert!(
        d.label(2) == b"home".to_string() && d.is_subdomain() && !name(b"alice.sui").is_subdomain(),
    );
    assert!(d.parent() == name(b"alice.sui") && name(b"alice.sui").is_parent_of(&d));
    assert!(
        !name(b"sui").is_parent_of(&d) && !name(b"bob.sui").is_parent_of(&d) && !d.is_parent_of(&d),
    );
    // BCS: labels from the end, each with its length.
    assert!(std::bcs::to_bytes(&name(b"alice.sui")) == x"020373756905616c696365");
}

#[test]
fun labels_at_the_limits() {
    let mut long = vector::tabulate!(63, |_| 0x61u8);
    long.append(b".sui");
    assert!(name(long).sld().length() == 63);
    name(b"a-1.0");
}

#[test, expected_failure(abort_code = domain::EInvalidDomain)]
fun an_empty_label() { name(b"alice..sui"); }

#[test, expected_failure(abort_code = domain::EInvalidDomain)]
fun an_empty_name() { name(b""); }

#[test, expected_failure(abort_code = domain::EInvalidDomain)]
fun a_capital() { name(b"Alice.sui"); }

#[test, expected_failure(abort_code = domain::EInvalidDomain)]
fun a_hyphen_in_front() { name(b"-alice.sui"); }

#[test, expected_failure(abort_code = domain::EInvalidDomain)]
fun a_hyphen_behind() { name(b"alice-.sui"); }

#[test, expected_failure(abort_code = domain::EInvalidDomain)]
fun a_label_too_long() { name(vector::tabulate!(64, |_| 0x61u8)); }

#[test, expected_failure(abort_code = domain::EInvalidDomain)]
fun a_name_too_long() { name(vector::tabulate!(236, |i| if (i % 50 == 49) 0x2E else 0x61u8)); }

// === Registering ===

#[test]
fun genesis() {
    let (mut s, suins, clock) = begin();
    assert!(suins.is_app_authorized<DevnetRegistrar>());
    assert!(suins.get_config<CoreConfig>().max_years() == 5);
    s.next_tx(@0x0);
    let admin = s.take_from_sender<AdminCap>();
    let publisher = s.take_from_sender<Publisher>();
    assert!(publisher.from_module<SuiNS>());
    s.return_to_sender(admin);
    s.return_to_sender(publisher);
    end(s, suins, clock);
}

#[test]
fun register_and_resolve() {
    let (s, mut suins, clock, nft) = registered();
    assert!(nft.domain_name() == alice() && nft.domain() == name(b"alice.sui"));
    assert!(
        nft.expiration_timestamp_ms() == NOW + YEAR && nft.image_url() == constants::default_image(),
    );
    let record = suins.registry<Registry>().lookup(name(b"alice.sui")).destroy_some();
    assert!(record.nft_id() == object::id(&nft) && record.expiration_timestamp_ms() == NOW + YEAR);
    assert!(
        record.target_address().is_none() && record.data().is_empty() && !record.is_leaf_record(),
    );
    assert!(suins.registry<Registry>().lookup(name(b"bob.sui")).is_none());
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    assert!(target(&suins, b"alice.sui") == option::some(ANN));
    keep(nft);
    end(s, suins, clock);
}

#[test]
fun several_years() {
    let (mut s, mut suins, clock) = begin();
    let nft = registrar::register(&mut suins, alice(), 5, &clock, s.ctx());
    assert!(nft.expiration_timestamp_ms() == NOW + 5 * YEAR);
    keep(nft);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = registrar::ENoYears)]
fun no_years() {
    let (mut s, mut suins, clock) = begin();
    keep(registrar::register(&mut suins, alice(), 0, &clock, s.ctx()));
    abort 99
}

#[test, expected_failure(abort_code = registrar::ENoYears)]
fun too_many_years() {
    let (mut s, mut suins, clock) = begin();
    keep(registrar::register(&mut suins, alice(), 6, &clock, s.ctx()));
    abort 99
}

#[test, expected_failure(abort_code = registry::ERecordNotExpired)]
fun a_name_that_somebody_has() {
    let (mut s, mut suins, clock, nft) = registered();
    keep(nft);
    keep(registrar::register(&mut suins, alice(), 1, &clock, s.ctx()));
    abort 99
}

#[test, expected_failure(abort_code = core_config::EInvalidLength)]
fun a_name_too_short_for_sale() {
    let (mut s, mut suins, clock) = begin();
    keep(registrar::register(&mut suins, b"al.sui".to_string(), 1, &clock, s.ctx()));
    abort 99
}

#[test, expected_failure(abort_code = core_config::EInvalidTld)]
fun another_ending() {
    let (mut s, mut suins, clock) = begin();
    keep(registrar::register(&mut suins, b"alice.com".to_string(), 1, &clock, s.ctx()));
    abort 99
}

#[test, expected_failure(abort_code = core_config::EInvalidTld)]
fun the_ending_itself() {
    let (mut s, mut suins, clock) = begin();
    keep(registrar::register(&mut suins, b"sui".to_string(), 1, &clock, s.ctx()));
    abort 99
}

#[test, expected_failure(abort_code = core_config::ESubnameNotSupported)]
fun a_subname_is_not_for_sale() {
    let (mut s, mut suins, clock) = begin();
    keep(registrar::register(&mut suins, b"home.alice.sui".to_string(), 1, &clock, s.ctx()));
    abort 99
}

// === Expiry ===

#[test]
fun the_last_moment() {
    let (s, mut suins, mut clock, nft) = registered();
    clock.set_for_testing(NOW + YEAR);
    assert!(!nft.has_expired(&clock));
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    clock.increment_for_testing(1);
    let record = suins.registry<Registry>().lookup(name(b"alice.sui")).destroy_some();
    assert!(nft.has_expired(&clock) && record.has_expired(&clock));
    clock.set_for_testing(NOW + YEAR + GRACE);
    assert!(
        !nft.has_expired_past_grace_period(&clock) && !record.has_expired_past_grace_period(&clock),
    );
    clock.increment_for_testing(1);
    assert!(
        nft.has_expired_past_grace_period(&clock) && record.has_expired_past_grace_period(&clock),
    );
    keep(nft);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = registry::ERecordExpired)]
fun an_expired_name_is_not_set() {
    let (_s, mut suins, mut clock, nft) = registered();
    clock.set_for_testing(NOW + YEAR + 1);
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    abort 99
}

#[test, expected_failure(abort_code = registry::ERecordNotExpired)]
fun nobody_else_in_the_grace_period() {
    let (mut s, mut suins, mut clock, nft) = registered();
    keep(nft);
    clock.set_for_testing(NOW + YEAR + GRACE);
    keep(registrar::register(&mut suins, alice(), 1, &clock, s.ctx()));
    abort 99
}

#[test]
fun somebody_else_afterwards() {
    let (mut s, mut suins, mut clock, nft) = registered();
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    controller::set_reverse_lookup(&mut suins, alice(), s.ctx());
    assert!(suins.registry<Registry>().reverse_lookup(ANN) == option::some(name(b"alice.sui")));
    keep(nft);
    clock.set_for_testing(NOW + YEAR + GRACE + 1);
    let new = registrar::register(&mut suins, alice(), 1, &clock, s.ctx());
    assert!(target(&suins, b"alice.sui").is_none());
    assert!(suins.registry<Registry>().reverse_lookup(ANN).is_none());
    controller::set_target_address(&mut suins, &new, option::some(BOB), &clock);
    transfer::public_transfer(new, BOB);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = registry::EIdMismatch)]
fun the_old_registration_afterwards() {
    let (mut s, mut suins, mut clock, nft) = registered();
    clock.set_for_testing(NOW + YEAR + GRACE + 1);
    keep(registrar::register(&mut suins, alice(), 1, &clock, s.ctx()));
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    abort 99
}

#[test]
fun renewed_in_the_grace_period() {
    let (mut s, mut suins, mut clock, mut nft) = registered();
    clock.set_for_testing(NOW + YEAR + GRACE);
    registrar::renew(&mut suins, &mut nft, 2, &clock, s.ctx());
    assert!(nft.expiration_timestamp_ms() == NOW + 3 * YEAR);
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    keep(nft);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = payment::ERecordExpired)]
fun too_late_to_renew() {
    let (mut s, mut suins, mut clock, mut nft) = registered();
    clock.set_for_testing(NOW + YEAR + GRACE + 1);
    registrar::renew(&mut suins, &mut nft, 1, &clock, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = payment::ECannotExceedMaxYears)]
fun renewed_too_far() {
    let (mut s, mut suins, clock, mut nft) = registered();
    registrar::renew(&mut suins, &mut nft, 5, &clock, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = payment::ECannotExceedMaxYears)]
fun renewed_for_no_years() {
    let (mut s, mut suins, clock, mut nft) = registered();
    registrar::renew(&mut suins, &mut nft, 0, &clock, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = registry::EIdMismatch)]
fun the_old_registration_renews_nothing() {
    let (mut s, mut suins, mut clock, mut nft) = registered();
    clock.set_for_testing(NOW + YEAR + GRACE + 1);
    keep(registrar::register(&mut suins, alice(), 1, &clock, s.ctx()));
    registrar::renew(&mut suins, &mut nft, 1, &clock, s.ctx());
    abort 99
}

#[test]
fun burnt_when_expired() {
    let (s, mut suins, mut clock, nft) = registered();
    clock.set_for_testing(NOW + YEAR + 1);
    controller::burn_expired(&mut suins, nft, &clock);
    assert!(!suins.registry<Registry>().has_record(name(b"alice.sui")));
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = payment::ERecordNotFound)]
fun a_renewal_without_a_record() {
    let (mut s, mut suins, mut clock, nft) = registered();
    clock.set_for_testing(NOW + YEAR + 1);
    let mut stray = suins_registration::new(name(b"alice.sui"), 1, &clock, s.ctx());
    controller::burn_expired(&mut suins, nft, &clock);
    registrar::renew(&mut suins, &mut stray, 1, &clock, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = registry::ERecordNotExpired)]
fun not_burnt_before() {
    let (_s, mut suins, clock, nft) = registered();
    controller::burn_expired(&mut suins, nft, &clock);
    abort 99
}

#[test]
fun an_old_registration_burns_alone() {
    let (mut s, mut suins, mut clock, nft) = registered();
    clock.set_for_testing(NOW + YEAR + GRACE + 1);
    keep(registrar::register(&mut suins, alice(), 1, &clock, s.ctx()));
    controller::burn_expired(&mut suins, nft, &clock);
    assert!(suins.registry<Registry>().has_record(name(b"alice.sui")));
    end(s, suins, clock);
}

// === Reverse names ===

#[test]
fun reverse_names() {
    let (mut s, mut suins, clock, nft) = registered();
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    controller::set_reverse_lookup(&mut suins, alice(), s.ctx());
    controller::set_reverse_lookup(&mut suins, alice(), s.ctx());
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    assert!(suins.registry<Registry>().reverse_lookup(ANN).is_some());
    controller::set_target_address(&mut suins, &nft, option::some(BOB), &clock);
    assert!(suins.registry<Registry>().reverse_lookup(ANN).is_none());
    controller::set_target_address(&mut suins, &nft, option::some(ANN), &clock);
    controller::set_reverse_lookup(&mut suins, alice(), s.ctx());
    controller::unset_reverse_lookup(&mut suins, s.ctx());
    assert!(suins.registry<Registry>().reverse_lookup(ANN).is_none());
    let mut object = object::new(s.ctx());
    controller::set_target_address(&mut suins, &nft, option::some(object.to_address()), &clock);
    controller::set_object_reverse_lookup(&mut suins, &mut object, alice());
    assert!(suins.registry<Registry>().reverse_lookup(object.to_address()).is_some());
    controller::unset_object_reverse_lookup(&mut suins, &mut object);
    object.delete();
    keep(nft);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = registry::ETargetNotSet)]
fun a_reverse_name_without_a_target() {
    let (mut s, mut suins, _clock, _nft) = registered_and_kept();
    controller::set_reverse_lookup(&mut suins, alice(), s.ctx());
    abort 99
}

fun registered_and_kept(): (Scenario, SuiNS, Clock, ID) {
    let (s, suins, clock, nft) = registered();
    let id = object::id(&nft);
    keep(nft);
    (s, suins, clock, id)
}

#[test, expected_failure(abort_code = registry::ERecordMismatch)]
fun a_reverse_name_of_another() {
    let (mut s, mut suins, clock, nft) = registered();
    controller::set_target_address(&mut suins, &nft, option::some(BOB), &clock);
    controller::set_reverse_lookup(&mut suins, alice(), s.ctx());
    abort 99
}

// === Data ===

#[test]
fun data() {
    let (s, mut suins, clock, nft) = registered();
    let key = b"avatar".to_string();
    controller::set_user_data(&mut suins, &nft, key, b"a".to_string(), &clock);
    controller::set_user_data(&mut suins, &nft, key, b"b".to_string(), &clock);
    controller::set_user_data(
        &mut suins,
        &nft,
        b"content_hash".to_string(),
        b"c".to_string(),
        &clock,
    );
    controller::set_user_data(
        &mut suins,
        &nft,
        b"walrus_site_id".to_string(),
        b"d".to_string(),
        &clock,
    );
    let data = suins.registry<Registry>().get_data(name(b"alice.sui"));
    assert!(data.size() == 3 && data[&key] == b"b".to_string());
    controller::unset_user_data(&mut suins, &nft, key, &clock);
    controller::unset_user_data(&mut suins, &nft, key, &clock);
    assert!(suins.registry<Registry>().get_data(name(b"alice.sui")).size() == 2);
    keep(nft);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = controller::EUnsupportedKey)]
fun an_unknown_key() {
    let (_s, mut suins, clock, nft) = registered();
    controller::set_user_data(&mut suins, &nft, b"x".to_string(), b"".to_string(), &clock);
    abort 99
}

// === Registry, asked directly ===

#[test]
fun leaves() {
    let (mut s, mut suins, mut clock, nft) = registered();
    let home = name(b"home.alice.sui");
    let registry: &mut Registry = suins.pkg_registry_mut();
    registry.add_leaf_record(home, &clock, BOB, s.ctx());
    let leaf = registry.lookup(home).destroy_some();
    assert!(leaf.is_leaf_record() && leaf.nft_id() == object::id(&nft));
    assert!(leaf.target_address() == option::some(BOB) && leaf.expiration_timestamp_ms() == 0);
    registry.remove_leaf_record(home);
    registry.add_leaf_record(home, &clock, BOB, s.ctx());
    // With a new registration of the parent the leaf may be replaced.
    clock.set_for_testing(NOW + YEAR + 1);
    let new = registry.add_record_ignoring_grace_period(name(b"alice.sui"), 1, &clock, s.ctx());
    registry.add_leaf_record(home, &clock, ANN, s.ctx());
    assert!(registry.lookup(home).destroy_some().nft_id() == object::id(&new));
    keep(nft);
    keep(new);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = registry::ERecordNotExpired)]
fun a_leaf_twice() {
    let (mut s, mut suins, clock, nft) = registered();
    keep(nft);
    let registry: &mut Registry = suins.pkg_registry_mut();
    registry.add_leaf_record(name(b"home.alice.sui"), &clock, BOB, s.ctx());
    registry.add_leaf_record(name(b"home.alice.sui"), &clock, BOB, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = registry::EInvalidDepth)]
fun a_leaf_that_is_no_subname() {
    let (mut s, mut suins, clock) = begin();
    let registry: &mut Registry = suins.pkg_registry_mut();
    registry.add_leaf_record(name(b"bob.sui"), &clock, BOB, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = registry::ERecordNotFound)]
fun a_leaf_without_a_parent() {
    let (mut s, mut suins, clock) = begin();
    let registry: &mut Registry = suins.pkg_registry_mut();
    registry.add_leaf_record(name(b"home.alice.sui"), &clock, BOB, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = registry::ERecordExpired)]
fun a_leaf_of_an_expired_parent() {
    let (mut s, mut suins, mut clock, nft) = registered();
    keep(nft);
    clock.set_for_testing(NOW + YEAR + 1);
    let registry: &mut Registry = suins.pkg_registry_mut();
    registry.add_leaf_record(name(b"home.alice.sui"), &clock, BOB, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = registry::ENotLeafRecord)]
fun no_leaf() {
    let (_s, mut suins, _clock, nft) = registered();
    keep(nft);
    suins.pkg_registry_mut<Registry>().remove_leaf_record(name(b"alice.sui"));
    abort 99
}

#[test, expected_failure(abort_code = registry::ENftExpired)]
fun a_registration_that_expired_before_its_record() {
    let (_s, mut suins, mut clock, mut nft) = registered();
    nft.set_expiration_timestamp_ms(NOW);
    clock.increment_for_testing(1);
    controller::set_target_address(&mut suins, &nft, option::none(), &clock);
    abort 99
}

#[test, expected_failure(abort_code = registry::EIdMismatch)]
fun the_time_of_another() {
    let (mut s, mut suins, clock, nft) = registered();
    let mut bob = registrar::register(&mut suins, b"bob.sui".to_string(), 1, &clock, s.ctx());
    suins.pkg_registry_mut<Registry>().set_expiration_timestamp_ms(&mut bob, nft.domain(), NOW);
    abort 99
}

#[test]
fun subnames_with_a_registration() {
    let (mut s, mut suins, mut clock, nft) = registered();
    let registry: &mut Registry = suins.pkg_registry_mut();
    let inner = registry.add_record(name(b"home.alice.sui"), 1, &clock, s.ctx());
    let mut sub = registry.wrap_subdomain(inner, &clock, s.ctx());
    sub.nft_mut().update_image_url(b"i".to_string());
    assert!(sub.nft().image_url() == b"i".to_string() && sub.nft().uid() == sub.nft().uid());
    clock.set_for_testing(NOW + YEAR + 1);
    controller::burn_expired_subname(&mut suins, sub, &clock);
    assert!(!suins.registry<Registry>().has_record(name(b"home.alice.sui")));
    keep(nft);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = subdomain_registration::ENotSubdomain)]
fun a_name_is_no_subname() {
    let (mut s, mut suins, clock, nft) = registered();
    let sub = suins.pkg_registry_mut<Registry>().wrap_subdomain(nft, &clock, s.ctx());
    transfer::public_transfer(sub, ANN);
    abort 99
}

#[test, expected_failure(abort_code = subdomain_registration::EExpired)]
fun an_expired_subname_is_not_wrapped() {
    let (mut s, _suins, mut clock) = begin();
    let nft = suins_registration::new(name(b"home.alice.sui"), 1, &clock, s.ctx());
    clock.set_for_testing(NOW + YEAR + 1);
    transfer::public_transfer(subdomain_registration::new(nft, &clock, s.ctx()), ANN);
    abort 99
}

#[test, expected_failure(abort_code = subdomain_registration::ENameNotExpired)]
fun a_subname_is_not_burnt_before() {
    let (mut s, mut suins, clock) = begin();
    let nft = suins_registration::new(name(b"home.alice.sui"), 1, &clock, s.ctx());
    let sub = subdomain_registration::new(nft, &clock, s.ctx());
    controller::burn_expired_subname(&mut suins, sub, &clock);
    abort 99
}

// === Payment ===

#[test]
fun paid() {
    let (mut s, mut suins, clock) = begin();
    let intent = payment::init_registration(&mut suins, alice());
    let data = intent.request_data();
    assert!(
        data.base_amount() == 20_000_000 && data.years() == 1 && data.domain() == name(b"alice.sui"),
    );
    assert!(!data.discount_applied() && data.calculate_total_after_discount(10) == 18_000_000);
    let coin = coin::mint_for_testing<SUI>(20_000_000, s.ctx());
    let receipt = registrar::handle_base_payment(&mut suins, intent, coin);
    let mut nft = receipt.register(&mut suins, &clock, s.ctx());
    let intent = payment::init_renewal(&mut suins, &nft, 2);
    assert!(intent.request_data().base_amount() == 40_000_000);
    let coin = coin::mint_for_testing<SUI>(40_000_000, s.ctx());
    registrar::handle_base_payment(&mut suins, intent, coin).renew(
        &mut suins,
        &mut nft,
        &clock,
        s.ctx(),
    );
    assert!(nft.expiration_timestamp_ms() == NOW + 3 * YEAR);
    keep(nft);
    s.next_tx(@0x0);
    let admin = s.take_from_sender<AdminCap>();
    let earned = suins.withdraw_custom<SUI>(&admin, s.ctx());
    assert!(earned.burn_for_testing() == 60_000_000);
    s.return_to_sender(admin);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = registrar::EWrongAmount)]
fun paid_too_little() {
    let (mut s, mut suins, clock) = begin();
    let intent = payment::init_registration(&mut suins, alice());
    let coin = coin::mint_for_testing<SUI>(19_999_999, s.ctx());
    keep(registrar::handle_base_payment(&mut suins, intent, coin).register(
        &mut suins,
        &clock,
        s.ctx(),
    ));
    abort 99
}

public struct Stranger has drop {}

#[test, expected_failure(abort_code = suins::EAppNotAuthorized)]
fun an_app_that_is_not_authorized() {
    let (mut s, mut suins, clock) = begin();
    let intent = payment::init_registration(&mut suins, alice());
    let receipt = intent.finalize_payment(&mut suins, Stranger {}, coin::zero<SUI>(s.ctx()));
    keep(receipt.register(&mut suins, &clock, s.ctx()));
    abort 99
}

/// Ann's authorized app, for what the registrar does not do.
fun with_app(): (Scenario, SuiNS, Clock, AdminCap) {
    let (mut s, mut suins, clock) = begin();
    s.next_tx(@0x0);
    let admin = s.take_from_sender<AdminCap>();
    admin.authorize_app<Stranger>(&mut suins);
    (s, suins, clock, admin)
}

#[test]
fun apps() {
    let (mut s, mut suins, clock, admin) = with_app();
    suins::app_add_balance(Stranger {}, &mut suins, sui::balance::create_for_testing(7));
    assert!(admin.withdraw(&mut suins, s.ctx()).burn_for_testing() == 7);
    suins::app_registry_mut<Stranger, Registry>(Stranger {}, &mut suins);
    let old: PricingConfig = admin.remove_config(&mut suins);
    assert!(old.pricing().size() == 3 && old.calculate_base_price(3) == 500_000_000);
    assert!(admin.deauthorize_app<Stranger>(&mut suins) && !suins.is_app_authorized<Stranger>());
    transfer::public_transfer(admin, @0x0);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = suins::ENoProfits)]
fun nothing_earned() {
    let (mut s, mut suins, _clock, admin) = with_app();
    transfer::public_transfer(admin.withdraw(&mut suins, s.ctx()), ANN);
    abort 99
}

#[test, expected_failure(abort_code = suins::ENoProfitsInCoinType)]
fun nothing_earned_in_this_coin() {
    let (mut s, mut suins, _clock, admin) = with_app();
    transfer::public_transfer(suins.withdraw_custom<u8>(&admin, s.ctx()), ANN);
    abort 99
}

#[test]
fun discounts() {
    let (mut s, mut suins, clock, admin) = with_app();
    let mut intent = payment::init_registration(&mut suins, alice());
    intent.apply_percentage_discount(&mut suins, Stranger {}, b"a".to_string(), 50, false);
    intent.apply_percentage_discount(&mut suins, Stranger {}, b"b".to_string(), 10, true);
    let data = intent.request_data();
    assert!(
        data.base_amount() == 9_000_000 && data.discounts_applied().size() == 2 && data.discount_applied(),
    );
    let receipt = intent.finalize_payment(&mut suins, Stranger {}, coin::zero<SUI>(s.ctx()));
    keep(receipt.register(&mut suins, &clock, s.ctx()));
    transfer::public_transfer(admin, @0x0);
    end(s, suins, clock);
}

fun discounted_twice(key: vector<u8>, percent: u8, several: bool) {
    let (mut s, mut suins, clock, admin) = with_app();
    let mut intent = payment::init_registration(&mut suins, alice());
    intent.apply_percentage_discount(&mut suins, Stranger {}, b"a".to_string(), 50, false);
    intent.apply_percentage_discount(&mut suins, Stranger {}, key.to_string(), percent, several);
    let receipt = intent.finalize_payment(&mut suins, Stranger {}, coin::zero<SUI>(s.ctx()));
    keep(receipt.register(&mut suins, &clock, s.ctx()));
    transfer::public_transfer(admin, @0x0);
    end(s, suins, clock);
}

#[test, expected_failure(abort_code = payment::EDiscountAlreadyApplied)]
fun the_same_discount_twice() { discounted_twice(b"a", 10, true) }

#[test, expected_failure(abort_code = payment::ENotMultipleDiscountsAllowed)]
fun two_discounts() { discounted_twice(b"b", 10, false) }

#[test, expected_failure(abort_code = payment::EInvalidDiscountPercentage)]
fun more_than_everything() { discounted_twice(b"b", 101, true) }

#[test, expected_failure(abort_code = payment::ENotSupportedType)]
fun a_renewals_receipt_registers_nothing() {
    let (mut s, mut suins, clock, nft) = registered();
    let intent = payment::init_renewal(&mut suins, &nft, 1);
    let coin = coin::mint_for_testing<SUI>(20_000_000, s.ctx());
    keep(registrar::handle_base_payment(&mut suins, intent, coin).register(
        &mut suins,
        &clock,
        s.ctx(),
    ));
    abort 99
}

#[test, expected_failure(abort_code = payment::ENotSupportedType)]
fun a_registrations_receipt_renews_nothing() {
    let (mut s, mut suins, clock, mut nft) = registered();
    let intent = payment::init_registration(&mut suins, b"carol.sui".to_string());
    let coin = coin::mint_for_testing<SUI>(20_000_000, s.ctx());
    registrar::handle_base_payment(&mut suins, intent, coin).renew(
        &mut suins,
        &mut nft,
        &clock,
        s.ctx(),
    );
    abort 99
}

#[test, expected_failure(abort_code = payment::EReceiptDomainMissmatch)]
fun a_receipt_for_another_name() {
    let (mut s, mut suins, clock, nft) = registered();
    let mut bob = registrar::register(&mut suins, b"bobby.sui".to_string(), 1, &clock, s.ctx());
    let intent = payment::init_renewal(&mut suins, &nft, 1);
    let coin = coin::mint_for_testing<SUI>(20_000_000, s.ctx());
    registrar::handle_base_payment(&mut suins, intent, coin).renew(
        &mut suins,
        &mut bob,
        &clock,
        s.ctx(),
    );
    abort 99
}

#[test, expected_failure(abort_code = payment::ECannotRenewSubdomain)]
fun a_subname_is_not_renewed() {
    let (mut s, mut suins, clock) = begin();
    let mut nft = suins_registration::new(name(b"home.alice.sui"), 1, &clock, s.ctx());
    registrar::renew(&mut suins, &mut nft, 1, &clock, s.ctx());
    abort 99
}

#[test, expected_failure(abort_code = payment::EVersionMismatch)]
fun a_receipt_of_an_old_version() {
    let (mut s, mut suins, clock, admin) = with_app();
    let intent = payment::init_registration(&mut suins, alice());
    let receipt = intent.finalize_payment(&mut suins, Stranger {}, coin::zero<SUI>(s.ctx()));
    admin.remove_config<CoreConfig>(&mut suins);
    let newer = core_config::new(b"key", 3, 63, 2, 5, vector[b"sui".to_string()], vec_map::empty());
    assert!(newer.public_key() == b"key" && newer.payments_version() == 2);
    assert!(newer.min_label_length() == 3 && newer.max_label_length() == 63);
    admin.add_config(&mut suins, newer);
    keep(receipt.register(&mut suins, &clock, s.ctx()));
    abort 99
}

// === Prices ===

#[test]
fun prices() {
    let range = pricing_config::new_range(vector[3, 5]);
    assert!(range.is_between_inclusive(3) && range.is_between_inclusive(5));
    assert!(!range.is_between_inclusive(2) && !range.is_between_inclusive(6));
    let renewal = pricing_config::new_renewal_config(pricing_config::new(vector[range], vector[7]));
    assert!(renewal.config().calculate_base_price(4) == 7);
}

#[test, expected_failure(abort_code = pricing_config::EPriceNotSet)]
fun no_price() { pricing_config::new(vector[], vector[]).calculate_base_price(4); }

#[test, expected_failure(abort_code = pricing_config::ELengthMissmatch)]
fun a_price_too_many() { pricing_config::new(vector[], vector[1]); }

#[test, expected_failure(abort_code = pricing_config::EInvalidLength)]
fun a_range_with_one_end() { pricing_config::new_range(vector[1]); }

#[test, expected_failure(abort_code = pricing_config::EInvalidRange)]
fun a_range_turned_around() { pricing_config::new_range(vector[5, 3]); }

#[test]
fun numbers() {
    assert!(constants::year_ms() == YEAR && constants::grace_period_ms() == GRACE);
    assert!(constants::max_bps() == 10_000 && constants::mist_per_sui() == 1_000_000_000);
    assert!(constants::subdomain_allow_creation_key() == b"S_AC".to_string());
    assert!(constants::subdomain_allow_extension_key() == b"S_ATE".to_string());
}
