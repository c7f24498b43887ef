/**
 * SuiNS names, read from the ledger's own objects and not from a name service: the record in the registry's
 * table, its expiry against the ledger's clock.
 * @module
 */
import { Domain } from '../gen/suins/domain.ts'
import { NameRecord } from '../gen/suins/name-record.ts'
import type { Network } from '../networks/index.ts'
import { ResolveError } from './errors.ts'
import type { FieldQuery, LedgerReader } from './ledger-reader.ts'

export interface NameState {
  /** Object id of the registration that governs the name. */
  readonly registration: string
  readonly expiresMs: bigint
  readonly expired: boolean
  readonly target: string | undefined
  /** Object id of the Walrus Site that portals serve under the name. */
  readonly site: string | undefined
}

/** Where SuiNS keeps `site`. */
export const SITE_KEY = 'walrus_site_id'

/** Undefined when nobody ever registered the name. */
export async function readName(
  network: Network,
  reader: LedgerReader,
  name: string,
  signal?: AbortSignal,
): Promise<NameState | undefined> {
  const [record, nowMs] = await Promise.all([
    reader.field(recordQuery(network, name), signal),
    reader.clockMs(signal),
  ])
  if (record === undefined) return undefined
  const { nftId, expirationTimestampMs: expiresMs, targetAddress, data } = record
  return {
    registration: nftId,
    expiresMs,
    expired: expiresMs < nowMs,
    target: targetAddress ?? undefined,
    site: data.find(({ key }) => key === SITE_KEY)?.value,
  }
}

/**
 * The address that a name stands for now.
 * @throws {ResolveError} NAME_UNKNOWN, NAME_EXPIRED, NAME_WITHOUT_TARGET
 */
export async function readTarget(
  network: Network,
  reader: LedgerReader,
  name: string,
  signal?: AbortSignal,
): Promise<string> {
  const state = await readName(network, reader, name, signal)
  if (state === undefined) throw new ResolveError('NAME_UNKNOWN', `Nobody has registered @${name}.`)
  if (state.expired) {
    const when = new Date(Number(state.expiresMs)).toISOString().slice(0, 10)
    throw new ResolveError(
      'NAME_EXPIRED',
      `@${name} expired on ${when}: its owner must renew it, until then use the id of the Space.`,
    )
  }
  if (state.target === undefined) {
    throw new ResolveError(
      'NAME_WITHOUT_TARGET',
      `@${name} is registered but points nowhere: its owner must set its target.`,
    )
  }
  return state.target
}

function recordQuery(network: Network, name: string): FieldQuery<NameRecord> {
  const { packageId, registryTableId } = network.descriptor.suins
  return {
    parent: registryTableId,
    keyType: `${packageId}::domain::Domain`,
    key: Domain.serialize({ labels: ['sui', name] }).toBytes(),
    valueType: `${packageId}::name_record::NameRecord`,
    value: NameRecord,
    mayVanish: true,
  }
}
