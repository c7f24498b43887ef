import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises'
import { existsSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Nix } from './nix.ts'
import { NixEnvironment } from './testing/index.ts'
import {
  createElement,
  formatProfileManifest,
  freeName,
  parseProfileManifest,
  type ProfileElement,
} from './profile-manifest.ts'
import { listGenerations, readProfile, switchGeneration, writeProfile } from './profile.ts'

let environment: NixEnvironment
let nix: Nix
before(async () => {
  environment = await NixEnvironment.create()
  nix = await environment.nix()
})
after(async () => {
  await environment[Symbol.asyncDispose]()
})

/** A store path with these files. */
async function tree(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(environment.dir, 'trees', name)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(folder, file, '..'), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  return (await nix.store(['--add', folder])).trim()
}

function element(name: string, storePath: string, priority = 5): ProfileElement {
  return createElement(name, {
    storePaths: [storePath],
    attrPath: `packages.x86_64-linux.${name}`,
    originalUrl: `http://squid.localhost:7878/@alice/${name}.tar.gz`,
    url: `http://squid.localhost:7878/@alice/${name}/1.tar.gz`,
    outputs: undefined,
    priority,
  })
}

async function write(profile: string, elements: readonly ProfileElement[]): Promise<void> {
  const roots = await mkdtemp(join(environment.dir, 'roots-'))
  await writeProfile(nix, profile, { version: 2, elements }, { roots })
  await rm(roots, { recursive: true })
}

/** Where a file of the profile leads. */
function leadsTo(profile: string, file: string): string {
  const generation = readlinkSync(join(profile, '..', readlinkSync(profile)))
  return readlinkSync(join(environment.physical(generation), file))
}

test('generations: made, listed, turned back, and safe from the garbage collector', async () => {
  const profile = join(environment.dir, 'profile')
  assert.deepEqual(listGenerations(profile), [])
  assert.deepEqual((await readProfile(nix, profile)).elements, [])
  const [hello, other] = [
    await tree('hello', { 'bin/hello': '1' }),
    await tree('other', { 'bin/other': '2' }),
  ]
  await write(profile, [element('hello', hello)])
  await write(profile, [element('hello', hello), element('other', other)])
  assert.equal(leadsTo(profile, 'bin/hello'), `${hello}/bin/hello`)
  assert.equal(leadsTo(profile, 'bin/other'), `${other}/bin/other`)
  assert.deepEqual(
    (await readProfile(nix, profile)).elements.map(({ name, storePaths }) => [name, storePaths]),
    [
      ['hello', [hello]],
      ['other', [other]],
    ],
  )
  await nix.store(['--gc'])
  assert.ok(existsSync(environment.physical(other)), 'the generation keeps what it needs')
  assert.equal(
    (await nix.store(['-q', '--references', readlinkSync(`${profile}-2-link`)])).split('\n').length,
    3,
  )
  const back = await switchGeneration(nix, profile, undefined)
  assert.equal(back.number, 1)
  assert.equal(await readlink(profile), 'profile-1-link')
  assert.throws(() => leadsTo(profile, 'bin/other'), { code: 'ENOENT' })
  await switchGeneration(nix, profile, 2)
  assert.deepEqual(
    listGenerations(profile).map(({ number, isCurrent }) => [number, isCurrent]),
    [
      [1, false],
      [2, true],
    ],
  )
  await assert.rejects(switchGeneration(nix, profile, 7), { code: 'NIX_NO_GENERATION', message: /has 1, 2$/ })
  await switchGeneration(nix, profile, 1)
  await assert.rejects(switchGeneration(nix, profile, undefined), { code: 'NIX_NO_GENERATION' })
  await write(profile, [])
  assert.deepEqual((await readProfile(nix, profile)).elements, [])
})

test('two packages with one file: refused naming both, the profile as it was; a priority decides', async () => {
  const profile = join(environment.dir, 'clash')
  const [one, two] = [await tree('one', { 'bin/x': '1' }), await tree('two', { 'bin/x': '2', 'bin/y': '2' })]
  await write(profile, [element('one', one)])
  await assert.rejects(write(profile, [element('one', one), element('two', two)]), {
    code: 'NIX_CONFLICT',
    message: new RegExp(`${one}/bin/x.*${two}/bin/x|${two}/bin/x.*${one}/bin/x`),
  })
  assert.equal(listGenerations(profile).length, 1)
  await write(profile, [element('one', one), element('two', two, 4)])
  assert.equal(leadsTo(profile, 'bin/x'), `${two}/bin/x`)
})

test('a profile of nix-env is left alone', async () => {
  const profile = join(environment.dir, 'classic')
  const path = await tree('classic', { 'manifest.nix': '[]' })
  await nix.classic('nix-env', ['--profile', profile, '--set', path])
  await assert.rejects(readProfile(nix, profile), { code: 'NIX_UNSUPPORTED', message: /nix-env manages/ })
})

// As Nix 2.8 and 2.26 wrote them.
const V2 = `{"elements":[{"active":true,"attrPath":"packages.x86_64-linux.default","originalUrl":"path:/a","storePaths":["/nix/store/2b2p7skfnj41zxd2gkkpz128g9kpahf5-tool-1.0"],"url":"path:/a?narHash=x"},{"active":true,"storePaths":["/nix/store/2b2p7skfnj41zxd2gkkpz128g9kpahf5-tool-1.0"]}],"version":2}`
const V3 = `{"elements":{"tool":{"active":true,"attrPath":"packages.x86_64-linux.default","originalUrl":"path:/a","outputs":null,"priority":5,"storePaths":["/nix/store/2b2p7skfnj41zxd2gkkpz128g9kpahf5-tool-1.0"],"url":"path:/a"}},"version":3}`

test('manifests of both versions are read, and written as they were', () => {
  const second = parseProfileManifest(V2, 'p')
  assert.deepEqual(
    second.elements.map(({ name, url }) => [name, url]),
    [
      ['tool', 'path:/a?narHash=x'],
      ['tool-1', undefined],
    ],
  )
  assert.deepEqual(JSON.parse(formatProfileManifest(second)), JSON.parse(V2))
  assert.deepEqual(JSON.parse(formatProfileManifest(parseProfileManifest(V3, 'p'))), JSON.parse(V3))
  assert.equal(freeName('tool', new Set(['tool', 'tool-1'])), 'tool-2')
})

for (const [what, text, code] of [
  ['no JSON', '{', 'NIX_OUTPUT'],
  ['a list', '[]', 'NIX_OUTPUT'],
  ['another version', '{"version":4,"elements":{}}', 'NIX_UNSUPPORTED'],
  ['an element without store paths', '{"version":2,"elements":[{}]}', 'NIX_OUTPUT'],
] as const) {
  test(`a manifest that is ${what} is refused`, () => {
    assert.throws(() => parseProfileManifest(text, 'p'), { code })
  })
}
