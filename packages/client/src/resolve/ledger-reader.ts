/**
 * Reads objects of the ledger, with what can be checked without a light client: each has the type that it
 * should have, none goes back behind a version that was seen before, and all configured full nodes tell the same.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { bcs, TypeTagSerializer, type BcsType } from '@mysten/sui/bcs'
import { ObjectError, type SuiClientTypes } from '@mysten/sui/client'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import { deriveDynamicFieldID, normalizeStructTag } from '@mysten/sui/utils'
import { equalBytes } from '@squid/formats/bytes'
import { u64 } from '../codecs/index.ts'
import type { Network } from '../networks/index.ts'
import { ResolveError } from './errors.ts'

/** One version of an object. */
export interface LedgerObject {
  readonly id: string
  readonly version: bigint
  readonly digest: string
  /** Normalised, addresses in full; `package` for a package. */
  readonly type: string
  /** BCS of the Move struct. */
  readonly content: Uint8Array
}

/** A dynamic field by its parent and key. `V` is what it holds. */
export interface FieldQuery<V> {
  readonly parent: string
  readonly keyType: string
  readonly key: Uint8Array
  readonly valueType: string
  readonly value: BcsType<V, V>
  /** Set for what may rightly be gone after it was seen. */
  readonly mayVanish?: true
}

/** Remembers versions. */
export interface SeenVersions {
  /** @throws {ResolveError} LEDGER_REGRESSED */
  observe(objects: readonly { readonly id: string; readonly version: bigint | undefined }[]): Promise<void>
}

/** `0x6` */
const CLOCK = `0x${'6'.padStart(64, '0')}`
const Clock = bcs.struct('Clock', { id: bcs.Address, timestampMs: u64 })

/** How often, and how far apart, nodes are asked again that are not at the same version yet. */
const ATTEMPTS = 8
const PAUSE_MS = 250

export class LedgerReader {
  readonly #network: Network
  readonly #seen: SeenVersions | undefined

  /** @param seen without it, versions are not remembered */
  constructor(network: Network, seen?: SeenVersions) {
    this.#network = network
    this.#seen = seen
  }

