/// Who may act for a storage node: an address, or whoever holds an object.
module walrus::auth;

/// Proof of who is calling.
public enum Authenticated has drop {
    Sender(address),
    Object(ID),
}

/// Who is allowed.
public enum Authorized has copy, drop, store {
    Address(address),
    ObjectID(ID),
}

public fun authenticate_sender(ctx: &TxContext): Authenticated {
    Authenticated::Sender(ctx.sender())
}

public fun authenticate_with_object<T: key>(object: &T): Authenticated {
    Authenticated::Object(object::id(object))
}

public fun authorized_address(addr: address): Authorized {
    Authorized::Address(addr)
}

public fun authorized_object(id: ID): Authorized {
    Authorized::ObjectID(id)
}
