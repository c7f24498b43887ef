import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Nix } from '@squid/host/nix'
import { ComparedClosure } from './compared-closure.ts'

const A = `/nix/store/${'a'.repeat(32)}-a`
const B = `/nix/store/${'b'.repeat(32)}-b`

test('a closure is known while its paths are the very ones that were compared', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-compared-'))
  try {
    const home = { cache: join(dir, 'cache') }
    const nix = Nix.find({ env: { ...process.env, NIX_REMOTE: dir } })
    const report = {
      closure: [
        { path: A, narHash: 'sha256-1' },
        { path: B, narHash: 'sha256-2' },
      ],
    }
    const compared = (): ComparedClosure => new ComparedClosure(home, nix, report)
    await mkdir(join(dir, 'nix/store'), { recursive: true })
    await mkdir(join(dir, A))
    assert.equal(compared().isKnown(), false, 'nothing is there')
    compared().remember(compared().look())
    assert.equal(compared().isKnown(), false, 'one path is missing')
    await writeFile(join(dir, B), 'b')
    assert.equal(compared().isKnown(), false, 'it was never compared')
    compared().remember('what was there before it was compared')
    assert.equal(compared().isKnown(), false, 'it changed while it was compared')
    compared().remember(compared().look())
    assert.equal(compared().isKnown(), true)
    const other = { closure: report.closure.map(({ path }) => ({ path, narHash: 'sha256-3' })) }
    assert.equal(new ComparedClosure(home, nix, other).isKnown(), false, 'another release of the same paths')

    await rename(join(dir, B), join(dir, 'away'))
    assert.equal(compared().isKnown(), false, 'a path went')
    await writeFile(join(dir, B), 'b')
    assert.equal(compared().isKnown(), false, 'and came in again')
    compared().remember(compared().look())
    assert.equal(compared().isKnown(), true)
    const [file = ''] = await readdir(join(home.cache, 'compared'))
    await writeFile(join(home.cache, 'compared', file), 'damaged')
    assert.equal(compared().isKnown(), false, 'the record is damaged')
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('where only Nix can read the store, nothing is known', () => {
  const nix = Nix.find({ env: { ...process.env, NIX_REMOTE: 'ssh://elsewhere' } })
  const report = { closure: [{ path: A, narHash: 'sha256-1' }] }
  const compared = new ComparedClosure({ cache: '/nowhere' }, nix, report)
  assert.deepEqual([compared.look(), compared.isKnown()], [undefined, false])
  compared.remember(undefined)
})
