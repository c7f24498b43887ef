/**
 * What the two Merkle radix trees (manifest and locator) share: keys are split 16-way, a hexadecimal digit a level,
 * the high half of a byte first. The children of an inner node are a bitmap and the children that it names, in order.
 * @module
 */
import { DecodeError } from '../errors/index.ts'

/** Children that an inner node can have. */
export const FANOUT = 16

/** The digit of a key that decides at this depth. */
export function digitAt(key: Uint8Array, depth: number): number {
  const byte = key[depth >> 1] ?? 0
  return depth % 2 === 0 ? byte >> 4 : byte & 15
}

/** @returns whether the first `depth` digits are the same */
export function sharePrefix(left: Uint8Array, right: Uint8Array, depth: number): boolean {
  for (let i = 0; i < depth; i++) {
    if (digitAt(left, i) !== digitAt(right, i)) return false
  }
  return true
}

/** The key whose first `depth` digits are those of `prefix` and whose next digit is `digit`; the rest is unchanged. */
export function withDigit(prefix: Uint8Array, depth: number, digit: number): Uint8Array {
  const key = prefix.slice()
  const byte = key[depth >> 1] ?? 0
  key[depth >> 1] = depth % 2 === 0 ? (digit << 4) | (byte & 15) : (byte & 0xf0) | digit
  return key
}

/** A slot for every digit. */
export type Slots<Child> = readonly (Child | undefined)[]

/** The bitmap of the children that are there. */
export function bitmapOf(slots: Slots<unknown>): number {
  return slots.reduce<number>((bits, child, digit) => (child === undefined ? bits : bits | (1 << digit)), 0)
}

/**
 * The slots that a bitmap names, each filled by `read`, in order.
 * @throws {DecodeError} when there is none
 */
export function readSlots<Child>(bitmap: number, offset: number, read: () => Child): Slots<Child> {
  if (bitmap === 0) throw new DecodeError('inner node without children', offset)
  return Array.from({ length: FANOUT }, (_, digit) => ((bitmap >> digit) & 1 ? read() : undefined))
}

/** The children that are there, with their digits. */
export function present<Child>(slots: Slots<Child>): { readonly digit: number; readonly child: Child }[] {
  return slots.flatMap((child, digit) => (child === undefined ? [] : [{ digit, child }]))
}
