/**
 * Limits and prices of Sui's protocol configuration, as of the versions named in the README. Pure data.
 * @module
 */

/** What a transaction may be and do. */
export const LIMITS = {
  transactionBytes: 131_072,
  /** Objects and packages that a transaction may name, gas included. */
  inputObjects: 2048,
  commands: 1024,
  arguments: 512,
  typeArguments: 16,
  typeDepth: 16,
  typeNodes: 256,
  pureBytes: 16_384,
  identifierBytes: 128,
  gasCoins: 256,
  objectBytes: 256_000,
  writtenBytes: 5_000_000,
  effectsBytes: 524_288,
  events: 1024,
  eventBytes: 256_000,
  totalEventBytes: 65_536_000,
  newIds: 2048,
  deletedIds: 2048,
  transferredIds: 2048,
  /** Dynamic fields loaded in one transaction. */
  loadedChildren: 1000,
} as const

/** Prices; gas units unless said otherwise. */
export const GAS = {
  /** MIST for a unit of computation that everybody must at least pay. */
  referencePrice: 1000n,
  maxPrice: 100_000n,
  /** MIST. */
  maxBudget: 50_000_000_000n,
  /** The least a budget must pay for. */
  baseCost: 1000n,
  /** Computation is rounded up to multiples of this. */
  roundingStep: 1000n,
  /** No transaction computes more. */
  maxComputation: 5_000_000n,
  /** Storage units for a byte, and MIST for a storage unit. */
  storageUnitsPerByte: 100n,
  storagePrice: 76n,
  /** Of 10,000: how much of the storage cost comes back when an object is deleted. */
  rebateRate: 9900n,
  /** Internal units in a gas unit. */
  internalPerUnit: 1000,
  /** Internal units for reading a byte of an input object. */
  readPerByte: 15,
} as const

/** The protocol version that this ledger claims to run. */
export const PROTOCOL_VERSION = 79n
