/// Lends an object out of a struct for the length of a transaction.
module sui::borrow;

/// The borrow is of another referent.
const EWrongBorrow: u64 = 0;
/// Another object comes back than went out.
const EWrongValue: u64 = 1;

public struct Referent<T: key + store> has store { id: address, value: Option<T> }

/// Must be given back with the object.
public struct Borrow { ref: address, obj: ID }

public fun new<T: key + store>(value: T, ctx: &mut TxContext): Referent<T> {
    Referent { id: ctx.fresh_object_address(), value: option::some(value) }
}

public fun borrow<T: key + store>(self: &mut Referent<T>): (T, Borrow) {
    let value = self.value.extract();
    let obj = object::id(&value);
    (value, Borrow { ref: self.id, obj })
}

public fun put_back<T: key + store>(self: &mut Referent<T>, value: T, borrow: Borrow) {
    let Borrow { ref, obj } = borrow;
    assert!(object::id(&value) == obj, EWrongValue);
    assert!(self.id == ref, EWrongBorrow);
    self.value.fill(value)
}

public fun destroy<T: key + store>(self: Referent<T>): T {
    let Referent { id: _, value } = self;
    value.destroy_some()
}
