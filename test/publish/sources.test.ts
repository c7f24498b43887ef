/**
 * Releases from which everything can be built again, with nothing but the network and an empty store: what a build once
 * downloaded is gone from where it was. And what builds printed, by `nix log`.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'
import { Network, Person } from '../../apps/squid/demo/person.ts'

const DOWNLOAD = 'downloaded once\n'
const NOWHERE = ['substituters', '', 'substitute', 'false', 'download-attempts', '1'].flatMap((word, i) =>
  i % 2 === 0 ? ['--option', word] : [word],
)

let dir: string
let network: Network
let alice: Person
let flake: string
let elsewhere: Server

/** The sample flake with a path that is made of a download, and prints while it is built. */
async function downloadingFlake(url: string): Promise<string> {
  const reference = await writeSampleFlake(join(dir, 'sample'))
  const file = join(dir, 'sample/flake.nix')
  const text = await readFile(file, 'utf8')
  const hash = createHash('sha256').update(DOWNLOAD).digest('hex')
  const more = `
        download = derivation {
          name = "download.txt";
          system = "builtin";
          builder = "builtin:fetchurl";
          url = "${url}";
          outputHashMode = "flat";
          outputHashAlgo = "sha256";
          outputHash = "${hash}";
          executable = false;
          unpack = false;
        };
        middle = script "middle" { } "echo building the middle; cp \${download} $out";
        greeting = script "greeting" { } "echo building the greeting; cat \${middle} > $out";
        library =`
  await writeFile(file, text.replace('\n        library =', more))
  return reference
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'squid-sources-'))
  elsewhere = createServer((_, response) => response.end(DOWNLOAD)).listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  network = await Network.start(dir)
  alice = new Person('alice', dir, network, await NixEnvironment.create())
  await alice.squid('init', '--network', network.descriptor)
  await alice.squid('name', 'claim', 'alice')
  flake = await downloadingFlake(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/download.txt`)
  const publish = ['publish', `${flake}#greeting`, '--as']
  await alice.squid(...publish, 'plain')
  await alice.squid(...publish, 'sources', '--sources')
  await alice.squid(...publish, 'whole', '--build-closure')
  elsewhere.closeAllConnections()
  elsewhere.close()
})
after(async () => {
  await alice[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

interface Guest extends AsyncDisposable {
  readonly person: Person
  /** Of Nix: take from this release and from nowhere else. */
  from(flakeName: string): Promise<readonly string[]>
}

async function guest(): Promise<Guest> {
  const settings = { 'narinfo-cache-negative-ttl': '0', 'narinfo-cache-positive-ttl': '0' }
  const person = new Person('bob', dir, network, await NixEnvironment.create(settings))
  await person.squid('init', '--network', network.descriptor)
  await person.start()
  return {
    person,
    from: async name => {
      const text = await person.squid('resolve', `sui:@alice:${name}`, '--json')
      const { space, version } = JSON.parse(text) as { space: string; version: number }
      const { origin, publicKey } = await person.status()
      const substituter = `${origin}/of/${space}.${name}.${version}`
      return ['--from', substituter, '--option', 'trusted-public-keys', publicKey]
    },
    [Symbol.asyncDispose]: async () => {
      await person[Symbol.asyncDispose]()
      await rm(join(dir, 'bob'), { recursive: true, force: true })
    },
  }
}

/** A path of the flake, as alice's Nix evaluates it. */
async function evaluated(attribute: string, what: 'outPath' | 'drvPath'): Promise<string> {
  return await alice.run('nix', 'eval', '--raw', `${flake}#${attribute}.${what}`)
}

async function narHash(person: Person, path: string): Promise<string> {
  const [info] = JSON.parse(await person.run('nix', 'path-info', '--json', path)) as [{ narHash: string }]
  return info.narHash
}

test('with --sources everything is built again from an empty store', async () => {
  const drv = await evaluated('greeting', 'drvPath')
  const greeting = await evaluated('greeting', 'outPath')
  const download = await evaluated('download', 'outPath')
  await using bob = await guest()
  const copy = async (name: string, ...words: readonly string[]): Promise<number | null> =>
    (await bob.person.attempt('nix', 'copy', ...(await bob.from(name)), ...words)).status
  assert.equal(await copy('sources', '--derivation', drv), 0)
  assert.notEqual(await copy('plain', download), 0, 'another release does not hold the download')
  const early = await bob.person.attempt('nix-store', ...NOWHERE, '--realise', drv)
  assert.notEqual(early.status, 0, 'it is nowhere else')
  assert.match(early.stderr, /building '\/nix\/store\/\S+-tools\.drv'[\s\S]*unable to download/)
  assert.equal(await copy('sources', download), 0)
  const built = await bob.person.attempt('nix-store', ...NOWHERE, '--realise', drv)
  assert.equal(built.status, 0, built.stderr)
  assert.equal(await narHash(bob.person, greeting), await narHash(alice, greeting))
})

test('with --build-closure each step is, without those before it; and nix log tells what builds printed', async () => {
  const drv = await evaluated('greeting', 'drvPath')
  const middle = await evaluated('middle', 'outPath')
  const middleDrv = await evaluated('middle', 'drvPath')
  const references = await alice.run('nix-store', '--query', '--references', middleDrv)
  const [toolsDrv = ''] = references.split('\n').filter(path => path.endsWith('-tools.drv'))
  const toolsPath = (await alice.run('nix-store', '--query', '--outputs', toolsDrv)).trim()
  await using bob = await guest()
  const whole = await bob.from('whole')
  await bob.person.run('nix', 'copy', ...whole, '--derivation', drv)
  await bob.person.run('nix', 'copy', ...whole, middle, toolsPath)
  const built = await bob.person.attempt('nix-store', ...NOWHERE, '--realise', drv)
  assert.equal(built.status, 0, built.stderr)
  assert.doesNotMatch(built.stderr, /-(?:tools|middle|download\.txt)\.drv/)

  const [, substituter = ''] = whole
  const printed = await bob.person.run('nix', 'log', '--store', substituter, drv)
  assert.equal(printed, 'building the greeting\n')
})
