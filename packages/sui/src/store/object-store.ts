/**
 * Objects in the database: every version, the present one at hand.
 * @module
 */
import type { StatementSync } from 'node:sqlite'
import type { ObjectChange, Page } from '../ledger/results.ts'
import { addressBytes, formatAddress } from '../objects/address.ts'
import { formatDigest, parseDigest } from '../objects/digest.ts'
import type { LedgerObject, Owner } from '../objects/object.ts'
import { KNOWN_TYPE } from '../objects/type-tag.ts'
import type { Database } from './database.ts'
import { Lru } from './lru.ts'
import { OWNER, STATE } from './schema.ts'

type Row = Record<string, unknown>

/** What `type` filters by: a package, a module, a type with any arguments, or a whole type. */
interface TypeRange {
  /** Exactly this type. */
  readonly exact: string
  /** Or from here … */
  readonly from: string
  /** … to before here. */
  readonly before: string
}

const COIN_PREFIX = `${KNOWN_TYPE.coin}<`

function typeRange(filter: string): TypeRange {
  const parts = filter.split('::').length
  // After `<` comes `=`, after `:` comes `;`.
  if (parts >= 3) return { exact: filter, from: `${filter}<`, before: `${filter}=` }
  return { exact: filter, from: `${filter}::`, before: `${filter}:;` }
}

function ownerColumns(owner: Owner): [kind: number, owner: Uint8Array | null, sharedVersion: number | null] {
  switch (owner.kind) {
    case 'address':
      return [OWNER.address, addressBytes(owner.address), null]
    case 'object':
      return [OWNER.object, addressBytes(owner.parent), null]
    case 'shared':
      return [OWNER.shared, null, Number(owner.initialSharedVersion)]
    case 'immutable':
      return [OWNER.immutable, null, null]
  }
}

function ownerOf(row: Row): Owner {
  switch (row['owner_kind']) {
    case OWNER.address:
      return { kind: 'address', address: formatAddress(row['owner'] as Uint8Array) }
    case OWNER.object:
      return { kind: 'object', parent: formatAddress(row['owner'] as Uint8Array) }
    case OWNER.shared:
      return { kind: 'shared', initialSharedVersion: BigInt(row['shared_version'] as number) }
    default:
      return { kind: 'immutable' }
  }
}

function objectOf(row: Row): LedgerObject {
  const contents = row['contents'] as Uint8Array
  const type = row['type'] as string | null
  return {
    id: formatAddress(row['id'] as Uint8Array),
    version: BigInt(row['version'] as number),
    digest: formatDigest(row['digest'] as Uint8Array),
    owner: ownerOf(row),
    previousTransaction: formatDigest(row['previous'] as Uint8Array),
    storageRebate: BigInt(row['rebate'] as number),
    data:
      type === null
        ? { kind: 'package', contents }
        : { kind: 'move', type, hasPublicTransfer: row['public'] === 1, contents },
  }
}

/** The balance of a coin in a form that sorts like the number; null for everything else. */
function balanceColumn({ data }: LedgerObject): Uint8Array | null {
  return data.kind === 'move' && data.type.startsWith(COIN_PREFIX)
    ? data.contents.slice(32, 40).reverse()
    : null
}

/** The type in `Coin<T>`. */
function coinedType(type: string): string {
  return type.slice(COIN_PREFIX.length, -1)
}

/** `type id`: lists are in this order. */
interface Place {
  readonly type: string
  readonly id: Uint8Array
}

const START: Place = { type: '', id: new Uint8Array() }

function parseCursor(cursor: string | undefined): Place {
  if (cursor === undefined) return START
  const space = cursor.indexOf(' ')
  return { type: cursor.slice(space + 1), id: addressBytes(cursor.slice(0, space)) }
}

function pageOf(objects: readonly LedgerObject[], limit: number): Page<LedgerObject> {
  const items = objects.slice(0, limit)
  const last = items.at(-1)
  const more = objects.length > limit && last?.data.kind === 'move'
  return { items, cursor: more ? `${last.id} ${(last.data as { type: string }).type}` : undefined }
}

const JOINED = 'FROM live JOIN objects ON objects.id = live.id AND objects.version = live.version'

/** Every object of a ledger. */
export class ObjectStore {
  readonly #cache: Lru<string, LedgerObject>
  readonly #readLive: StatementSync
  readonly #readVersion: StatementSync
  readonly #latest: StatementSync
  readonly #insert: StatementSync
  readonly #setLive: StatementSync
  readonly #removeLive: StatementSync
  readonly #owned: StatementSync
  readonly #ownedOfType: StatementSync
  readonly #ofType: StatementSync
  readonly #children: StatementSync
  readonly #coins: StatementSync
  readonly #history: StatementSync

