/**
 * Small releases and a client, for the tests of the gateway.
 * @module
 */
import { request } from 'node:http'
import { formatBase32 } from '@squid/formats/base32'
import { sha256 } from '@squid/formats/hash'
import { encodeNar, type NarEvent } from '@squid/formats/nar'
import { fixedOutputPath, type StorePath } from '@squid/formats/store-path'
import type { GatewayRelease } from './contract.ts'
import { type MemoryPath, MemoryRelease } from './memory-release.ts'

/** The Space of `MemoryRelease.release()`. */
export const ALICE: string = `0x${'11'.repeat(32)}`

/** Path of the binary cache of releases. */
export function cacheOf(...releases: readonly Partial<GatewayRelease>[]): string {
  const scopes = releases.map(
    ({ space = ALICE, flakeName = 'hello', version = 1n }) => `${space}.${flakeName}.${version}`,
  )
  return `/of/${scopes.join('~')}`
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
  readonly text: string
  /** The connection was cut before the whole answer came. */
  readonly isCut: boolean
}

/** Asks on a connection of its own. */
export function ask(
  gateway: { readonly port: number },
  path: string,
  {
    method = 'GET',
    host = `squid.localhost:${gateway.port}`,
    headers = {},
  }: { method?: string; host?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port: gateway.port, path, method, headers: { host, ...headers }, agent: false },
      response => {
        const parts: Buffer[] = []
        const done = (isCut: boolean): void => {
          const body = Buffer.concat(parts)
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            text: body.toString('utf8'),
            isCut,
          })
        }
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => done(false))
        response.on('error', () => done(true))
      },
    )
    call.on('error', reject)
    call.end()
  })
}

/** A path whose NAR is whatever these bytes are; it has the address that belongs to them. */
export function rawPath(name: string, nar: Uint8Array, references: readonly StorePath[] = []): MemoryPath {
  const digest = sha256(nar)
  const content = { hash: { algorithm: 'sha256', digest }, recursive: true } as const
  return {
    storePath: fixedOutputPath(content, name, references),
    narHash: digest,
    narSize: BigInt(nar.length),
    references,
    ca: `fixed:r:sha256:${formatBase32(digest)}`,
    nar: async function* () {
      yield nar
    },
  }
}

/** A path with the NAR of these events. */
export async function narPath(
  name: string,
  events: Iterable<NarEvent>,
  references: readonly StorePath[] = [],
): Promise<MemoryPath> {
  const parts: Uint8Array[] = []
  for await (const part of encodeNar(events)) parts.push(part)
  return rawPath(name, Buffer.concat(parts), references)
}

/** A path that is one file of a size. */
export async function filePath(
  name: string,
  size: number,
  references: readonly StorePath[] = [],
): Promise<MemoryPath> {
  const bytes = new Uint8Array(size).map((_, index) => (index * index * 31 + index) % 251)
  const file = { kind: 'file', name: new Uint8Array(), executable: false, size } as const
  return await narPath(name, size === 0 ? [file] : [file, { kind: 'data', bytes }], references)
}

function describedAs(source: MemoryPath): Parameters<typeof MemoryRelease.of>[0] {
  return {
    sourceNarHash: source.narHash,
    flake: { lastModified: 1_700_000_000n },
    systems: [],
    holds: { sources: false, buildClosure: false },
  }
}

/** A release with a source and these paths. */
export async function smallRelease(extra: readonly MemoryPath[] = []): Promise<MemoryRelease> {
  const source = await filePath('source', 10)
  return await MemoryRelease.of(describedAs(source), [source, ...extra])
}
