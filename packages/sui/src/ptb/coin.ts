/**
 * The layout of `0x2::coin::Coin<T>`: an id and a balance.
 * @module
 */
import type { Value } from '@squid/move/vm'

/** Largest balance. */
export const MAX_BALANCE = 0xffff_ffff_ffff_ffffn

/** Bytes of a coin: id and balance. */
const COIN_BYTES = 40

/** A coin's value for the VM. */
export function coinValue(id: string, balance: bigint): Value {
  return [[[id]], [balance]]
}

/** The balance in a coin's value. */
export function coinBalance(coin: Value): bigint {
  return ((coin as Value[])[1] as Value[])[0] as bigint
}

/** Changes the balance in a coin's value. */
export function setCoinBalance(coin: Value, balance: bigint): void {
  const held = (coin as Value[])[1] as Value[]
  held[0] = balance
}

/** The balance in a coin's BCS. */
export function balanceOfContents(contents: Uint8Array): bigint {
  return new DataView(contents.buffer, contents.byteOffset, contents.byteLength).getBigUint64(
    COIN_BYTES - 8,
    true,
  )
}

/** A coin's BCS with another balance. */
export function withBalance(contents: Uint8Array, balance: bigint): Uint8Array {
  const changed = contents.slice()
  new DataView(changed.buffer).setBigUint64(COIN_BYTES - 8, balance, true)
  return changed
}
