/**
 * Addresses and object ids: 32 bytes, written `0x` and 64 lower-case hex digits.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/** Bytes of an address. */
export const ADDRESS_BYTES = 32

const SHORT_ADDRESS = /^0x[0-9a-fA-F]{1,64}$/

/** Canonical text of 32 bytes. */
export function formatAddress(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/** The 32 bytes of a canonical address. */
export function addressBytes(address: string): Uint8Array {
  return Buffer.from(address.slice(2), 'hex')
}

/**
 * Canonical text of an address in any length, for instance `0x2`.
 * @throws {SquidError} `ADDRESS`
 */
export function parseAddress(text: string): string {
  if (!SHORT_ADDRESS.test(text)) {
    throw new SquidError('ADDRESS', `"${text}" is not an address: 0x and up to 64 hex digits`)
  }
  return `0x${text.slice(2).toLowerCase().padStart(64, '0')}`
}

/** Names of the addresses that the protocol fixes. */
type SystemAddress = 'zero' | 'moveStdlib' | 'framework' | 'clock' | 'random'

/** Addresses that the protocol fixes. */
export const SYSTEM_ADDRESS: Readonly<Record<SystemAddress, string>> = {
  zero: parseAddress('0x0'),
  moveStdlib: parseAddress('0x1'),
  framework: parseAddress('0x2'),
  clock: parseAddress('0x6'),
  random: parseAddress('0x8'),
}
