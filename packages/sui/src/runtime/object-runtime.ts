/**
 * What a running transaction does to objects: ids made and deleted, transfers, dynamic fields loaded, added and
 * removed. Nothing here touches the store: dropping the runtime is the rollback.
 *
 * A value lives in exactly one place: on the Move side, in the cell of a child, or under `transfers`.
 * @module
 */
import { equalBytes } from '@squid/formats/bytes'
import { NativeFailure } from '@squid/move/vm'
import type { DatatypeType, Type, Value } from '@squid/move/vm'
import type { LedgerObject } from '../objects/object.ts'
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import { LIMITS } from '../protocol.ts'

/** An owner that a value is on the way to. */
export type NewOwner =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'object'; readonly parent: string }
  | { readonly kind: 'shared' }
  | { readonly kind: 'immutable' }

/** A value that will be an object. */
export interface ObjectWrite {
  readonly owner: NewOwner
  readonly type: DatatypeType
  readonly value: Value
}

/** What the runtime needs from outside. */
export interface ObjectRuntimeDeps {
  /** The live object. */
  readonly read: (id: string) => LedgerObject | undefined
  /** The type of a stored object, by its canonical text. */
  readonly type: (text: string) => DatatypeType
  readonly decode: (type: Type, bytes: Uint8Array) => Value
  readonly encode: (type: Type, value: Value) => Uint8Array
}

/** A dynamic field that was looked at. Its value is `cell[0]`; an empty cell: it is not there. */
interface Child {
  /** As it was in the store under `parent`. */
  readonly loaded: LedgerObject | undefined
  parent: string
  type: DatatypeType
  cell: Value[]
  /** It may differ from what was loaded. */
  touched: boolean
}

/** Result of a lookup: the cell, or why not. */
export type ChildLookup = { readonly cell: Value[] } | 'missing' | 'otherType'

/** How a value relates to the object that it was before. */
export type TransferResult = 'new' | 'sameOwner' | 'ownerChanged'

/** The sum of a run. */
export interface ObjectResults {
  /** By id. */
  readonly writes: ReadonlyMap<string, ObjectWrite>
  readonly created: ReadonlySet<string>
  readonly deleted: ReadonlySet<string>
  /** Dynamic fields and received objects whose stored version is used up. */
  readonly consumed: ReadonlyMap<string, LedgerObject>
  /** Dynamic fields that were only read. */
  readonly unchangedChildren: readonly LedgerObject[]
}

/** Objects whose ids are fixed and that genesis makes. */
const FIXED_IDS: ReadonlySet<string> = new Set([SYSTEM_ADDRESS.clock, SYSTEM_ADDRESS.random])

/** The id of an object's value: its first field is the `UID`. */
export function objectId(value: Value): string {
  const uid = (value as Value[])[0] as Value[]
  return (uid[0] as Value[])[0] as string
}

/** A cycle of objects that own each other. */
export class CircularOwnership extends Error {
  override name = 'CircularOwnership'
  readonly object: string

  constructor(object: string) {
    super(`object ${object} would own itself`)
    this.object = object
  }
}

function limited(size: number, limit: number, what: string): void {
  if (size > limit) throw new NativeFailure('native', `more than ${limit} ${what} in one transaction`)
}

/** Objects of one transaction while it runs. */
export class ObjectRuntime {
  readonly #deps: ObjectRuntimeDeps
  /** Objects named as inputs, with their owners before the transaction. */
  readonly #inputs: ReadonlyMap<string, LedgerObject>
  readonly #receivable: Map<string, LedgerObject>
  readonly #created = new Set<string>()
  readonly #deleted = new Set<string>()
  readonly #transfers = new Map<string, ObjectWrite>()
  readonly #children = new Map<string, Child>()
  readonly #received = new Map<string, LedgerObject>()

  constructor(
    deps: ObjectRuntimeDeps,
    inputs: ReadonlyMap<string, LedgerObject>,
    receivable: ReadonlyMap<string, LedgerObject>,
  ) {
    this.#deps = deps
    this.#inputs = inputs
    this.#receivable = new Map(receivable)
  }

