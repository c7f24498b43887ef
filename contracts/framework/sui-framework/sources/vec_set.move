/// A small set in one vector, in the order of insertion; every access looks through it.
module sui::vec_set;

/// The key is there already.
const EKeyAlreadyExists: u64 = 0;
/// The key is not there.
const EKeyDoesNotExist: u64 = 1;

public struct VecSet<K: copy + drop> has copy, drop, store { contents: vector<K> }

public fun empty<K: copy + drop>(): VecSet<K> { VecSet { contents: vector[] } }

public fun singleton<K: copy + drop>(key: K): VecSet<K> { VecSet { contents: vector[key] } }

public fun insert<K: copy + drop>(self: &mut VecSet<K>, key: K) {
    assert!(!self.contains(&key), EKeyAlreadyExists);
    self.contents.push_back(key)
}

public fun remove<K: copy + drop>(self: &mut VecSet<K>, key: &K) {
    let i = self.get_idx(key);
    self.contents.remove(i);
}

public fun contains<K: copy + drop>(self: &VecSet<K>, key: &K): bool {
    self.get_idx_opt(key).is_some()
}

public fun size<K: copy + drop>(self: &VecSet<K>): u64 { self.contents.length() }

public fun is_empty<K: copy + drop>(self: &VecSet<K>): bool { self.contents.is_empty() }

public fun into_keys<K: copy + drop>(self: VecSet<K>): vector<K> {
    let VecSet { contents } = self;
    contents
}

/// Aborts where a key comes twice.
public fun from_keys<K: copy + drop>(keys: vector<K>): VecSet<K> {
    let mut set = empty();
    keys.do!(|key| set.insert(key));
    set
}

public fun keys<K: copy + drop>(self: &VecSet<K>): &vector<K> { &self.contents }

fun get_idx_opt<K: copy + drop>(self: &VecSet<K>, key: &K): Option<u64> {
    let (found, i) = self.contents.index_of(key);
    if (found) option::some(i) else option::none()
}

fun get_idx<K: copy + drop>(self: &VecSet<K>, key: &K): u64 {
    let i = self.get_idx_opt(key);
    assert!(i.is_some(), EKeyDoesNotExist);
    i.destroy_some()
}
