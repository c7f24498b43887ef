/**
 * Symbols have an even size; arithmetic works on whole blocks of 64 bytes, 32 low bytes of elements and then their 32
 * high bytes. A last, shorter block has its halves where they would be in a whole one.
 * @module
 */
import { BLOCK_BYTES } from './butterfly-code.ts'

/** How symbols of one size lie: plain, and in whole blocks. */
export class SymbolLayout {
  readonly plainBytes: number
  readonly blockedBytes: number
  /** All but the high bytes of a shorter block, which are the tail. */
  readonly headBytes: number
  readonly tailBytes: number
  /** Where the tail is among whole blocks. */
  readonly blockedTail: number
  /** Both forms are the same. */
  readonly isBlocked: boolean

  /** @param plainBytes even */
  constructor(plainBytes: number) {
    this.plainBytes = plainBytes
    this.blockedBytes = Math.ceil(plainBytes / BLOCK_BYTES) * BLOCK_BYTES
    this.tailBytes = (plainBytes % BLOCK_BYTES) / 2
    this.headBytes = plainBytes - this.tailBytes
    this.blockedTail = this.blockedBytes - BLOCK_BYTES / 2
    this.isBlocked = this.tailBytes === 0
  }
}
