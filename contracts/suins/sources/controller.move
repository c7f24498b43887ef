/// What the owner of a name may do with it.
module suins::controller;

use std::string::String;
use sui::clock::Clock;
use suins::{
    domain,
    registry::Registry,
    subdomain_registration::SubDomainRegistration,
    suins::SuiNS,
    suins_registration::SuinsRegistration
};

/// The data of a name have no such key.
const EUnsupportedKey: u64 = 0;

const AVATAR: vector<u8> = b"avatar";
const CONTENT_HASH: vector<u8> = b"content_hash";
const WALRUS_SITE_ID: vector<u8> = b"walrus_site_id";

public fun set_target_address(
    suins: &mut SuiNS,
    nft: &SuinsRegistration,
    new_target: Option<address>,
    clock: &Clock,
) {
    let registry = registry_mut(suins);
    registry.assert_nft_is_authorized(nft, clock);
    registry.set_target_address(nft.domain(), new_target)
}

/// Makes the name the sender's own, which it must stand for.
public fun set_reverse_lookup(suins: &mut SuiNS, domain_name: String, ctx: &TxContext) {
    registry_mut(suins).set_reverse_lookup(ctx.sender(), domain::new(domain_name))
}

public fun unset_reverse_lookup(suins: &mut SuiNS, ctx: &TxContext) {
    registry_mut(suins).unset_reverse_lookup(ctx.sender())
}

/// Makes the name an object's, which it must stand for.
public fun set_object_reverse_lookup(suins: &mut SuiNS, obj: &mut UID, domain_name: String) {
    registry_mut(suins).set_reverse_lookup(obj.to_address(), domain::new(domain_name))
}

public fun unset_object_reverse_lookup(suins: &mut SuiNS, obj: &mut UID) {
    registry_mut(suins).unset_reverse_lookup(obj.to_address())
}

public fun set_user_data(
    suins: &mut SuiNS,
    nft: &SuinsRegistration,
    key: String,
    value: String,
    clock: &Clock,
) {
    let known = vector[AVATAR, CONTENT_HASH, WALRUS_SITE_ID];
    assert!(known.contains(key.as_bytes()), EUnsupportedKey);
    let registry = registry_mut(suins);
    registry.assert_nft_is_authorized(nft, clock);
    let mut data = *registry.get_data(nft.domain());
    if (data.contains(&key)) { data.remove(&key); };
    data.insert(key, value);
    registry.set_data(nft.domain(), data)
}

public fun unset_user_data(suins: &mut SuiNS, nft: &SuinsRegistration, key: String, clock: &Clock) {
    let registry = registry_mut(suins);
    registry.assert_nft_is_authorized(nft, clock);
    let mut data = *registry.get_data(nft.domain());
    if (data.contains(&key)) { data.remove(&key); };
    registry.set_data(nft.domain(), data)
}

public fun burn_expired(suins: &mut SuiNS, nft: SuinsRegistration, clock: &Clock) {
    registry_mut(suins).burn_registration_object(nft, clock)
}

public fun burn_expired_subname(suins: &mut SuiNS, nft: SubDomainRegistration, clock: &Clock) {
    registry_mut(suins).burn_subdomain_object(nft, clock)
}

fun registry_mut(suins: &mut SuiNS): &mut Registry { suins.pkg_registry_mut() }
