/// The shared object that everything hangs on: registries, settings and earnings, each in a dynamic
/// field by its type, and the apps that may change them.
module suins::suins;

use sui::{balance::{Self, Balance}, coin::{Self, Coin}, dynamic_field as df, package, sui::SUI};

/// There is nothing to withdraw.
const ENoProfits: u64 = 0;
/// The app is not authorized.
const EAppNotAuthorized: u64 = 1;
/// There is nothing to withdraw of this coin.
const ENoProfitsInCoinType: u64 = 2;

/// The right to set things up.
public struct AdminCap has key, store { id: UID }

public struct SuiNS has key { id: UID, balance: Balance<SUI> }

public struct SUINS has drop {}

public struct ConfigKey<phantom Config> has copy, drop, store {}

public struct RegistryKey<phantom Registry> has copy, drop, store {}

public struct BalanceKey<phantom T> has copy, drop, store {}

public struct AppKey<phantom App: drop> has copy, drop, store {}

fun init(otw: SUINS, ctx: &mut TxContext) { package::claim_and_keep(otw, ctx) }

/// For `devnet_registrar`, which fills it and shares it.
public(package) fun new(ctx: &mut TxContext): (SuiNS, AdminCap) {
    (SuiNS { id: object::new(ctx), balance: balance::zero() }, AdminCap { id: object::new(ctx) })
}

#[allow(lint(share_owned))]
public(package) fun share(self: SuiNS) { transfer::share_object(self) }

// === Earnings ===

public fun withdraw(_: &AdminCap, self: &mut SuiNS, ctx: &mut TxContext): Coin<SUI> {
    assert!(self.balance.value() > 0, ENoProfits);
    coin::from_balance(self.balance.withdraw_all(), ctx)
}

public fun withdraw_custom<T>(self: &mut SuiNS, _: &AdminCap, ctx: &mut TxContext): Coin<T> {
    let key = BalanceKey<T> {};
    assert!(df::exists_(&self.id, key), ENoProfitsInCoinType);
    let balance: &mut Balance<T> = df::borrow_mut(&mut self.id, key);
    assert!(balance.value() > 0, ENoProfitsInCoinType);
    coin::from_balance(balance.withdraw_all(), ctx)
}

// === Apps ===

public fun authorize_app<App: drop>(_: &AdminCap, self: &mut SuiNS) {
    df::add(&mut self.id, AppKey<App> {}, true)
}

public fun deauthorize_app<App: drop>(_: &AdminCap, self: &mut SuiNS): bool {
    df::remove(&mut self.id, AppKey<App> {})
}

public fun is_app_authorized<App: drop>(self: &SuiNS): bool {
    df::exists_(&self.id, AppKey<App> {})
}

public fun assert_app_is_authorized<App: drop>(self: &SuiNS) {
    assert!(self.is_app_authorized<App>(), EAppNotAuthorized)
}

public fun app_add_balance<App: drop>(_: App, self: &mut SuiNS, balance: Balance<SUI>) {
    self.assert_app_is_authorized<App>();
    self.balance.join(balance);
}

public fun app_add_custom_balance<App: drop, T>(self: &mut SuiNS, _: App, balance: Balance<T>) {
    self.assert_app_is_authorized<App>();
    let key = BalanceKey<T> {};
    if (df::exists_(&self.id, key)) {
        df::borrow_mut<BalanceKey<T>, Balance<T>>(&mut self.id, key).join(balance);
    } else {
        df::add(&mut self.id, key, balance);
    }
}

public fun app_registry_mut<App: drop, R: store>(_: App, self: &mut SuiNS): &mut R {
    self.assert_app_is_authorized<App>();
    self.pkg_registry_mut<R>()
}

// === Settings and registries ===

public fun add_config<Config: store + drop>(_: &AdminCap, self: &mut SuiNS, config: Config) {
    df::add(&mut self.id, ConfigKey<Config> {}, config)
}

public fun get_config<Config: store + drop>(self: &SuiNS): &Config {
    df::borrow(&self.id, ConfigKey<Config> {})
}

public fun remove_config<Config: store + drop>(_: &AdminCap, self: &mut SuiNS): Config {
    df::remove(&mut self.id, ConfigKey<Config> {})
}

public fun registry<R: store>(self: &SuiNS): &R { df::borrow(&self.id, RegistryKey<R> {}) }

public fun add_registry<R: store>(_: &AdminCap, self: &mut SuiNS, registry: R) {
    df::add(&mut self.id, RegistryKey<R> {}, registry)
}

public(package) fun pkg_registry_mut<R: store>(self: &mut SuiNS): &mut R {
    df::borrow_mut(&mut self.id, RegistryKey<R> {})
}

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) { init(SUINS {}, ctx) }
