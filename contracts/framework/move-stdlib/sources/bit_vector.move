/// A vector of bits of fixed length.
module std::bit_vector;

public struct BitVector has copy, drop, store { length: u64, bit_field: vector<bool> }

/// The index is past the end.
const EINDEX: u64 = 0x20000;
/// The length is 0 or at least `MAX_SIZE`.
const ELENGTH: u64 = 0x20001;

#[allow(unused_const)]
const WORD_SIZE: u64 = 1;
/// Lengths stay below this.
const MAX_SIZE: u64 = 1024;

/// `length` zeros.
public fun new(length: u64): BitVector {
    assert!(length > 0, ELENGTH);
    assert!(length < MAX_SIZE, ELENGTH);
    BitVector { length, bit_field: vector::tabulate!(length, |_| false) }
}

public fun set(bitvector: &mut BitVector, bit_index: u64) {
    assert!(bit_index < bitvector.length, EINDEX);
    *&mut bitvector.bit_field[bit_index] = true
}

public fun unset(bitvector: &mut BitVector, bit_index: u64) {
    assert!(bit_index < bitvector.length, EINDEX);
    *&mut bitvector.bit_field[bit_index] = false
}

/// Drops the first `amount` bits and fills up with zeros behind.
public fun shift_left(bitvector: &mut BitVector, amount: u64) {
    let length = bitvector.length;
    let old = bitvector.bit_field;
    bitvector.bit_field =
        vector::tabulate!(
            length,
            |i| if (i < length && amount < length - i) old[i + amount] else false,
        )
}

public fun is_index_set(bitvector: &BitVector, bit_index: u64): bool {
    assert!(bit_index < bitvector.length, EINDEX);
    bitvector.bit_field[bit_index]
}

public fun length(bitvector: &BitVector): u64 { bitvector.bit_field.length() }

/// How many ones follow each other from `start_index` on.
public fun longest_set_sequence_starting_at(bitvector: &BitVector, start_index: u64): u64 {
    assert!(start_index < bitvector.length, EINDEX);
    let mut at = start_index;
    while (at < bitvector.length && bitvector.bit_field[at]) at = at + 1;
    at - start_index
}
