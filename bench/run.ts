/**
 * `run.cold-ms`: `squid run` of a closure of 25 paths from an empty Nix store and cache, network on loopback;
 * beside it Nix copying the same closure from a folder and running it.
 * `run.warm-ms`: the same with everything present; beside it Nix alone running the store path.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NixEnvironment } from '@squid/host/nix/testing'
import { writeDemoFlake } from '../apps/squid/demo/flake.ts'
import { Network, Person } from '../apps/squid/demo/person.ts'
import { type Figure, median } from './figure.ts'

const COLD_ROUNDS = 5
const WARM_ROUNDS = 15
const ATTRIBUTE = 'hello'

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function times(rounds: number, measure: (round: number) => Promise<number>): Promise<number> {
  const taken: number[] = []
  for (let round = 0; round < rounds; round++) taken.push(await measure(round))
  return median(taken)
}

export async function runBench(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'squid-bench-run-'))
  try {
    await using network = await Network.start(dir)
    await using alicesNix = await NixEnvironment.create()
    await using alice = new Person('alice', dir, network, alicesNix)
    await alice.squid('init', '--network', network.descriptor)
    await alice.squid('name', 'claim', 'alice')
    const { flake } = await writeDemoFlake(await alicesNix.nix(), join(dir, 'flake'))
    await alice.squid('publish', `path:${flake}#${ATTRIBUTE}`, '--as', 'sample')
    await using bob = new Person('bob', dir, network, await NixEnvironment.create({ 'max-jobs': '0' }))
    await bob.squid('init', '--network', network.descriptor)
    await bob.start()
    const run = (): Promise<string> => bob.squid('run', `sui:@alice:sample#${ATTRIBUTE}`)
    const cold = await times(COLD_ROUNDS, async () => {
      await bob.forget()
      return milliseconds(run)
    })
    const warm = await times(WARM_ROUNDS, () => milliseconds(run))
    const path = await storePath(alice, flake)
    const cache = `file://${join(dir, 'cache')}`
    await alice.run('nix', 'copy', '--to', cache, path)
    const nixCold = await times(COLD_ROUNDS, async () => nixFromFolder(cache, path))
    const nixWarm = await nixPresent(alicesNix, path)
    return [
      figure(
        'run.cold-ms',
        cold,
        nixCold,
        'nix copy from a folder of NARs, then run, without names or proofs',
      ),
      figure('run.warm-ms', warm, nixWarm, 'nix shell of the store path alone'),
    ]
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function figure(bench: string, value: number, peer: number, what: string): Figure {
  return {
    bench,
    figure: 'median, closure of 25 paths',
    value,
    unit: 'ms',
    versus: `${what} (${peer.toFixed(0)} ms)`,
    ratio: value / peer,
  }
}

async function storePath(alice: Person, flake: string): Promise<string> {
  const built = await alice.run('nix', 'build', '--no-link', '--json', `path:${flake}#${ATTRIBUTE}`)
  return (JSON.parse(built) as [{ outputs: { out: string } }])[0].outputs.out
}

async function nixFromFolder(cache: string, path: string): Promise<number> {
  await using empty = await NixEnvironment.create({ 'max-jobs': '0' })
  const nix = await empty.nix()
  return await milliseconds(async () => {
    await nix.capture(['copy', '--no-check-sigs', '--from', cache, path])
    await nix.capture(runPresent(path))
  })
}

async function nixPresent(environment: NixEnvironment, path: string): Promise<number> {
  const nix = await environment.nix()
  return times(WARM_ROUNDS, () => milliseconds(() => nix.capture(runPresent(path))))
}

function runPresent(path: string): string[] {
  return ['shell', path, '-c', `${path}/bin/${ATTRIBUTE}`]
}
