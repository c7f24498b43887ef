/**
 * Objects, from the ledger's form to the RPC's. Only what the mask wants is worked out.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { GrpcTypes } from '@mysten/sui/grpc'
import type { Ledger, LedgerObject } from '@squid/sui/ledger'
import type { FieldMask } from '../web/field-mask.ts'
import type { Draft } from '../web/method.ts'
import { typeOf } from './effects.ts'
import { renderJson } from './json.ts'
import { writeDatatype, writeFunction } from './move-package.ts'
import { writeOwner } from './owner.ts'

const TWO = `0x${'2'.padStart(64, '0')}`
const COIN = `${TWO}::coin::Coin<`
const ID_BYTES = 32

/** The wanted fields of an object. */
export function writeObject(ledger: Ledger, object: LedgerObject, mask: FieldMask): Draft<GrpcTypes.Object> {
  const { data } = object
  const move = data.kind === 'move' ? data : undefined
  return mask.trim<GrpcTypes.Object>(GrpcTypes.Object, {
    objectId: object.id,
    version: object.version,
    digest: object.digest,
    owner: writeOwner(object.owner),
    objectType: typeOf(object),
    hasPublicTransfer: move?.hasPublicTransfer,
    contents: move && { name: move.type, value: move.contents },
    previousTransaction: object.previousTransaction,
    storageRebate: object.storageRebate,
    balance: mask.has('balance') ? coinBalance(object) : undefined,
    bcs: mask.has('bcs') ? { name: 'Object', value: ledger.objectBytes(object) } : undefined,
    json: mask.has('json') && move ? renderJson(ledger, move.type, move.contents) : undefined,
    package: mask.has('package') && move === undefined ? writePackage(ledger, object) : undefined,
  })
}

/** MIST (or other base units) in a coin; undefined for anything but a `Coin`. */
export function coinBalance(object: LedgerObject): bigint | undefined {
  if (object.data.kind !== 'move' || !object.data.type.startsWith(COIN)) return undefined
  const { buffer, byteOffset } = object.data.contents
  return new DataView(buffer, byteOffset).getBigUint64(ID_BYTES, true)
}

/** A package with everything that its modules declare. */
export function writePackage(ledger: Ledger, object: LedgerObject): Draft<GrpcTypes.Package> {
  const content = bcs.MovePackage.parse(object.data.contents)
  return {
    storageId: object.id,
    originalId: object.id,
    version: object.version,
    modules: [...content.moduleMap].map(([name, bytecode]) => writeModule(ledger, object.id, name, bytecode)),
    typeOrigins: content.typeOriginTable.map(origin => ({
      moduleName: origin.moduleName,
      datatypeName: origin.datatypeName,
      packageId: origin.package,
    })),
    linkage: [...content.linkageTable].map(([originalId, { upgradedId, upgradedVersion }]) => ({
      originalId,
      upgradedId,
      upgradedVersion: BigInt(upgradedVersion),
    })),
  }
}

function writeModule(
  ledger: Ledger,
  packageId: string,
  name: string,
  bytecode: Uint8Array | number[],
): Draft<GrpcTypes.Module> {
  const module = ledger.module(packageId, name)
  const named = (handle: { name: number } | undefined): string =>
    module?.identifiers[handle?.name ?? -1] ?? ''
  const datatypes = [...(module?.structs ?? []), ...(module?.enums ?? [])].map(({ handle }) =>
    named(module?.datatypeHandles[handle]),
  )
  const functions = (module?.functions ?? []).map(({ handle }) => named(module?.functionHandles[handle]))
  return {
    name,
    contents: Uint8Array.from(bytecode),
    datatypes: datatypes.flatMap(datatype => {
      const descriptor = ledger.datatypeDescriptor(packageId, name, datatype)
      return descriptor === undefined ? [] : [writeDatatype(descriptor)]
    }),
    functions: functions.flatMap(fn => {
      const descriptor = ledger.functionDescriptor(packageId, name, fn)
      return descriptor === undefined ? [] : [writeFunction(descriptor)]
    }),
  }
}
