import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildLog } from './build-log.ts'
import { buildNeeds } from './build-closure.ts'
import { derivationClosure } from './closure.ts'
import { NixEnvironment, writeSampleFlake } from './testing/index.ts'

test('what builds need: downloads, and outputs of one derivation that another takes', async () => {
  await using environment = await NixEnvironment.create()
  const nix = await environment.nix()
  const flake = await writeSampleFlake(join(environment.dir, 'sample'))
  const drvPath = async (attribute: string): Promise<string> =>
    (await nix.capture(['eval', '--raw', `${flake}#${attribute}.drvPath`])).trim()
  const fixed = await drvPath('fixed')
  const files = await derivationClosure(nix, [fixed, await drvPath('several')])
  const derivations = files.map(({ path }) => path).filter(path => path.endsWith('.drv'))
  const [tools = ''] = derivations.filter(path => path.endsWith('-tools.drv'))
  assert.equal(derivations.length, 3)
  assert.deepEqual(await buildNeeds(nix, derivations), {
    sources: [`${fixed}!out`],
    inputs: [`${tools}!out`],
  })
})

test('a log is there when a build printed something', async () => {
  await using environment = await NixEnvironment.create()
  const nix = await environment.nix()
  const flake = await writeSampleFlake(join(environment.dir, 'sample'))
  const built = async (attribute: string): Promise<string> => {
    await nix.attempt(['build', '--no-link', `${flake}#${attribute}`])
    return (await nix.capture(['eval', '--raw', `${flake}#${attribute}.drvPath`])).trim()
  }
  assert.equal(buildLog(nix, await built('library')), undefined, 'it prints nothing')
  const broken = await built('broken')
  const parts: Uint8Array[] = []
  for await (const part of buildLog(nix, broken)?.() ?? []) parts.push(part)
  assert.equal(Buffer.concat(parts).toString(), 'this cannot work\n')

  const name = broken.slice('/nix/store/'.length)
  const file = environment.physical(`/nix/var/log/nix/drvs/${name.slice(0, 2)}/${name.slice(2)}.bz2`)
  await writeFile(file, 'this is certainly no bzip2')
  await assert.rejects(
    async () => {
      for await (const part of buildLog(nix, broken)?.() ?? []) assert.ok(part)
    },
    { code: 'NIX_FAILED', message: /can not be read/ },
  )
})
