/**
 * Ledger objects: what an id refers to at one version.
 * @module
 */

/** Who may use an object. */
export type Owner =
  /** Only transactions of this address (or objects received by the object with this id). */
  | { readonly kind: 'address'; readonly address: string }
  /** A dynamic field or a child: reached only through its parent. */
  | { readonly kind: 'object'; readonly parent: string }
  /** Anybody; `initialSharedVersion` is the version at which it became shared. */
  | { readonly kind: 'shared'; readonly initialSharedVersion: bigint }
  /** Anybody, to read, for ever. */
  | { readonly kind: 'immutable' }

/** A value of a Move type with the ability `key`. */
export interface MoveData {
  readonly kind: 'move'
  /** Canonical type, `0x<64 hex>::module::Name<argument,argument>`. */
  readonly type: string
  /** The type has `store`: anybody who owns the object may transfer it. */
  readonly hasPublicTransfer: boolean
  /** BCS of the value. */
  readonly contents: Uint8Array
}

/** Published code. */
export interface PackageData {
  readonly kind: 'package'
  /** BCS of Sui's `MovePackage` (SDK: `bcs.MovePackage`). */
  readonly contents: Uint8Array
}

/** One version of an object. Byte arrays are shared: do not write into them. */
export interface LedgerObject {
  /** `0x` and 64 lower-case hex digits. */
  readonly id: string
  readonly version: bigint
  /** Base58 of BLAKE2b-256 over `Object::` and the BCS of the object. */
  readonly digest: string
  readonly owner: Owner
  /** Base58 digest of the transaction that wrote this version. */
  readonly previousTransaction: string
  /** MIST returned (99 %) when the object is deleted. */
  readonly storageRebate: bigint
  readonly data: MoveData | PackageData
}
