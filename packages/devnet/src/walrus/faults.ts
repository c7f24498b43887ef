/**
 * Faults on demand: what a server of the network should do wrong, and to which requests.
 * @module
 */
import { hash } from 'node:crypto'
import { SquidError } from '@squid/formats/errors'
import type { FaultRule, FaultScope, FaultStatus, NodeFault } from '../walrus-module.ts'
import { type BlobId, parseBlobId } from './blob-id.ts'
import { NodeError } from './errors.ts'
import type { SliverKind } from './geometry.ts'

/** How much later a slow node answers. */
const SLOW_MS = 3_000
const MAX_DELAY_MS = 600_000
const MAX_RULES = 100
const MAX_PAIRS = 1000

/** What a request is about, as far as faults tell requests apart. */
export interface FaultSubject {
  readonly access: 'read' | 'write'
  readonly blob?: BlobId | undefined
  readonly sliver?: { readonly kind: SliverKind; readonly pair: number } | undefined
}

/** The rules that a server follows at the moment. */
export class Faults {
  #rules: readonly FaultRule[] = []

  /** @throws {SquidError} `BAD_FAULT` */
  set(fault: NodeFault): void {
    this.#rules = rulesOf(fault)
  }

  get isDown(): boolean {
    return this.#rules.some(({ kind }) => kind === 'down')
  }

  /** Milliseconds to wait before answering. */
  delayMs(subject: FaultSubject): number {
    return this.#matching(subject).reduce(
      (sum, rule) => (rule.kind === 'delay' ? sum + rule.delayMs : sum),
      0,
    )
  }

  drops(subject: FaultSubject): boolean {
    return this.#matching(subject).some(({ kind }) => kind === 'drop')
  }

  tampers(subject: FaultSubject): boolean {
    return this.#matching(subject).some(({ kind }) => kind === 'tamper')
  }

  /** Whether what is tampered with comes out as other servers that collude have it. */
  colludes(subject: FaultSubject): boolean {
    return this.#matching(subject).some(rule => rule.kind === 'tamper' && rule.colluding === true)
  }

  /** @throws {NodeError} that of the first rule that says so */
  throwIfRefused(subject: FaultSubject): void {
    for (const rule of this.#matching(subject)) if (rule.kind === 'status') throw refusal(rule.status)
  }

  #matching(subject: FaultSubject): readonly FaultRule[] {
    return this.#rules.filter(rule => matches(rule, subject))
  }
}

function matches({ blob, sliver, pairs, access }: FaultRule, subject: FaultSubject): boolean {
  if (access !== undefined && access !== subject.access) return false
  if (blob !== undefined && blob !== subject.blob) return false
  if (sliver !== undefined && sliver !== subject.sliver?.kind) return false
  return pairs === undefined || (subject.sliver !== undefined && pairs.includes(subject.sliver.pair))
}

/**
 * Bits in every 64th byte between `start` and `end`. Changes `bytes`.
 * @param by who does it: everybody his own way, as equal errors could cancel out where slivers are added up
 */
export function flipBits(bytes: Uint8Array, by: string, start = 0, end: number = bytes.length): void {
  const way = hash('sha256', by, 'buffer')
  for (let at = start, i = 0; at < end; at += 64, i++)
    bytes[at] = (bytes[at] as number) ^ ((way[i % way.length] as number) | 1)
}

function rulesOf(fault: NodeFault): readonly FaultRule[] {
  if (fault === null) return []
  if (fault === 'slow') return [{ kind: 'delay', delayMs: SLOW_MS }]
  if (typeof fault === 'string') return [{ kind: fault }]
  const rules = Array.isArray(fault) ? (fault as readonly FaultRule[]) : [fault as FaultRule]
  for (const rule of rules) assertRule(rule)
  return rules
}

function assertRule({ kind, blob, sliver, pairs, access }: FaultRule): void {
  if (kind === 'down' && [blob, sliver, pairs, access].some(scope => scope !== undefined))
    throw new SquidError('BAD_FAULT', 'A server that is down is down for everything: leave the rest out.')
}

