import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type BlobStore, FileBlobStore, MemoryBlobStore } from './blob-store.ts'
import { encodeOfficially, sampleBytes } from './testing.ts'

const sample = encodeOfficially(sampleBytes(3000), 10)

async function behaves(store: BlobStore): Promise<void> {
  const { id, blob, metadata } = sample
  assert.equal(store.get(id), undefined)
  await store.put(id, blob, metadata)
  await store.addHolder(id, 3)
  await store.addHolder(id, 3)
  assert.deepEqual([...(store.get(id)?.holders ?? [])], [3])
  assert.equal(store.get(id)?.size, 3000)
  assert.deepEqual(store.ids(), [id])
  assert.deepEqual(await store.read(id, 0, 3000), blob)
  assert.deepEqual(await store.read(id, 2990, 100), blob.slice(2990))
  assert.deepEqual(await store.read(id, 3000, 10), new Uint8Array(0))
  await store.remove(id)
  assert.equal(store.get(id), undefined)
}

test('memory keeps blobs', () => behaves(new MemoryBlobStore()))

test('files keep blobs, also over a restart, and half-written ones are forgotten', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'blob-store-'))
  try {
    await behaves(await FileBlobStore.open(dir))
    const { id, blob, metadata } = sample
    const first = await FileBlobStore.open(dir)
    await first.put(id, blob, metadata)
    await first.addHolder(id, 7)
    await writeFile(join(dir, 'new', 'blobs-x'), 'half')
    await writeFile(join(dir, 'blobs', 'no-metadata'), 'orphan')

    const second = await FileBlobStore.open(dir)
    assert.deepEqual([...(second.get(id)?.holders ?? [])], [7])
    assert.deepEqual(second.get(id)?.metadata, metadata)
    assert.deepEqual(await second.read(id, 0, 3000), blob)
    assert.deepEqual(await readdir(join(dir, 'new')), [])
    assert.deepEqual(await readdir(join(dir, 'blobs')), [id])
  } finally {
    await rm(dir, { recursive: true })
  }
})
