/// A vector of any size, each element in a dynamic field.
module sui::table_vec;

use sui::table::{Self, Table};

public struct TableVec<phantom Element: store> has store { contents: Table<u64, Element> }

/// The index is past the end.
const EIndexOutOfBound: u64 = 0;
/// Something is left in it.
const ETableNonEmpty: u64 = 1;

public fun empty<Element: store>(ctx: &mut TxContext): TableVec<Element> {
    TableVec { contents: table::new(ctx) }
}

public fun singleton<Element: store>(e: Element, ctx: &mut TxContext): TableVec<Element> {
    let mut t = empty(ctx);
    t.push_back(e);
    t
}

public fun length<Element: store>(t: &TableVec<Element>): u64 { t.contents.length() }

public fun is_empty<Element: store>(t: &TableVec<Element>): bool { t.length() == 0 }

#[syntax(index)]
public fun borrow<Element: store>(t: &TableVec<Element>, i: u64): &Element {
    assert!(i < t.length(), EIndexOutOfBound);
    &t.contents[i]
}

public fun push_back<Element: store>(t: &mut TableVec<Element>, e: Element) {
    let end = t.length();
    t.contents.add(end, e)
}

#[syntax(index)]
public fun borrow_mut<Element: store>(t: &mut TableVec<Element>, i: u64): &mut Element {
    assert!(i < t.length(), EIndexOutOfBound);
    &mut t.contents[i]
}

public fun pop_back<Element: store>(t: &mut TableVec<Element>): Element {
    let count = t.length();
    assert!(count > 0, EIndexOutOfBound);
    t.contents.remove(count - 1)
}

public fun destroy_empty<Element: store>(t: TableVec<Element>) {
    assert!(t.length() == 0, ETableNonEmpty);
    let TableVec { contents } = t;
    contents.destroy_empty()
}

/// Forgets the vector and whatever is in it.
public fun drop<Element: drop + store>(t: TableVec<Element>) {
    let TableVec { contents } = t;
    contents.drop()
}

public fun swap<Element: store>(t: &mut TableVec<Element>, i: u64, j: u64) {
    let count = t.length();
    assert!(i < count && j < count, EIndexOutOfBound);
    if (i == j) return;
    let (a, b) = (t.contents.remove(i), t.contents.remove(j));
    t.contents.add(j, a);
    t.contents.add(i, b)
}

/// Takes element `i` out; the last one takes its place.
public fun swap_remove<Element: store>(t: &mut TableVec<Element>, i: u64): Element {
    assert!(i < t.length(), EIndexOutOfBound);
    let last = t.length() - 1;
    t.swap(i, last);
    t.pop_back()
}
