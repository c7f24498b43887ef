/**
 * Debian packages through apt, which knows the current versions, URLs and hashes: none is ever written down here.
 * @module
 */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NixError } from '../errors.ts'
import { runProcess } from '../process.ts'

/** A Debian package as apt describes it. */
export interface DebianPackage {
  readonly name: string
  readonly url: string
  /** SHA-256 of the archive file, hexadecimal. */
  readonly sha256: string
  /** The downloaded archive file. */
  readonly file: string
}

const URI = /^'([^']+)' (\S+) \d+ SHA256:([0-9a-f]{64})$/gm

async function apt(args: readonly string[], cwd: string): Promise<string> {
  const { status, stdout, stderr } = await runProcess('apt-get', args, { env: process.env, cwd })
  if (status !== 0) {
    throw new NixError(
      'NIX_FAILED',
      `apt-get ${args.join(' ')} failed; is there a network? ${stderr.trim()}`,
      { stderr },
    )
  }
  return stdout
}

async function described(names: readonly string[], dir: string): Promise<DebianPackage[]> {
  const text = await apt(['download', '--print-uris', ...names], dir)
  return [...text.matchAll(URI)].map(([, url = '', file = '', sha256 = '']) => ({
    name: file.split('_')[0] ?? '',
    url,
    sha256,
    file: join(dir, file),
  }))
}

/**
 * Downloads Debian packages into a folder; apt checks their hashes against the signed index.
 * @param dir an existing folder
 */
export async function downloadDebianPackages(
  names: readonly string[],
  dir: string,
): Promise<readonly DebianPackage[]> {
  let packages = await described(names, dir).catch(() => [])
  if (packages.length < names.length && process.getuid?.() === 0) {
    await apt(['update', '-qq'], dir)
    packages = await described(names, dir)
  }
  const missing = names.find(name => !packages.some(found => found.name === name))
  if (missing !== undefined) {
    throw new NixError('NIX_FAILED', `apt knows no package ${missing}; run: sudo apt-get update`)
  }
  await apt(['download', '-qq', ...names], dir)
  return packages
}

/** Kept between runs beside the other caches of the checkout. */
const CACHE = join(import.meta.dirname, '../../../../../node_modules/.cache/squid-seed')

/**
 * The one foreign program of our test flakes: Debian's statically linked busybox, downloaded once for each checkout.
 * @returns its path
 */
export async function seedBusybox(): Promise<string> {
  const kept = join(CACHE, 'busybox')
  if (existsSync(kept)) return kept
  const dir = await mkdtemp(join(tmpdir(), 'squid-seed-'))
  try {
    const [archive] = await downloadDebianPackages(['busybox-static'], dir)
    await runProcess('dpkg', ['-x', archive?.file ?? '', join(dir, 'x')], { env: process.env })
    const files = await readdir(join(dir, 'x'), { recursive: true })
    const busybox = files.find(file => file.endsWith('bin/busybox')) ?? 'bin/busybox'
    await mkdir(CACHE, { recursive: true })
    await copyFile(join(dir, 'x', busybox), `${kept}.${process.pid}`)
    await rename(`${kept}.${process.pid}`, kept)
    return kept
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
