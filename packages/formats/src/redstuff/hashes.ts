/**
 * BLAKE2b-256 and Merkle trees over what lies in an engine's memory.
 * @module
 */
import type { Areas } from './areas.ts'
import { HASH_BYTES, hashRoom } from './blake2b-code.ts'
import type { Engine, Places } from './engine.ts'

/** Prefixes of what is hashed into a tree. */
export const LEAF = 0
const INNER = 1

/** Bytes of so many hashes, with room for an even number of them. */
export function evenHashes(count: number): number {
  return (count + (count % 2)) * HASH_BYTES
}

export class Hashes {
  readonly #engine: Engine
  readonly #areas: Areas

  constructor(engine: Engine, areas: Areas) {
    this.#engine = engine
    this.#areas = areas
  }

  /** Of a prefix and each message. @param to with room for `evenHashes(count)` bytes */
  hash(to: number, from: Places, count: number, length: number, prefix: number): void {
    const room = this.#areas.get('hash room', hashRoom(length))
    this.#engine.hash(to, from, count, length, prefix, room)
  }

  /** Of one message, at least a byte long. */
  of(message: Uint8Array): Uint8Array<ArrayBuffer> {
    const source = this.#areas.get('message', message.length)
    const to = this.#areas.get('tree', evenHashes(1))
    this.#engine.view(source, message.length).set(message)
    const rest = { at: source + 1, distance: 0 }
    this.hash(to, rest, 1, message.length - 1, message[0] as number)
    return this.#engine.view(to, HASH_BYTES).slice()
  }

  /** The Merkle root over messages of one length, which lie one after another. */
  rootOfAll(messages: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
    const count = messages.length / length
    const source = this.#areas.get('message', messages.length)
    const leaves = this.#areas.get('message leaves', evenHashes(count))
    this.#engine.view(source, messages.length).set(messages)
    this.hash(leaves, { at: source, distance: length }, count, length, LEAF)
    return this.root({ at: leaves, distance: HASH_BYTES }, count)
  }

  /** The Merkle root over hashes of leaves. */
  root(leaves: Places, count: number): Uint8Array<ArrayBuffer> {
    const tree = this.#areas.get('tree', evenHashes(count) + HASH_BYTES)
    this.#engine.gather({ at: tree, distance: HASH_BYTES }, leaves, count, HASH_BYTES)
    let level = count
    while (level > 1) {
      if (level % 2 === 1) this.#engine.view(tree + level * HASH_BYTES, HASH_BYTES).fill(0)
      level = Math.ceil(level / 2)
      // Each pair is read before the level above is written over it.
      this.hash(tree, { at: tree, distance: 2 * HASH_BYTES }, level, 2 * HASH_BYTES, INNER)
    }
    return this.#engine.view(tree, HASH_BYTES).slice()
  }
}