const STATUSES: Readonly<Record<FaultStatus, () => NodeError>> = {
  404: () => new NodeError('NOT_FOUND', 'NOT_FOUND', 'nothing is found (a fault on demand)'),
  429: () => new NodeError('RESOURCE_EXHAUSTED', 'RATE_LIMITED', 'too many requests (a fault on demand)'),
  451: () => new NodeError('UNAVAILABLE_FOR_LEGAL_REASONS', 'BLOCKED', 'blocked (a fault on demand)'),
  503: () => new NodeError('UNAVAILABLE', 'UNAVAILABLE', 'overloaded (a fault on demand)'),
}

function refusal(status: FaultStatus): NodeError {
  return STATUSES[status]()
}

/**
 * Reads a fault from JSON: null, `"tamper"`, `"down"`, `"slow"`, a rule, or a list of rules.
 * @throws {SquidError} `BAD_REQUEST`
 */
export function parseFault(value: unknown): NodeFault {
  if (value === null || value === 'tamper' || value === 'down' || value === 'slow') return value
  if (!Array.isArray(value)) return parseRule(value)
  if (value.length > MAX_RULES) throw bad(`at most ${MAX_RULES} rules at once`)
  return value.map(parseRule)
}

const FIELDS = ['kind', 'colluding', 'delayMs', 'status', 'blob', 'sliver', 'pairs', 'access']

function parseRule(value: unknown): FaultRule {
  if (typeof value !== 'object' || value === null)
    throw bad('a fault is null, "tamper", "down", "slow", {"kind": …} or a list of such')
  const rule = value as Readonly<Record<string, unknown>>
  const unknown = Object.keys(rule).find(field => !FIELDS.includes(field))
  if (unknown !== undefined) throw bad(`the field ${JSON.stringify(unknown.slice(0, 40))} is unknown`)
  return { ...parseEffect(rule), ...parseScope(rule) }
}

function parseEffect({ kind, colluding, delayMs, status }: Readonly<Record<string, unknown>>): FaultRule {
  if (colluding !== undefined && (kind !== 'tamper' || typeof colluding !== 'boolean'))
    throw bad('colluding is true or false, and says how to tamper')
  switch (kind) {
    case 'tamper':
      if (delayMs !== undefined || status !== undefined) throw bad('tamper has neither delayMs nor status')
      return colluding === undefined ? { kind } : { kind, colluding }
    case 'drop':
    case 'down':
      if (delayMs !== undefined || status !== undefined) throw bad(`${kind} has neither delayMs nor status`)
      return { kind }
    case 'delay':
      if (!isInteger(delayMs, MAX_DELAY_MS)) throw bad(`delayMs is 0 to ${MAX_DELAY_MS} milliseconds`)
      return { kind, delayMs }
    case 'status':
      if (status !== 404 && status !== 429 && status !== 451 && status !== 503)
        throw bad('status is 404, 429, 451 or 503')
      return { kind, status }
  }
  throw bad('kind is "tamper", "drop", "delay", "status" or "down"')
}

function parseScope({ blob, sliver, pairs, access }: Readonly<Record<string, unknown>>): FaultScope {
  if (blob !== undefined && (typeof blob !== 'string' || parseBlobId(blob) === undefined))
    throw bad('blob is not a blob id')
  if (sliver !== undefined && sliver !== 'primary' && sliver !== 'secondary')
    throw bad('sliver is "primary" or "secondary"')
  if (access !== undefined && access !== 'read' && access !== 'write')
    throw bad('access is "read" or "write"')
  if (pairs !== undefined && !isPairs(pairs)) throw bad('pairs is a list of indices of sliver pairs')
  return {
    ...(blob === undefined ? {} : { blob }),
    ...(sliver === undefined ? {} : { sliver }),
    ...(pairs === undefined ? {} : { pairs }),
    ...(access === undefined ? {} : { access }),
  }
}

function isPairs(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_PAIRS && value.every(pair => isInteger(pair, 0xffff))
}

function isInteger(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
}

function bad(problem: string): SquidError {
  return new SquidError('BAD_REQUEST', `This is no fault: ${problem}.`)
}
