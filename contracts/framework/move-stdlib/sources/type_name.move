/// Types as text: `0…02::coin::Coin<0…02::sui::SUI>`, addresses with all 64 digits and no `0x`.
module std::type_name;

use std::{address, ascii::{Self, String}};

/// The type is of no module.
const ENonModuleType: u64 = 0;

public struct TypeName has copy, drop, store { name: String }

/// With the ids of the packages that defined each type.
public native fun get<T>(): TypeName;

/// With the ids of the first versions of these packages.
public native fun get_with_original_ids<T>(): TypeName;

/// Whether it is a vector or one of the types that the language names.
public fun is_primitive(self: &TypeName): bool {
    let bytes = self.name.as_bytes();
    let plain = vector[b"bool", b"u8", b"u16", b"u32", b"u64", b"u128", b"u256", b"address"];
    if (plain.contains(bytes)) return true;
    let list = b"vector";
    let mut same = 0;
    while (same < list.length() && same < bytes.length() && bytes[same] == list[same]) same =
        same + 1;
    same == list.length()
}

public fun borrow_string(self: &TypeName): &String { &self.name }

/// The address in front.
public fun get_address(self: &TypeName): String {
    assert!(!self.is_primitive(), ENonModuleType);
    self.name.substring(0, address::length() * 2)
}

/// The name between the first two `::`.
public fun get_module(self: &TypeName): String {
    assert!(!self.is_primitive(), ENonModuleType);
    let bytes = self.name.as_bytes();
    let begin = address::length() * 2 + 2;
    let mut end = begin;
    while (bytes[end] != 0x3A) end = end + 1;
    ascii::substring(&self.name, begin, end)
}

public fun into_string(self: TypeName): String {
    let TypeName { name } = self;
    name
}
