/// Fields that are added to an object while it lives, by any name; each is an object of its own,
/// whose id follows from its parent and its name.
module sui::dynamic_field;

/// Name and layout are what the runtime looks for.
public struct Field<Name: copy + drop + store, Value: store> has key {
    id: UID,
    name: Name,
    value: Value,
}

// The natives below abort with these, too.
/// There is a field of this name.
const EFieldAlreadyExists: u64 = 0;
#[allow(unused_const)]
/// There is no field of this name.
const EFieldDoesNotExist: u64 = 1;
#[allow(unused_const)]
/// The field holds a value of another type.
const EFieldTypeMismatch: u64 = 2;
#[allow(unused_const)]
/// The name or value could not be serialized.
const EBCSSerializationFailure: u64 = 3;
#[allow(unused_const)]
/// A shared object was made a field.
const ESharedObjectOperationNotSupported: u64 = 4;

public fun add<Name: copy + drop + store, Value: store>(
    object: &mut UID,
    name: Name,
    value: Value,
) {
    let parent = object.to_address();
    let slot = hash_type_and_key(parent, name);
    assert!(!has_child_object(parent, slot), EFieldAlreadyExists);
    add_child_object(parent, Field { id: object::new_uid_from_hash(slot), name, value })
}

public fun borrow<Name: copy + drop + store, Value: store>(object: &UID, name: Name): &Value {
    let slot = hash_type_and_key(object.to_address(), name);
    &borrow_child_object<Field<Name, Value>>(object, slot).value
}

public fun borrow_mut<Name: copy + drop + store, Value: store>(
    object: &mut UID,
    name: Name,
): &mut Value {
    let slot = hash_type_and_key(object.to_address(), name);
    &mut borrow_child_object_mut<Field<Name, Value>>(object, slot).value
}

public fun remove<Name: copy + drop + store, Value: store>(object: &mut UID, name: Name): Value {
    let parent = object.to_address();
    let slot = hash_type_and_key(parent, name);
    let Field { id, name: _, value } = remove_child_object<Field<Name, Value>>(parent, slot);
    id.delete();
    value
}

/// Whether there is a field of this name, whatever its value.
public fun exists_<Name: copy + drop + store>(object: &UID, name: Name): bool {
    let parent = object.to_address();
    has_child_object(parent, hash_type_and_key(parent, name))
}

public fun remove_if_exists<Name: copy + drop + store, Value: store>(
    object: &mut UID,
    name: Name,
): Option<Value> {
    if (exists_(object, name)) option::some(remove(object, name)) else option::none()
}

public fun exists_with_type<Name: copy + drop + store, Value: store>(
    object: &UID,
    name: Name,
): bool {
    let parent = object.to_address();
    has_child_object_with_ty<Field<Name, Value>>(parent, hash_type_and_key(parent, name))
}

/// For dynamic object fields, whose value is an object's id: the field's own UID, and that id.
public(package) fun field_info<Name: copy + drop + store>(
    object: &UID,
    name: Name,
): (&UID, address) {
    let slot = hash_type_and_key(object.to_address(), name);
    let field = borrow_child_object<Field<Name, ID>>(object, slot);
    (&field.id, field.value.to_address())
}

public(package) fun field_info_mut<Name: copy + drop + store>(
    object: &mut UID,
    name: Name,
): (&mut UID, address) {
    let slot = hash_type_and_key(object.to_address(), name);
    let field = borrow_child_object_mut<Field<Name, ID>>(object, slot);
    (&mut field.id, field.value.to_address())
}

public(package) native fun hash_type_and_key<K: copy + drop + store>(
    parent: address,
    k: K,
): address;

public(package) native fun add_child_object<Child: key>(parent: address, child: Child);

public(package) native fun borrow_child_object<Child: key>(object: &UID, id: address): &Child;

public(package) native fun borrow_child_object_mut<Child: key>(
    object: &mut UID,
    id: address,
): &mut Child;

public(package) native fun remove_child_object<Child: key>(parent: address, id: address): Child;

public(package) native fun has_child_object(parent: address, id: address): bool;

public(package) native fun has_child_object_with_ty<Child: key>(parent: address, id: address): bool;
