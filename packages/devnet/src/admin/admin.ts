/**
 * Control of the devnet over HTTP: its descriptor, health, clock, epochs and the faults of its storage nodes.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { NetworkDescriptor } from '../descriptor.ts'
import type { Route } from '../http/json.ts'
import { parseFault } from '../walrus/faults.ts'
import type { FaultTarget, NodeFault, StorageTerms } from '../walrus-module.ts'

/** What the routes act on; `Devnet` is one. */
export interface AdminTarget {
  readonly descriptor: NetworkDescriptor
  health(): unknown
  advanceClock(ms: number): bigint
  advanceEpoch(): bigint
  setStorageTerms(terms: StorageTerms): void
  setNodeFault(target: FaultTarget, fault: NodeFault): void
}

export function adminRoutes(target: AdminTarget): Route[] {
  return [
    { method: 'GET', path: /^\/network\.json$/, anyOrigin: true, handle: () => target.descriptor },
    { method: 'GET', path: /^\/health$/, anyOrigin: true, handle: () => target.health() },
    {
      method: 'POST',
      path: /^\/clock$/,
      anyOrigin: false,
      handle: (_, body) => ({ timestampMs: Number(target.advanceClock(readMs(body))) }),
    },
    {
      method: 'POST',
      path: /^\/epoch$/,
      anyOrigin: false,
      handle: () => ({ epoch: Number(target.advanceEpoch()) }),
    },
    {
      method: 'POST',
      path: /^\/walrus\/nodes\/(\d{1,4}|all)$/,
      anyOrigin: false,
      handle: ([name], body) => {
        const node = name === 'all' ? name : Number(name)
        const fault = readFault(body)
        target.setNodeFault(node, fault)
        return { node, fault }
      },
    },
    {
      method: 'POST',
      path: /^\/walrus\/terms$/,
      anyOrigin: false,
      handle: (_, body) => {
        target.setStorageTerms(readTerms(body))
        return body
      },
    },
    {
      method: 'POST',
      path: /^\/walrus\/aggregator$/,
      anyOrigin: false,
      handle: (_, body) => {
        const fault = readFault(body)
        target.setNodeFault('aggregator', fault)
        return { fault }
      },
    },
  ]
}

function readMs(body: unknown): number {
  const ms = field(body, 'advanceMs')
  if (typeof ms === 'number') return ms
  throw new SquidError('BAD_REQUEST', 'Advance the clock with {"advanceMs": milliseconds}.')
}

function readFault(body: unknown): NodeFault {
  const fault = field(body, 'fault')
  if (fault !== undefined) return parseFault(fault)
  throw new SquidError(
    'BAD_REQUEST',
    'Set a fault with {"fault": "tamper" | "down" | "slow" | {"kind": …} | null}.',
  )
}

const TERMS = ['storagePrice', 'writePrice', 'nodeCapacity'] as const

function readTerms(body: unknown): StorageTerms {
  const named = TERMS.flatMap(name => {
    const value = field(body, name)
    return value === undefined ? [] : [[name, readAmount(value)] as const]
  })
  if (named.length > 0) return Object.fromEntries(named)
  throw new SquidError('BAD_REQUEST', `Set terms with {${TERMS.map(name => `"${name}": n`).join(', ')}}.`)
}

function readAmount(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value)
  throw new SquidError('BAD_REQUEST', 'A price or capacity is a whole number, as a number or a string.')
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? (body as Readonly<Record<string, unknown>>)[name]
    : undefined
}
