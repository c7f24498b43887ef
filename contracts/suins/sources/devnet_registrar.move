/// Stands in for what the real SuiNS has outside this package: its setting up by an administrator and the
/// app that takes payments. Not part of SuiNS; only on the embedded devnet.
module suins::devnet_registrar;

use std::string::String;
use sui::{clock::Clock, coin::{Self, Coin}, sui::SUI, vec_map};
use suins::{
    constants,
    core_config,
    payment::{Self, PaymentIntent, Receipt},
    pricing_config,
    registry,
    suins::{Self, SuiNS},
    suins_registration::SuinsRegistration
};

#[error]
const ENoYears: vector<u8> = b"A name is registered for one to five years";

#[error]
const EWrongAmount: vector<u8> = b"The coin is not worth exactly what is asked";

const MAX_YEARS: u8 = 5;

/// The app that takes payments.
public struct DevnetRegistrar has drop {}

/// Makes and shares the one `SuiNS`; its `AdminCap` goes to whoever publishes.
fun init(ctx: &mut TxContext) {
    let (mut suins, admin) = suins::new(ctx);
    admin.add_registry(&mut suins, registry::new(&admin, ctx));
    admin.add_config(
        &mut suins,
        core_config::new(
            vector[],
            constants::min_domain_length(),
            constants::max_domain_length(),
            constants::payments_version!(),
            MAX_YEARS,
            vector[constants::sui_tld()],
            vec_map::empty(),
        ),
    );
    admin.add_config(&mut suins, prices());
    admin.add_config(&mut suins, pricing_config::new_renewal_config(prices()));
    admin.authorize_app<DevnetRegistrar>(&mut suins);
    suins.share();
    transfer::public_transfer(admin, ctx.sender())
}

/// In MIST; the real ones are in millionths of a dollar.
fun prices(): pricing_config::PricingConfig {
    pricing_config::new(
        vector[
            pricing_config::new_range(vector[3, 3]),
            pricing_config::new_range(vector[4, 4]),
            pricing_config::new_range(vector[5, 63]),
        ],
        vector[500_000_000, 100_000_000, 20_000_000],
    )
}

/// The step between `payment::init_registration` and `payment::register`, as in SuiNS's package of
/// payments: the coin is worth exactly `base_amount`, read as MIST.
public fun handle_base_payment(
    suins: &mut SuiNS,
    intent: PaymentIntent,
    payment: Coin<SUI>,
): Receipt {
    assert!(payment.value() == intent.request_data().base_amount(), EWrongAmount);
    intent.finalize_payment(suins, DevnetRegistrar {}, payment)
}

/// Registers `name`, such as `alice.sui`, if nobody has it. Free of charge.
public fun register(
    suins: &mut SuiNS,
    name: String,
    years: u8,
    clock: &Clock,
    ctx: &mut TxContext,
): SuinsRegistration {
    assert!(years >= 1 && years <= MAX_YEARS, ENoYears);
    let intent = payment::init_registration(suins, name);
    let nothing = coin::zero<SUI>(ctx);
    let receipt = intent.finalize_payment(suins, DevnetRegistrar {}, nothing);
    let mut nft = receipt.register(suins, clock, ctx);
    if (years > 1) renew(suins, &mut nft, years - 1, clock, ctx);
    nft
}

/// Adds years to a name that has not been expired for longer than the grace period. Free of charge.
public fun renew(
    suins: &mut SuiNS,
    nft: &mut SuinsRegistration,
    years: u8,
    clock: &Clock,
    ctx: &mut TxContext,
) {
    let intent = payment::init_renewal(suins, nft, years);
    let nothing = coin::zero<SUI>(ctx);
    let receipt = intent.finalize_payment(suins, DevnetRegistrar {}, nothing);
    receipt.renew(suins, nft, clock, ctx)
}

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) { init(ctx) }
