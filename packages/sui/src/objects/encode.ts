/**
 * BCS of whole objects, their digests, and the size that gas is charged for. The same bytes as `bcs.Object` of the
 * official SDK (checked by the tests), written directly because every written object goes through here.
 * @module
 */
import { BcsWriter } from '@squid/formats/bcs'
import { addressBytes } from './address.ts'
import { digestBytes, formatDigest, parseDigest } from './digest.ts'
import type { LedgerObject, Owner } from './object.ts'

/** Bytes of `Owner`, digest and rebate in the validator's memory, which gas counts with every object. */
const METADATA_BYTES = 40 + 32 + 8

/** Version (8) and `hasPublicTransfer` (1), which gas counts with every Move object. */
const MOVE_OBJECT_BYTES = 9

/** Everything of an object but its digest; `objectType` is the BCS of its `MoveObjectType`, empty for packages. */
export interface UnsealedObject extends Omit<LedgerObject, 'digest'> {
  readonly objectType: Uint8Array
}

function writeOwner(writer: BcsWriter, owner: Owner): void {
  switch (owner.kind) {
    case 'address':
      writer.u8(0).fixed(addressBytes(owner.address))
      return
    case 'object':
      writer.u8(1).fixed(addressBytes(owner.parent))
      return
    case 'shared':
      writer.u8(2).u64(owner.initialSharedVersion)
      return
    case 'immutable':
      writer.u8(3)
  }
}

/** BCS of Sui's `Object`. */
export function encodeObject(object: UnsealedObject): Uint8Array {
  const writer = new BcsWriter()
  if (object.data.kind === 'move') {
    writer.u8(0).fixed(object.objectType).bool(object.data.hasPublicTransfer).u64(object.version)
    writer.bytes(object.data.contents)
  } else {
    writer.u8(1).fixed(object.data.contents)
  }
  writeOwner(writer, object.owner)
  writer.bytes(parseDigest(object.previousTransaction)).u64(object.storageRebate)
  return writer.finish()
}

/** The object with its digest. */
export function sealObject(object: UnsealedObject): LedgerObject {
  const digest = formatDigest(digestBytes('Object', encodeObject(object)))
  const { id, version, owner, previousTransaction, storageRebate, data } = object
  return { id, version, digest, owner, previousTransaction, storageRebate, data }
}

/** Bytes that storage gas is charged for. */
export function chargedBytes(contents: Uint8Array, objectType: Uint8Array): number {
  return METADATA_BYTES + MOVE_OBJECT_BYTES + objectType.length + contents.length
}
