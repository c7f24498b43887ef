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
interface TypeFilter {
  /** Exactly this type. */
  readonly exact: string | undefined
  /** Or from here to before there. */
  readonly range: readonly [from: string, before: string] | undefined
}

const COIN_PREFIX = `${KNOWN_TYPE.coin}<`

function typeFilter(filter: string | undefined): TypeFilter {
  if (filter === undefined) return { exact: undefined, range: EVERY_TYPE }
  if (filter.includes('<')) return { exact: filter, range: undefined }
  // After `<` comes `=`, after `:` comes `;`.
  if (filter.split('::').length >= 3) return { exact: filter, range: [`${filter}<`, `${filter}=`] }
  return { exact: undefined, range: [`${filter}::`, `${filter}:;`] }
}

/** Types are text that begins with an address. */
const EVERY_TYPE = ['0', '1'] as const

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

/** One list, ordered by type and id: of one type, and of a range of types. */
interface TypedList {
  readonly exact: StatementSync
  readonly range: StatementSync
}

function typedList(prepare: (sql: string) => StatementSync, condition: string): TypedList {
  const select = `SELECT objects.* ${JOINED} WHERE ${condition}`
  return {
    exact: prepare(`${select} AND live.type = ? AND live.id > ? ORDER BY live.id LIMIT ?`),
    range: prepare(
      `${select} AND live.type >= ? AND live.type < ? AND (live.type, live.id) > (?, ?) ORDER BY live.type, live.id LIMIT ?`,
    ),
  }
}

/** A type without arguments sorts before the same type with arguments: the exact ones come first. */
function listPage(
  list: TypedList,
  keys: readonly Uint8Array[],
  type: string | undefined,
  cursor: string | undefined,
  limit: number,
): Page<LedgerObject> {
  const { exact, range } = typeFilter(type)
  const place = parseCursor(cursor)
  const rows: Row[] = []
  if (exact !== undefined && place.type <= exact) {
    rows.push(...list.exact.all(...keys, exact, place.type === exact ? place.id : START.id, limit + 1))
  }
  if (range !== undefined && rows.length <= limit) {
    const from = place.type > range[0] ? place.type : range[0]
    rows.push(...list.range.all(...keys, from, range[1], place.type, place.id, limit + 1 - rows.length))
  }
  return pageOf(rows.map(objectOf), limit)
}

/** Every object of a ledger. */
export class ObjectStore {
  readonly #cache: Lru<string, LedgerObject>
  readonly #readLive: StatementSync
  readonly #readVersion: StatementSync
  readonly #latest: StatementSync
  readonly #insert: StatementSync
  readonly #setLive: StatementSync
  readonly #removeLive: StatementSync
  readonly #owned: TypedList
  readonly #ofType: TypedList
  readonly #children: TypedList
  readonly #coins: StatementSync

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
    this.#owned = typedList(prepare, `live.owner = ? AND live.owner_kind = ${OWNER.address}`)
    this.#children = typedList(prepare, `live.owner = ? AND live.owner_kind = ${OWNER.object}`)
    this.#ofType = typedList(prepare, 'live.type IS NOT NULL')
    this.#coins = prepare(
      `SELECT type, balance FROM live WHERE owner = ? AND owner_kind = ${OWNER.address} AND type >= ? AND type < ? ORDER BY type`,
    )
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
    return listPage(this.#owned, [addressBytes(owner)], type, cursor, limit)
  }

  /** Objects of a type, whoever owns them. */
  ofType(type: string, cursor: string | undefined, limit: number): Page<LedgerObject> {
    return listPage(this.#ofType, [], type, cursor, limit)
  }

  /** Objects that an object owns. */
  children(parent: string, cursor: string | undefined, limit: number): Page<LedgerObject> {
    return listPage(this.#children, [addressBytes(parent)], undefined, cursor, limit)
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
