/**
 * What storage costs and what comes back.
 * @module
 */
import { GAS } from '../protocol.ts'

/** MIST for keeping so many bytes. */
export function storageCost(bytes: number): bigint {
  return BigInt(bytes) * GAS.storageUnitsPerByte * GAS.storagePrice
}

/** Of the rebates of used-up objects: the part that the payer gets, and the part that stays. */
export function splitRebate(total: bigint): { readonly rebate: bigint; readonly nonRefundable: bigint } {
  const basis = 10_000n
  const rebate = (total * GAS.rebateRate + basis / 2n) / basis
  return { rebate, nonRefundable: total - rebate }
}
