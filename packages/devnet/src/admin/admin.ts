/**
 * Control of the devnet over HTTP: its descriptor, health, clock, epochs and the faults of its storage nodes.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { NetworkDescriptor } from '../descriptor.ts'
import type { Route } from '../http/json.ts'
import type { NodeFault } from '../walrus-module.ts'

/** What the routes act on; `Devnet` is one. */
export interface AdminTarget {
  readonly descriptor: NetworkDescriptor
  health(): unknown
  advanceClock(ms: number): bigint
  advanceEpoch(): bigint
  setNodeFault(index: number, fault: NodeFault): void
}

const FAULTS: readonly unknown[] = ['tamper', 'down', 'slow', null]

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
      path: /^\/walrus\/nodes\/(\d{1,4})$/,
      anyOrigin: false,
      handle: ([index], body) => {
        const fault = readFault(body)
        target.setNodeFault(Number(index), fault)
        return { node: Number(index), fault }
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
  if (FAULTS.includes(fault)) return fault as NodeFault
  throw new SquidError('BAD_REQUEST', 'Set a fault with {"fault": "tamper" | "down" | "slow" | null}.')
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? (body as Readonly<Record<string, unknown>>)[name]
    : undefined
}
