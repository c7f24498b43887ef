/**
 * The natives of `0x2`. A native that is missing here makes the call fail with its name.
 * @module
 */
import { addressNatives } from './address.ts'
import { bls12381Natives } from './bls12381.ts'
import { dynamicFieldNatives } from './dynamic-field.ts'
import { ed25519Natives } from './ed25519.ts'
import { eventNatives } from './event.ts'
import { groupOpsNatives } from './group-ops.ts'
import { hashNatives } from './hash.ts'
import { objectNatives } from './object.ts'
import { transferNatives } from './transfer.ts'
import { txContextNatives } from './tx-context.ts'
import { typesNatives } from './types.ts'
import type { SuiNatives } from './values.ts'

/** Every native of the framework that this ledger has. */
export const suiNatives: SuiNatives = {
  ...addressNatives,
  ...bls12381Natives,
  ...dynamicFieldNatives,
  ...ed25519Natives,
  ...eventNatives,
  ...groupOpsNatives,
  ...hashNatives,
  ...objectNatives,
  ...transferNatives,
  ...txContextNatives,
  ...typesNatives,
}
