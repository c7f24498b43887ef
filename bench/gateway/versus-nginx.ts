/**
 * `gateway.<closure>.vs-nginx-<verb>`: real Nix takes a closure into an empty store, from a gateway that has it, and from
 * nginx that serves the same cache; both on loopback, in turns.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { NixEnvironment } from '@squid/host/nix/testing'
import {
  formatPublicKey,
  formatSecretKey,
  generateSecretKey,
  publicKeyOf,
  type SecretKey,
} from '@squid/formats/signature'
import { type Figure, median } from '../figure.ts'
import { type Closure, type ClosureName, createClosure } from './closures.ts'
import { startNginx, writeStaticCache } from './static-cache.ts'

/** What of Nix is measured: `nix copy`, and `nix-store -r`. */
const VERBS = ['copy', 'realise'] as const
type Verb = (typeof VERBS)[number]

interface GatewayChild extends AsyncDisposable {
  /** Of its binary cache. */
  readonly url: string
}

async function startGateway(
  closure: ClosureName,
  share: number,
  cache: string,
  key: SecretKey,
): Promise<GatewayChild> {
  const program = join(import.meta.dirname, 'gateway-process.ts')
  const args = [program, closure, String(share), cache, formatSecretKey(key)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    url: (JSON.parse(line) as { url: string }).url,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await ended
    },
  }
}

/** Milliseconds that Nix takes to bring a path and all that it needs into an empty store. */
async function timeToFetch(verb: Verb, url: string, path: string, key: SecretKey): Promise<number> {
  await using environment = await NixEnvironment.create({
    'max-jobs': '16',
    substituters: url,
    'trusted-public-keys': formatPublicKey(publicKeyOf(key)),
    'narinfo-cache-negative-ttl': '0',
    'narinfo-cache-positive-ttl': '0',
  })
  const nix = await environment.nix()
  const began = performance.now()
  if (verb === 'copy') await nix.capture(['copy', '--from', url, path])
  else await nix.store(['--realise', path])
  return performance.now() - began
}

/** Rounds of both in turns, after one of each that is not counted. @returns medians */
async function inTurns(
  rounds: number,
  ...measures: readonly (() => Promise<number>)[]
): Promise<readonly number[]> {
  const taken = measures.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    for (const [index, measure] of measures.entries()) {
      const value = await measure()
      if (round >= 0) taken[index]?.push(value)
    }
  }
  return taken.map(median)
}

async function versusNginx(closure: Closure, share: number, rounds: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'squid-bench-gateway-'))
  try {
    const key = generateSecretKey('bench-1')
    await writeStaticCache(join(folder, 'www'), closure, key)
    await using nginx = await startNginx(folder)
    await using gateway = await startGateway(closure.name as ClosureName, share, join(folder, 'nars'), key)
    const figures: Figure[] = []
    for (const verb of VERBS) {
      const [own = 0, peer = 0] = await inTurns(
        rounds,
        () => timeToFetch(verb, gateway.url, closure.root, key),
        () => timeToFetch(verb, `http://127.0.0.1:${nginx.port}`, closure.root, key),
      )
      figures.push({
        bench: `gateway.${closure.name}.vs-nginx-${verb}`,
        figure: `${closure.paths.length} paths, median of ${rounds}`,
        value: own,
        unit: 'ms',
        versus: `nginx (${peer.toFixed(0)} ms)`,
        ratio: own / peer,
      })
    }
    return figures
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function deepVersusNginx(): Promise<Figure[]> {
  return await versusNginx(await createClosure('deep'), 1, 7)
}

export async function smallVersusNginx(): Promise<Figure[]> {
  return await versusNginx(await createClosure('small'), 1, 5)
}

/** @param share of 1 GiB */
export async function bigVersusNginx(share = 0.25): Promise<Figure[]> {
  return await versusNginx(await createClosure('big', share), share, 5)
}
