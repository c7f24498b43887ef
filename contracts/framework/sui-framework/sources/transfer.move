/// Who owns an object. The functions without `public_` are for the module that defines the type,
/// the others for objects with `store`.
module sui::transfer;

/// For an object that was sent to another object and not yet taken. Only a transaction's argument
/// can make one.
#[allow(unused_field)]
public struct Receiving<phantom T: key> has drop { id: ID, version: u64 }

#[allow(unused_const)]
/// Only an object made in this transaction can be shared.
const ESharedNonNewObject: u64 = 0;
#[allow(unused_const)]
/// The object could not be serialized.
const EBCSSerializationFailure: u64 = 1;
#[allow(unused_const)]
/// The object to receive is of another type.
const EReceivingObjectTypeMismatch: u64 = 2;
#[allow(unused_const)]
/// There is no such object to receive, or of another owner or version.
const EUnableToReceiveObject: u64 = 3;
#[allow(unused_const)]
/// A shared object cannot be transferred, frozen or wrapped.
const ESharedObjectOperationNotSupported: u64 = 4;

public fun transfer<T: key>(obj: T, recipient: address) { transfer_impl(obj, recipient) }

public fun public_transfer<T: key + store>(obj: T, recipient: address) {
    transfer_impl(obj, recipient)
}

public fun freeze_object<T: key>(obj: T) { freeze_object_impl(obj) }

public fun public_freeze_object<T: key + store>(obj: T) { freeze_object_impl(obj) }

public fun share_object<T: key>(obj: T) { share_object_impl(obj) }

public fun public_share_object<T: key + store>(obj: T) { share_object_impl(obj) }

/// Takes an object that was sent to `parent`'s address.
public fun receive<T: key>(parent: &mut UID, to_receive: Receiving<T>): T {
    let Receiving { id, version } = to_receive;
    receive_impl(parent.to_address(), id, version)
}

public fun public_receive<T: key + store>(parent: &mut UID, to_receive: Receiving<T>): T {
    let Receiving { id, version } = to_receive;
    receive_impl(parent.to_address(), id, version)
}

public fun receiving_object_id<T: key>(receiving: &Receiving<T>): ID { receiving.id }

public(package) native fun freeze_object_impl<T: key>(obj: T);

public(package) native fun share_object_impl<T: key>(obj: T);

public(package) native fun transfer_impl<T: key>(obj: T, recipient: address);

native fun receive_impl<T: key>(parent: address, to_receive: ID, version: u64): T;

#[test_only]
public(package) fun make_receiver<T: key>(id: ID, version: u64): Receiving<T> {
    Receiving { id, version }
}
