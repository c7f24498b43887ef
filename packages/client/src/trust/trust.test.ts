import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fingerprint, generateSecretKey, publicKeyOf, signText } from '@squid/formats/signature'
import { parseStorePath } from '@squid/formats/store-path'
import * as fc from 'fast-check'
import { homeFrom, type Home } from '../home/index.ts'
import {
  accepts,
  parsePins,
  pinName,
  readPins,
  readPolicy,
  setPin,
  TrustError,
  writePolicy,
} from './index.ts'

const CHAIN = '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi'
const space = (digit: string): string => `0x${digit.repeat(64)}`
const code =
  (code: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof TrustError && error.code === code && message.test(error.message)

async function scratch(): Promise<{ home: Home; path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'squid-trust-'))
  return {
    path,
    home: homeFrom({ SQUID_HOME: path }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  }
}

test('the first use pins a name, the same Space goes on', async () => {
  await using folder = await scratch()
  await pinName(folder.home, CHAIN, 'alice', space('1'))
  await pinName(folder.home, CHAIN, 'alice', space('1'))
  assert.deepEqual(await readPins(folder.home, CHAIN), new Map([['alice', space('1')]]))
  assert.equal((await stat(join(folder.home.state, 'pins', `${CHAIN}.json`))).mode & 0o777, 0o600)
})

test('another Space stops, names both, and changes nothing until accepted', async () => {
  await using folder = await scratch()
  await pinName(folder.home, CHAIN, 'alice', space('1'))
  const both = new RegExp(`${space('1')}.*${space('2')}.*squid trust accept @alice`)
  await assert.rejects(pinName(folder.home, CHAIN, 'alice', space('2')), code('NAME_REBOUND', both))
  await assert.rejects(pinName(folder.home, CHAIN, 'alice', space('2')), code('NAME_REBOUND', both))
  await setPin(folder.home, CHAIN, 'alice', space('2'))
  await pinName(folder.home, CHAIN, 'alice', space('2'))
  await assert.rejects(pinName(folder.home, CHAIN, 'alice', space('1')), code('NAME_REBOUND'))
})

test('names that are used for the first time at once are all pinned', async () => {
  await using folder = await scratch()
  const names = Array.from({ length: 12 }, (_, i) => `name-${i}`)
  await Promise.all(names.map(name => pinName(folder.home, CHAIN, name, space('1'))))
  assert.deepEqual([...(await readPins(folder.home, CHAIN)).keys()].toSorted(), names.toSorted())
})

test('of two Spaces that one name stands for at its first use at once, one wins', async () => {
  await using folder = await scratch()
  const pinned = await Promise.allSettled([
    pinName(folder.home, CHAIN, 'alice', space('1')),
    pinName(folder.home, CHAIN, 'alice', space('2')),
  ])
  const refused = pinned.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  assert.equal(refused.length, 1)
  assert.ok(code('NAME_REBOUND')(refused[0]))
})

test('pins of one chain say nothing on another', async () => {
  await using folder = await scratch()
  await pinName(folder.home, CHAIN, 'alice', space('1'))
  await pinName(folder.home, `5${CHAIN.slice(1)}`, 'alice', space('2'))
})

test('a damaged file of pins stops everything', async () => {
  await using folder = await scratch()
  await pinName(folder.home, CHAIN, 'alice', space('1'))
  const path = join(folder.home.state, 'pins', `${CHAIN}.json`)
  for (const text of ['', '[]', 'null', '{"alice": 1}', '{"alice": "0x1"}', `{"Alice!": "${space('1')}"}`]) {
    await writeFile(path, text)
    await assert.rejects(pinName(folder.home, CHAIN, 'alice', space('1')), code('STATE_DAMAGED'))
    assert.equal(await readFile(path, 'utf8'), text)
  }
})

test('any text is refused by name, or is pins', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), text => {
      try {
        for (const [name, id] of parsePins(text, 'pins'))
          assert.match(`${name} ${id}`, /^[a-z0-9-]+ 0x[0-9a-f]{64}$/)
      } catch (error) {
        assert.ok(error instanceof TrustError)
      }
    }),
  )
})

const claim = {
  storePath: parseStorePath('/nix/store/00000000000000000000000000000000-hello'),
  narHash: new Uint8Array(32),
  narSize: 100n,
  references: [],
  signatures: [],
}

test('publishers are believed unless something else is said', async () => {
  await using folder = await scratch()
  const policy = await readPolicy(folder.home)
  assert.deepEqual(policy, { kind: 'publisher', strict: false })
  assert.ok(accepts(policy, claim))
})

test('a policy of keys wants one good signature', async () => {
  await using folder = await scratch()
  const [mine, another] = [generateSecretKey('mine-1'), generateSecretKey('another-1')]
  await writePolicy(folder.home, { kind: 'keys', keys: [publicKeyOf(mine)], strict: true })
  const policy = await readPolicy(folder.home)
  assert.equal(policy.strict, true)
  const signed = (secret: typeof mine): string => signText(secret, fingerprint(claim))
  assert.ok(accepts(policy, { ...claim, signatures: [signed(another), signed(mine)] }))
  assert.ok(!accepts(policy, claim))
  assert.ok(!accepts(policy, { ...claim, signatures: [signed(another)] }))
  assert.ok(!accepts(policy, { ...claim, narSize: 101n, signatures: [signed(mine)] }))
  await writePolicy(folder.home, { kind: 'publisher', strict: false })
  assert.deepEqual(await readPolicy(folder.home), { kind: 'publisher', strict: false })
})

test('a policy that is not understood believes nobody', async () => {
  await using folder = await scratch()
  for (const text of [
    '',
    'policy = 1',
    'policy = "everybody"',
    'policy = "keys"',
    'policy = "keys"\nkeys = []',
    'policy = "keys"\nkeys = ["x"]',
    'policy = "publisher"\nkeys = ["x"]',
    'policy = "publisher"\nmore = 1',
    'policy = "publisher"\nstrict = "yes"',
    'strict = true',
    '=',
  ]) {
    await writeFile(join(folder.path, 'trust.toml'), text)
    await assert.rejects(readPolicy(folder.home), code('POLICY'))
  }
})
