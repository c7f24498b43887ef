/// Binary Canonical Serialization, https://github.com/diem/bcs.
module std::bcs;

/// The canonical bytes of `value`.
public native fun to_bytes<MoveValue>(value: &MoveValue): vector<u8>;
