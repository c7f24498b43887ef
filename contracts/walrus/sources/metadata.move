/// Attributes of a blob: text keys with text values.
module walrus::metadata;

use std::string::String;
use sui::vec_map::{Self, VecMap};

public struct Metadata has drop, store {
    metadata: VecMap<String, String>,
}

public fun new(): Metadata {
    Metadata { metadata: vec_map::empty() }
}

public fun insert_or_update(self: &mut Metadata, key: String, value: String) {
    if (self.metadata.contains(&key)) {
        self.metadata.remove(&key);
    };
    self.metadata.insert(key, value);
}

/// Aborts when there is no `key`.
public fun remove(self: &mut Metadata, key: &String): (String, String) {
    self.metadata.remove(key)
}

public fun remove_if_exists(self: &mut Metadata, key: &String): Option<String> {
    if (!self.metadata.contains(key)) return option::none();
    let (_, value) = self.metadata.remove(key);
    option::some(value)
}