  /**
   * In the order of `ids`, undefined for what does not exist.
   * @throws {ResolveError} LEDGER_UNREACHABLE, LEDGER_DISAGREES, LEDGER_REGRESSED
   */
  async objects(
    ids: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly (LedgerObject | undefined)[]> {
    return this.#read(ids, () => false, signal)
  }

  /** The values of dynamic fields, undefined where there is none. */
  async fields<V>(
    queries: readonly FieldQuery<V>[],
    signal?: AbortSignal,
  ): Promise<readonly (V | undefined)[]> {
    const objects = await this.#read(queries.map(fieldId), i => queries[i]?.mayVanish === true, signal)
    return queries.map((query, i) => {
      const object = objects[i]
      return object === undefined ? undefined : decodeField(query, object)
    })
  }

  async field<V>(query: FieldQuery<V>, signal?: AbortSignal): Promise<V | undefined> {
    const [value] = await this.fields([query], signal)
    return value
  }

  /** The ledger's time in milliseconds: the latest that any node tells, since a node can only be behind. */
  async clockMs(signal?: AbortSignal): Promise<bigint> {
    const nodes = [this.#network.sui, ...this.#network.compare]
    const clocks = await Promise.all(nodes.map(node => readObjects(node, [CLOCK], signal)))
    let latest = 0n
    for (const [clock] of clocks) {
      if (clock === undefined) throw new ResolveError('LEDGER_MALFORMED', 'The ledger has no clock.')
      const { timestampMs } = Clock.parse(clock.content)
      if (timestampMs > latest) latest = timestampMs
    }
    return latest
  }

  async #read(
    ids: readonly string[],
    mayVanish: (index: number) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly (LedgerObject | undefined)[]> {
    const objects = await this.#agreed(ids, signal)
    const seen = objects.map((object, i) => ({ id: ids[i] ?? '', version: object?.version }))
    await this.#seen?.observe(seen.filter(({ version }, i) => version !== undefined || !mayVanish(i)))
    return objects
  }

  async #agreed(
    ids: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (LedgerObject | undefined)[]> {
    const { sui, compare } = this.#network
    if (compare.length === 0) return readObjects(sui, ids, signal)
    for (let attempt = 1; ; attempt++) {
      const [first = [], ...others] = await Promise.all(
        [sui, ...compare].map(node => readObjects(node, ids, signal)),
      )
      const odd = ids.findIndex((_, i) => others.some(objects => !same(first[i], objects[i])))
      if (odd < 0) return first
      if (attempt === ATTEMPTS) {
        throw new ResolveError(
          'LEDGER_DISAGREES',
          `The configured full nodes do not agree about object ${ids[odd]}: one is behind or lies; remove it from config.toml.`,
        )
      }
      await sleep(PAUSE_MS, undefined, signal === undefined ? {} : { signal })
    }
  }
}

/** The object that a dynamic field is. */
function fieldId<V>(query: FieldQuery<V>): string {
  return deriveDynamicFieldID(query.parent, TypeTagSerializer.parseFromStr(query.keyType, true), query.key)
}

/**
 * The value of a `0x2::dynamic_field::Field`: BCS of its id, its key and its value.
 * @throws {ResolveError} LEDGER_MALFORMED
 */
function decodeField<V>(query: FieldQuery<V>, object: LedgerObject): V {
  assertType(object, `0x2::dynamic_field::Field<${query.keyType}, ${query.valueType}>`)
  const end = 32 + query.key.length
  if (!equalBytes(object.content.subarray(32, end), query.key)) throw malformed(object)
  return decodeContent({ ...object, content: object.content.subarray(end) }, query.value)
}

/** @throws {ResolveError} LEDGER_MALFORMED unless the content is exactly one such value */
function decodeContent<V>(object: LedgerObject, type: BcsType<V, V>): V {
  try {
    const value = type.parse(object.content)
    if (equalBytes(type.serialize(value).toBytes(), object.content)) return value
  } catch (error) {
    throw malformed(object, error)
  }
  throw malformed(object)
}

/** @throws {ResolveError} LEDGER_MALFORMED */
function assertType(object: LedgerObject, type: string): void {
  if (!isOfType(object, type)) throw malformed(object)
}

export function isOfType(object: LedgerObject, type: string): boolean {
  return object.type === normalizeStructTag(type)
}

function malformed(object: LedgerObject, cause?: unknown): ResolveError {
  return new ResolveError(
    'LEDGER_MALFORMED',
    `Object ${object.id} of the ledger (${object.type}) is not what it should be.`,
    {
      cause,
    },
  )
}

async function readObjects(
  node: SuiGrpcClient,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly (LedgerObject | undefined)[]> {
  let objects: readonly (SuiClientTypes.Object<{ content: true }> | Error)[]
  try {
    const options = {
      objectIds: [...ids],
      include: { content: true as const },
      ...(signal === undefined ? {} : { signal }),
    }
    objects = (await node.getObjects(options)).objects
  } catch (error) {
    throw unreachable(error, signal)
  }
  return ids.map((id, i) => toLedgerObject(id, objects[i], signal))
}

function toLedgerObject(
  id: string,
  object: SuiClientTypes.Object<{ content: true }> | Error | undefined,
  signal: AbortSignal | undefined,
): LedgerObject | undefined {
  if (object instanceof ObjectError && object.reason !== 'unknown') return undefined
  if (object === undefined || object instanceof Error) throw unreachable(object, signal)
  const { version, digest, type, content, objectId } = object
  if (objectId !== id) throw unreachable(new Error(`asked for ${id}, got ${objectId}`), signal)
  return {
    id,
    version: BigInt(version),
    digest,
    type: type.includes('::') ? normalizeStructTag(type) : type,
    content,
  }
}

function unreachable(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason
  return new ResolveError('LEDGER_UNREACHABLE', 'The full node does not answer: is the network running?', {
    cause: error,
  })
}

function same(a: LedgerObject | undefined, b: LedgerObject | undefined): boolean {
  return a?.version === b?.version && a?.digest === b?.digest
}
