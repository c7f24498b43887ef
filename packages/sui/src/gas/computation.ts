/**
 * What computation costs. Sui meters internal units: one for each instruction times a multiplier that grows with
 * the number of instructions, and more for what is pushed. The VM counts instructions, so the second part is an
 * average here. 1,000 internal units are a gas unit, and gas units are rounded up to multiples of 1,000: nearly
 * every transaction lands on the same multiple as on a public network.
 * @module
 */
import { GAS } from '../protocol.ts'

/** Up to so many instructions the multiplier is so much; the last one has no end. */
const TIERS: readonly { readonly upTo: number; readonly multiplier: number }[] = [
  { upTo: 20_000, multiplier: 1 },
  { upTo: 50_000, multiplier: 2 },
  { upTo: 100_000, multiplier: 10 },
  { upTo: 200_000, multiplier: 50 },
  { upTo: Number.POSITIVE_INFINITY, multiplier: 100 },
]

/** Internal units for what an instruction pushes, on average. */
const PUSHED = 5

/** Internal units that so many instructions cost. */
export function instructionCost(instructions: number): number {
  let cost = 0
  let from = 0
  for (const { upTo, multiplier } of TIERS) {
    const here = Math.min(instructions, upTo) - from
    if (here <= 0) break
    cost += here * (multiplier + PUSHED)
    from = upTo
  }
  return cost
}

/** The most instructions that cost no more than so many internal units. */
export function affordableInstructions(internalUnits: number): number {
  let left = internalUnits
  let from = 0
  for (const { upTo, multiplier } of TIERS) {
    const price = multiplier + PUSHED
    if (left < (upTo - from) * price) return from + Math.floor(left / price)
    left -= (upTo - from) * price
    from = upTo
  }
  return from
}

/** Internal units that a budget pays for. */
export function internalBudget(budget: bigint, price: bigint): number {
  const units = budget / price
  const capped = units < GAS.maxComputation ? units : GAS.maxComputation
  return Number(capped) * GAS.internalPerUnit
}

/** MIST for so many internal units. */
export function computationCost(internalUnits: number, price: bigint): bigint {
  const units = BigInt(Math.floor(internalUnits / GAS.internalPerUnit))
  const step = GAS.roundingStep
  const rounded = units > 0n && units % step === 0n ? units : (units / step + 1n) * step
  return rounded * price
}