  constructor(database: Database, cachedObjects: number) {
    this.#cache = new Lru(cachedObjects)
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#readLive = prepare(`SELECT objects.* ${JOINED} WHERE live.id = ?`)
    this.#readVersion = prepare('SELECT * FROM objects WHERE id = ? AND version = ?')
    this.#latest = prepare('SELECT state FROM objects WHERE id = ? ORDER BY version DESC LIMIT 1')
    this.#insert = prepare('INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#setLive = prepare(
      `INSERT INTO live VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE
       SET version = ?2, owner_kind = ?3, owner = ?4, type = ?5, balance = ?6`,
    )
    this.#removeLive = prepare('DELETE FROM live WHERE id = ?')
    this.#owned = prepare(
      `SELECT objects.* ${JOINED} WHERE live.owner = ? AND live.owner_kind = ${OWNER.address}
       AND (live.type, live.id) > (?, ?) ORDER BY live.type, live.id LIMIT ?`,
    )
    this.#ownedOfType = prepare(
      `SELECT objects.* ${JOINED} WHERE live.owner = ? AND live.owner_kind = ${OWNER.address}
       AND (live.type = ? OR (live.type >= ? AND live.type < ?))
       AND (live.type, live.id) > (?, ?) ORDER BY live.type, live.id LIMIT ?`,
    )
    this.#ofType = prepare(
      `SELECT objects.* ${JOINED} WHERE (live.type = ? OR (live.type >= ? AND live.type < ?))
       AND (live.type, live.id) > (?, ?) ORDER BY live.type, live.id LIMIT ?`,
    )
    this.#children = prepare(
      `SELECT objects.* ${JOINED} WHERE live.owner = ? AND live.owner_kind = ${OWNER.object}
       AND (live.type, live.id) > (?, ?) ORDER BY live.type, live.id LIMIT ?`,
    )
    this.#coins = prepare(
      `SELECT type, balance FROM live WHERE owner = ? AND owner_kind = ${OWNER.address} AND type >= ? AND type < ? ORDER BY type`,
    )
    this.#history = prepare('SELECT 1 FROM objects WHERE id = ? LIMIT 1')
  }

  /** The live object. */
  read(id: string): LedgerObject | undefined {
    const cached = this.#cache.get(id)
    if (cached !== undefined) return cached
    const row = this.#readLive.get(addressBytes(id))
    if (row === undefined) return undefined
    const object = objectOf(row)
    this.#cache.set(id, object)
    return object
  }

  /** The object as it was written at `version`. */
  readAt(id: string, version: bigint): LedgerObject | undefined {
    const cached = this.#cache.get(id)
    if (cached?.version === version) return cached
    if (version > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
    const row = this.#readVersion.get(addressBytes(id), Number(version))
    return row === undefined || row['state'] !== STATE.live ? undefined : objectOf(row)
  }

  /** True when the id was an object's and is not any more. */
  isGone(id: string): boolean {
    const row = this.#latest.get(addressBytes(id))
    return row !== undefined && row['state'] !== STATE.live
  }

  /** True when the id is or was an object's. */
  wasEver(id: string): boolean {
    return this.#history.get(addressBytes(id)) !== undefined
  }

  /** Writes what a transaction did to one id. `version` is that of all its writes. */
  write({ id, before, after, idOperation }: ObjectChange, version: bigint, transactionDigest: string): void {
    const key = addressBytes(id)
    if (after !== undefined) return this.#writeObject(key, after)
    if (before === undefined) return
    const state = idOperation === 'deleted' ? STATE.deleted : STATE.wrapped
    const previous = parseDigest(transactionDigest)
    this.#insert.run(key, Number(version), state, null, null, null, null, previous, null, null, null, null)
    this.#removeLive.run(key)
    this.#cache.delete(id)
  }

  #writeObject(key: Uint8Array, object: LedgerObject): void {
    const { data } = object
    const version = Number(object.version)
    const [kind, owner, sharedVersion] = ownerColumns(object.owner)
    const type = data.kind === 'move' ? data.type : null
    const isPublic = data.kind === 'move' && data.hasPublicTransfer ? 1 : 0
    const [digest, previous] = [parseDigest(object.digest), parseDigest(object.previousTransaction)]
    const rebate = Number(object.storageRebate)
    this.#insert.run(
      key,
      version,
      STATE.live,
      digest,
      kind,
      owner,
      sharedVersion,
      previous,
      rebate,
      type,
      isPublic,
      data.contents,
    )
    this.#setLive.run(key, version, kind, owner, type, balanceColumn(object))
    this.#cache.set(object.id, object)
  }

  /** After a rollback: nothing that was cached since is true. */
  forget(): void {
    this.#cache.clear()
  }

  /** Objects of an address. */
  owned(
    owner: string,
    type: string | undefined,
    cursor: string | undefined,
    limit: number,
  ): Page<LedgerObject> {
    const { type: afterType, id: afterId } = parseCursor(cursor)
    const key = addressBytes(owner)
    if (type === undefined)
      return pageOf(this.#owned.all(key, afterType, afterId, limit + 1).map(objectOf), limit)
    const { exact, from, before } = typeRange(type)
    return pageOf(
      this.#ownedOfType.all(key, exact, from, before, afterType, afterId, limit + 1).map(objectOf),
      limit,
    )
  }

  /** Objects of a type, whoever owns them. */
  ofType(type: string, cursor: string | undefined, limit: number): Page<LedgerObject> {
    const { exact, from, before } = typeRange(type)
    const { type: afterType, id: afterId } = parseCursor(cursor)
    return pageOf(this.#ofType.all(exact, from, before, afterType, afterId, limit + 1).map(objectOf), limit)
  }

  /** Objects that an object owns. */
  children(parent: string, cursor: string | undefined, limit: number): Page<LedgerObject> {
    const { type, id } = parseCursor(cursor)
    return pageOf(this.#children.all(addressBytes(parent), type, id, limit + 1).map(objectOf), limit)
  }

  /** Coins of an address: the coined type and balance of each, ordered by type. */
  coins(owner: string, coinType?: string): { readonly coinType: string; readonly balance: bigint }[] {
    const [from, before] =
      coinType === undefined
        ? [COIN_PREFIX, `${KNOWN_TYPE.coin}=`]
        : [`${COIN_PREFIX}${coinType}>`, `${COIN_PREFIX}${coinType}?`]
    return this.#coins.all(addressBytes(owner), from, before).map(row => ({
      coinType: coinedType(row['type'] as string),
      balance: balanceOf(row['balance'] as Uint8Array),
    }))
  }
}

function balanceOf(column: Uint8Array): bigint {
  return new DataView(column.buffer, column.byteOffset, column.byteLength).getBigUint64(0)
}
