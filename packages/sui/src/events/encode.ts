/**
 * BCS of a transaction's events. The SDK has no type for it; Sui's is
 * `TransactionEvents { data: vector<Event { package_id, transaction_module, sender, type_, contents }> }`.
 * @module
 */
import { BcsWriter } from '@squid/formats/bcs'
import { addressBytes } from '../objects/address.ts'
import { encodeStructTag } from '../objects/type-tag.ts'
import type { AttributedEvent } from './event-log.ts'

/** BCS of `TransactionEvents`. */
export function encodeEvents(events: readonly AttributedEvent[], sender: string): Uint8Array {
  const writer = new BcsWriter()
  writer.vector(events, ({ packageId, module, type, contents }) => {
    writer.fixed(addressBytes(packageId)).string(module).fixed(addressBytes(sender))
    writer.fixed(encodeStructTag(type)).bytes(contents)
  })
  return writer.finish()
}