  /** Records an id for an object to be. */
  newId(id: string): void {
    // A dynamic field that was removed and is added again has the same id: it is changed, not new.
    if (this.#deleted.delete(id)) return
    this.#created.add(id)
    limited(this.#created.size, LIMITS.newIds, 'new object ids')
  }

  /** Records that the object with this id is gone. */
  deleteId(id: string): void {
    if (this.#created.delete(id)) return
    this.#deleted.add(id)
    limited(this.#deleted.size, LIMITS.deletedIds, 'deleted object ids')
  }

  /** Gives a value to an owner; it cannot be used any more in this transaction. */
  transfer(owner: NewOwner, type: DatatypeType, value: Value): TransferResult {
    const id = objectId(value)
    const result = this.#transferResult(owner, id)
    this.#transfers.set(id, { owner, type, value })
    limited(this.#transfers.size, LIMITS.transferredIds, 'transferred objects')
    return result
  }

  #transferResult(owner: NewOwner, id: string): TransferResult {
    if (this.#created.has(id)) return 'new'
    const before = this.#inputs.get(id)?.owner
    if (before === undefined) {
      if (!FIXED_IDS.has(id) || this.#deps.read(id) !== undefined) return 'ownerChanged'
      this.#created.add(id)
      return 'new'
    }
    const same =
      before.kind === owner.kind &&
      (owner.kind !== 'address' || (before.kind === 'address' && before.address === owner.address))
    return same ? 'sameOwner' : 'ownerChanged'
  }

  /** The child `id` of `parent`, for reading. */
  child(parent: string, id: string, type: DatatypeType): ChildLookup {
    const child = this.#find(parent, id)
    if (child === undefined) return 'missing'
    return child.type.key === type.key ? { cell: child.cell } : 'otherType'
  }

  /** The child `id` of `parent`, for writing. */
  childMut(parent: string, id: string, type: DatatypeType): ChildLookup {
    const found = this.child(parent, id, type)
    if (typeof found === 'object') (this.#children.get(id) as Child).touched = true
    return found
  }

  /** True when `parent` has the child, of `type` when one is given. */
  hasChild(parent: string, id: string, type?: DatatypeType): boolean {
    const child = this.#find(parent, id)
    return child !== undefined && (type === undefined || child.type.key === type.key)
  }

  /** Takes the child out; its cell is the caller's. */
  removeChild(parent: string, id: string, type: DatatypeType): ChildLookup {
    const found = this.child(parent, id, type)
    if (typeof found !== 'object') return found
    const child = this.#children.get(id) as Child
    const cell = child.cell
    child.cell = []
    child.touched = true
    return { cell }
  }

  /** Makes `value` a child of `parent`. False: there already is one with its id. */
  addChild(parent: string, type: DatatypeType, value: Value): boolean {
    const id = objectId(value)
    if (this.#find(parent, id) !== undefined) return false
    const known = this.#children.get(id)
    this.#children.set(id, { loaded: known?.loaded, parent, type, cell: [value], touched: true })
    limited(this.#children.size, LIMITS.loadedChildren, 'dynamic fields used')
    return true
  }

  #find(parent: string, id: string): Child | undefined {
    let child = this.#children.get(id)
    if (child === undefined) {
      child = this.#load(parent, id)
      if (child === undefined) return undefined
      this.#children.set(id, child)
      limited(this.#children.size, LIMITS.loadedChildren, 'dynamic fields used')
    }
    return child.cell.length > 0 && child.parent === parent ? child : undefined
  }

  #load(parent: string, id: string): Child | undefined {
    // What became an object of this transaction in another way is not the child in the store any more.
    if (this.#inputs.has(id) || this.#received.has(id)) return undefined
    const loaded = this.#deps.read(id)
    if (loaded === undefined || loaded.data.kind !== 'move') return undefined
    if (loaded.owner.kind !== 'object' || loaded.owner.parent !== parent) return undefined
    const type = this.#deps.type(loaded.data.type)
    return { loaded, parent, type, cell: [this.#deps.decode(type, loaded.data.contents)], touched: false }
  }

  /** Takes an object that was sent to the object `parent` and is named as a receiving input. */
  receive(parent: string, id: string, version: bigint, type: DatatypeType): ChildLookup {
    const object = this.#receivable.get(id)
    if (object === undefined || object.version !== version || object.data.kind !== 'move') return 'missing'
    if (object.owner.kind !== 'address' || object.owner.address !== parent) return 'missing'
    if (object.data.type !== type.key) return 'otherType'
    this.#receivable.delete(id)
    this.#received.set(id, object)
    return { cell: [this.#deps.decode(type, object.data.contents)] }
  }

  /**
   * Sums up. `remaining`: values that no function took and that go where their owner says.
   * @throws {CircularOwnership}
   */
  finish(remaining: readonly ObjectWrite[]): ObjectResults {
    const writes = new Map(this.#transfers)
    for (const write of remaining) writes.set(objectId(write.value), write)
    const consumed = new Map(this.#received)
    const unchangedChildren: LedgerObject[] = []
    for (const [id, child] of this.#children) {
      if (!this.#isChanged(child)) {
        if (child.loaded !== undefined) unchangedChildren.push(child.loaded)
        continue
      }
      if (child.loaded !== undefined) consumed.set(id, child.loaded)
      const [value] = child.cell
      if (value !== undefined)
        writes.set(id, { owner: { kind: 'object', parent: child.parent }, type: child.type, value })
    }
    assertNoCycle(writes)
    return { writes, created: this.#created, deleted: this.#deleted, consumed, unchangedChildren }
  }

  #isChanged(child: Child): boolean {
    if (!child.touched) return false
    const { loaded, cell } = child
    const [value] = cell
    if (loaded === undefined) return value !== undefined
    if (value === undefined || loaded.data.kind !== 'move' || loaded.owner.kind !== 'object') return true
    if (loaded.owner.parent !== child.parent || loaded.data.type !== child.type.key) return true
    return !equalBytes(loaded.data.contents, this.#deps.encode(child.type, value))
  }
}

/** Follows owners upwards from every object that an object will own. */
function assertNoCycle(writes: ReadonlyMap<string, ObjectWrite>): void {
  const settled = new Set<string>()
  for (const start of writes.keys()) {
    const path = new Set<string>()
    for (let id = start; !settled.has(id);) {
      if (path.has(id)) throw new CircularOwnership(id)
      path.add(id)
      const owner = writes.get(id)?.owner
      if (owner?.kind !== 'object') break
      id = owner.parent
    }
    for (const id of path) settled.add(id)
  }
}
