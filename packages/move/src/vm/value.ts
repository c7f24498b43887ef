/**
 * Move values as JavaScript values.
 *
 * | Move | JavaScript |
 * | --- | --- |
 * | `bool` | `boolean` |
 * | `u8` `u16` `u32` | `number` |
 * | `u64` `u128` `u256` | `bigint` |
 * | `address` `signer` | `0x` and 64 lower-case hex digits |
 * | `vector` | array (`vector<u8>` too: of numbers) |
 * | struct | array of its fields in order |
 * | enum | array of the variant's tag (a number) and its fields |
 * | reference | {@link Ref} |
 *
 * Values have one owner: whoever hands an array to the VM does not use it again.
 * @module
 */

/** Any Move value. */
export type Value = boolean | number | bigint | string | Value[] | Ref

/** A reference: read `container[index]`, write `container[index] = value`. */
export class Ref {
  readonly container: Value[]
  readonly index: number

  constructor(container: Value[], index: number) {
    this.container = container
    this.index = index
  }

  /** A reference to a value that stands alone; read it back with `ref.value`. */
  static to(value: Value): Ref {
    return new Ref([value], 0)
  }

  /** What is referred to. */
  get value(): Value {
    return this.container[this.index] as Value
  }

  set value(value: Value) {
    this.container[this.index] = value
  }
}
