/// What the runtime knows of a type.
module sui::types;

/// Whether `T` is named as its module in capitals and has one field, a bool: then the only value of it
/// is the one that its module's `init` is called with.
public native fun is_one_time_witness<T: drop>(_: &T): bool;
