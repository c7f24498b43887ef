/**
 * The official shape of transaction effects.
 * @module
 */
import type { bcs } from '@mysten/sui/bcs'

/** Effects, version 2, as `bcs.TransactionEffects` of the official SDK parses them. */
export type TransactionEffectsV2 = NonNullable<(typeof bcs.TransactionEffects.$inferType)['V2']>
