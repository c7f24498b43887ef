/// The registration of a subname, wrapped so that it is not taken for a name's.
module suins::subdomain_registration;

use sui::clock::Clock;
use suins::suins_registration::SuinsRegistration;

/// It has expired.
const EExpired: u64 = 1;
/// It is no subname.
const ENotSubdomain: u64 = 2;
/// It has not expired.
const ENameNotExpired: u64 = 3;

public struct SubDomainRegistration has key, store { id: UID, nft: SuinsRegistration }

public(package) fun new(
    nft: SuinsRegistration,
    clock: &Clock,
    ctx: &mut TxContext,
): SubDomainRegistration {
    assert!(nft.domain().is_subdomain(), ENotSubdomain);
    assert!(!nft.has_expired(clock), EExpired);
    SubDomainRegistration { id: object::new(ctx), nft }
}

public(package) fun burn(name: SubDomainRegistration, clock: &Clock): SuinsRegistration {
    assert!(name.nft.has_expired(clock), ENameNotExpired);
    let SubDomainRegistration { id, nft } = name;
    id.delete();
    nft
}

public fun nft(name: &SubDomainRegistration): &SuinsRegistration { &name.nft }

public fun nft_mut(name: &mut SubDomainRegistration): &mut SuinsRegistration { &mut name.nft }
