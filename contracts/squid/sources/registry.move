/// Which Space is whose home. One shared object, written when somebody chooses a home and never else.
module squid::registry;

use squid::{events, roles, space::Space};
use sui::dynamic_field as field;

#[error]
const EWrongVersion: vector<u8> = b"The Registry belongs to another version of this package";
#[error]
const ENotHome: vector<u8> = b"The Space is not this owner's home";

const VERSION: u64 = 1;

/// Shared, one for the package. The homes are its dynamic fields, and all that it holds.
public struct Registry has key {
    id: UID,
    version: u64,
}

/// → the ID of the Space.
public struct HomeKey has copy, drop, store {
    owner: address,
}

fun init(ctx: &mut TxContext) {
    transfer::share_object(Registry { id: object::new(ctx), version: VERSION });
}

/// Makes `space` the home of the sender, who must be its admin: nobody is given a home by others.
public fun set_home(self: &mut Registry, space: &Space, ctx: &TxContext) {
    self.assert_version();
    space.assert_role(roles::admin(), ctx);
    let owner = ctx.sender();
    let previous = self.home(owner);
    let key = HomeKey { owner };
    if (previous.is_some()) { field::remove<HomeKey, ID>(&mut self.id, key); };
    field::add(&mut self.id, key, object::id(space));
    events::home_set(owner, object::id(space), previous);
}

/// Ends `space` being the home of `owner`. For admins of the Space.
public fun clear_home(self: &mut Registry, space: &Space, owner: address, ctx: &TxContext) {
    self.assert_version();
    space.assert_role(roles::admin(), ctx);
    assert!(self.home(owner) == option::some(object::id(space)), ENotHome);
    field::remove<HomeKey, ID>(&mut self.id, HomeKey { owner });
    events::home_cleared(owner, object::id(space), ctx.sender());
}

public fun home(self: &Registry, owner: address): Option<ID> {
    let key = HomeKey { owner };
    if (field::exists_(&self.id, key)) option::some(*field::borrow(&self.id, key))
    else option::none()
}

fun assert_version(self: &Registry) {
    assert!(self.version == VERSION, EWrongVersion);
}

#[test_only]
public fun init_for_testing(ctx: &mut TxContext) {
    init(ctx);
}

#[test_only]
public fun set_version_for_testing(self: &mut Registry, version: u64) {
    self.version = version;
}
