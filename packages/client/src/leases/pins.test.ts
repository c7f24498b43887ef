import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { homeFrom } from '../home/index.ts'
import { readReleasePins, setReleasePin } from './index.ts'

const FLAKE = `0x${'a'.repeat(64)}`
const OTHER = `0x${'b'.repeat(64)}`

test('a release is pinned until it is released', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-pins-'))
  try {
    const home = homeFrom({ SQUID_HOME: dir })
    assert.equal((await readReleasePins(home))(FLAKE, 1n), false)
    assert.equal(await setReleasePin(home, FLAKE, 1n, true), true)
    assert.equal(await setReleasePin(home, FLAKE, 1n, true), false)
    const pinned = await readReleasePins(home)
    assert.deepEqual([pinned(FLAKE, 1n), pinned(FLAKE, 11n), pinned(OTHER, 1n)], [true, false, false])
    await Promise.all([setReleasePin(home, OTHER, 2n, true), setReleasePin(home, FLAKE, 1n, false)])
    const later = await readReleasePins(home)
    assert.deepEqual([later(FLAKE, 1n), later(OTHER, 2n)], [false, true])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})

test('a damaged list is refused, not taken for an empty one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-pins-'))
  try {
    const home = homeFrom({ SQUID_HOME: dir })
    await setReleasePin(home, FLAKE, 1n, true)
    await writeFile(join(home.state, 'kept-releases'), `${FLAKE} 1\nwhat\n`)
    await assert.rejects(readReleasePins(home), { code: 'PINS_DAMAGED' })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
