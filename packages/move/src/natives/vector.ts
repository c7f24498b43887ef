/**
 * `std::vector`, for calls that do not come from compiled code.
 * @module
 */
import { NativeFailure, type NativeFunction, Ref, type Value, VECTOR_SUB_STATUS } from '../vm/index.ts'

function vectorOf(reference: Value | undefined): Value[] {
  return (reference as Ref).value as Value[]
}

function position(items: readonly Value[], index: Value | undefined): number {
  const at = Number(index)
  if (at >= items.length)
    throw new NativeFailure('vector', 'vector index out of range', VECTOR_SUB_STATUS.index)
  return at
}

/** `empty<T>(): vector<T>`. */
export function empty(): NativeFunction {
  return () => []
}

/** `length<T>(&vector<T>): u64`. */
export function length(): NativeFunction {
  return vector => BigInt(vectorOf(vector).length)
}

/** `borrow<T>(&vector<T>, u64): &T`, and the same with `&mut`. */
export function borrow(): NativeFunction {
  return (vector, index) => {
    const items = vectorOf(vector)
    return new Ref(items, position(items, index))
  }
}

/** `push_back<T>(&mut vector<T>, T)`. */
export function pushBack(): NativeFunction {
  return (vector, item) => {
    vectorOf(vector).push(item)
    return undefined
  }
}

/** `pop_back<T>(&mut vector<T>): T`. */
export function popBack(): NativeFunction {
  return vector => {
    const item = vectorOf(vector).pop()
    if (item === undefined)
      throw new NativeFailure('vector', 'pop from an empty vector', VECTOR_SUB_STATUS.popEmpty)
    return item
  }
}

/** `destroy_empty<T>(vector<T>)`. */
export function destroyEmpty(): NativeFunction {
  return vector => {
    if ((vector as Value[]).length > 0)
      throw new NativeFailure('vector', 'the vector is not empty', VECTOR_SUB_STATUS.unpackLength)
    return undefined
  }
}

/** `swap<T>(&mut vector<T>, u64, u64)`. */
export function swap(): NativeFunction {
  return (vector, left, right) => {
    const items = vectorOf(vector)
    const [i, j] = [position(items, left), position(items, right)]
    const item = items[i] as Value
    items[i] = items[j] as Value
    items[j] = item
    return undefined
  }
}
