/**
 * `sui.rpc.v2.NameService`: SuiNS names, read from the registry's tables as Sui's full nodes do.
 *
 * A name's labels are stored last first (`["sui", "alice"]`). A subname without an expiration of its own (a leaf)
 * lives as long as its parent, if the parent's registration is still the one that made it.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { GrpcTypes } from '@mysten/sui/grpc'
import { deriveDynamicFieldID } from '@mysten/sui/utils'
import type { Ledger } from '@squid/sui/ledger'
import { readAddress, writeTimestamp } from '../convert/transaction.ts'
import { unary, type Draft, type Method } from '../web/method.ts'
import { GrpcError } from '../web/status.ts'

const { NameService } = GrpcTypes
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_NAME_CHARACTERS = 235
const LEAF_EXPIRATION = 0n
const TLD = 'sui'

/** Where the name registry keeps its tables. */
export interface NameRegistry {
  readonly packageId: string
  /** `Table<Domain, NameRecord>` */
  readonly registryTableId: string
  /** `Table<address, Domain>` */
  readonly reverseTableId: string
}

const Domain = bcs.struct('Domain', { labels: bcs.vector(bcs.string()) })
const NameRecord = bcs.struct('NameRecord', {
  nftId: bcs.Address,
  expirationMs: bcs.u64(),
  target: bcs.option(bcs.Address),
  data: bcs.vector(bcs.tuple([bcs.string(), bcs.string()])),
})
const NameField = bcs.struct('Field', { id: bcs.Address, name: Domain, value: NameRecord })
const ReverseField = bcs.struct('Field', { id: bcs.Address, name: bcs.Address, value: Domain })

type Record = ReturnType<typeof NameRecord.parse>

/** Every method of the service. */
export function nameMethods(ledger: Ledger, registry: NameRegistry): Method[] {
  return [
    unary(NameService, 'LookupName', GrpcTypes.LookupNameRequest, GrpcTypes.LookupNameResponse, request => ({
      record: lookup(ledger, registry, parseName(request.name)),
    })),
    unary(
      NameService,
      'ReverseLookupName',
      GrpcTypes.ReverseLookupNameRequest,
      GrpcTypes.ReverseLookupNameResponse,
      request => ({ record: reverseLookup(ledger, registry, readAddress(request.address, 'address')) }),
    ),
  ]
}

function lookup(
  ledger: Ledger,
  registry: NameRegistry,
  labels: readonly string[],
): Draft<GrpcTypes.NameRecord> {
  const found = recordOf(ledger, registry, labels)
  if (found === undefined) throw new GrpcError('NOT_FOUND', `name ${formatName(labels)} not found`)
  if (hasExpired(ledger, registry, labels, found.record))
    throw new GrpcError('RESOURCE_EXHAUSTED', 'name has expired')
  const { nftId, expirationMs, target, data } = found.record
  return {
    id: found.id,
    name: formatName(labels),
    registrationNftId: nftId,
    expirationTimestamp: writeTimestamp(BigInt(expirationMs)),
    targetAddress: target ?? undefined,
    data: Object.fromEntries(data),
  }
}

/** The name that an address calls itself, if that name also points back at it. */
function reverseLookup(ledger: Ledger, registry: NameRegistry, address: string): Draft<GrpcTypes.NameRecord> {
  const key = bcs.Address.serialize(address).toBytes()
  const field = ledger.object(deriveDynamicFieldID(registry.reverseTableId, 'address', key))
  const labels = field && ReverseField.parse(field.data.contents).value.labels
  const record = labels && lookup(ledger, registry, labels)
  if (record?.targetAddress !== address) throw new GrpcError('NOT_FOUND', `no name for ${address}`)
  return record
}

function hasExpired(
  ledger: Ledger,
  registry: NameRegistry,
  labels: readonly string[],
  record: Record,
): boolean {
  const now = ledger.now()
  if (BigInt(record.expirationMs) !== LEAF_EXPIRATION) return BigInt(record.expirationMs) <= now
  const parent = recordOf(ledger, registry, labels.slice(0, -1))
  return parent?.record.nftId !== record.nftId || BigInt(parent.record.expirationMs) <= now
}

function recordOf(
  ledger: Ledger,
  registry: NameRegistry,
  labels: readonly string[],
): { id: string; record: Record } | undefined {
  const key = Domain.serialize({ labels: [...labels] }).toBytes()
  const id = deriveDynamicFieldID(registry.registryTableId, `${registry.packageId}::domain::Domain`, key)
  const field = ledger.object(id)
  return field && { id, record: NameField.parse(field.data.contents).value }
}

/** Labels, last first, of `sub.alice.sui`, `alice@`, `@alice` or `sub@alice`. */
function parseName(name: string | undefined): string[] {
  const text = name?.toLowerCase() ?? ''
  const at = text.indexOf('@')
  const dotted =
    at === -1 ? text : [...(at === 0 ? [] : [text.slice(0, at)]), text.slice(at + 1), TLD].join('.')
  const labels = dotted.split('.')
  const wellFormed =
    dotted.length <= MAX_NAME_CHARACTERS &&
    labels.length >= 2 &&
    labels.at(-1) === TLD &&
    labels.every(label => LABEL.test(label))
  if (!wellFormed)
    throw new GrpcError('INVALID_ARGUMENT', `${JSON.stringify(text.slice(0, 300))} is not a SuiNS name`)
  return labels.reverse()
}

function formatName(labels: readonly string[]): string {
  return labels.toReversed().join('.')
}
