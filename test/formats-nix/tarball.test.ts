/** Source tarballs: Nix's own fetcher gets the tree, the hash, the time and the path that we say. */
import assert from 'node:assert/strict'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseNar } from '@squid/formats/nar'
import { hashNarOfPath, narFromPath } from '@squid/formats/nar/fs'
import { formatSri } from '@squid/formats/sri'
import { sourcePath } from '@squid/formats/store-path'
import { sourceTarball } from '@squid/formats/tarball'
import { NixEnvironment } from '@squid/host/nix/testing'
import { nixText } from './sample.ts'

const LAST_MODIFIED = 1_700_000_000

async function writeFlake(dir: string): Promise<void> {
  const deep = join(
    dir,
    'a-rather-long-name-of-a-folder'.repeat(3),
    'another-long-name-of-a-folder'.repeat(3),
  )
  await mkdir(deep, { recursive: true })
  await mkdir(join(dir, 'empty'))
  await writeFile(join(dir, 'flake.nix'), '{ description = "sample"; outputs = _: { answer = 42; }; }\n')
  await writeFile(join(deep, 'é'), 'deep')
  await writeFile(join(dir, 'run'), '#!/bin/sh\n')
  await chmod(join(dir, 'run'), 0o755)
  await symlink('long-target/'.repeat(20), join(dir, 'link'))
}

test('a flake is fetched from our tarball', async () => {
  await using environment = await NixEnvironment.create()
  const dir = join(environment.dir, 'flake')
  await mkdir(dir)
  await writeFlake(dir)
  const { hash } = await hashNarOfPath(dir)
  const file = join(environment.dir, 'flake.tar.gz')
  await writeFile(file, sourceTarball(parseNar(narFromPath(dir)), { lastModified: LAST_MODIFIED }))

  const narHash = formatSri({ algorithm: 'sha256', digest: hash })
  const metadata = JSON.parse(
    nixText(environment, 'nix', ['flake', 'metadata', '--json', `file://${file}`]),
  ) as {
    description: string
    lastModified?: number
    path: string
    locked: { narHash: string }
  }
  assert.equal(metadata.description, 'sample')
  // Nix before 2.17 knows no time of a tarball; GNU tar sees it in the unit test.
  assert.equal(metadata.lastModified ?? LAST_MODIFIED, LAST_MODIFIED)
  assert.equal(metadata.locked.narHash, narHash)
  assert.equal(metadata.path, sourcePath(hash))
  assert.equal(
    nixText(environment, 'nix', ['eval', `file://${file}?narHash=${encodeURIComponent(narHash)}#answer`]),
    '42',
  )
  const wrong = encodeURIComponent(narHash.replace(/-./, '-0'))
  assert.throws(() => nixText(environment, 'nix', ['eval', `file://${file}?narHash=${wrong}#answer`]))
})
