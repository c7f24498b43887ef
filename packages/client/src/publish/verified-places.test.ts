import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import type { ChunkLocation, LocatedChunk } from '@squid/formats/locator'

import { homeFrom } from '../home/index.ts'
import { VerifiedPlaces } from './verified-places.ts'

const PLACE: ChunkLocation = {
  blob: { id: new Uint8Array(32).fill(1), size: 1000 },
  offset: 10,
  length: 20,
  rawSize: 30,
  encoding: 'zstd',
}
const CHUNK: LocatedChunk = { id: new Uint8Array(32).fill(2), location: PLACE }

test('a place is remembered, any other is not it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-verified-'))
  const home = homeFrom({ SQUID_HOME: dir })
  try {
    {
      using places = VerifiedPlaces.open(home)
      assert.equal(places.has(CHUNK), false)
      places.addAll([CHUNK, CHUNK])
    }
    {
      using places = VerifiedPlaces.open(home)
      assert.equal(places.has(CHUNK), true)
      const others: LocatedChunk[] = [
        { ...CHUNK, id: new Uint8Array(32).fill(3) },
        { ...CHUNK, location: { ...PLACE, blob: { id: new Uint8Array(32).fill(4), size: 1000 } } },
        { ...CHUNK, location: { ...PLACE, blob: { id: new Uint8Array(32).fill(1), size: 1001 } } },
        { ...CHUNK, location: { ...PLACE, offset: 11 } },
        { ...CHUNK, location: { ...PLACE, length: 21 } },
        { ...CHUNK, location: { ...PLACE, rawSize: 31 } },
        { ...CHUNK, location: { ...PLACE, encoding: 'raw' } },
      ]
      for (const other of others) assert.equal(places.has(other), false)
    }
    await writeFile(
      join(dir, 'cache', 'verified-places.db'),
      'not a database, but long enough to be read as one'.repeat(20),
    )
    using places = VerifiedPlaces.open(home)
    assert.equal(places.has(CHUNK), false)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
