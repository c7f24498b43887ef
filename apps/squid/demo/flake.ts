/**
 * Writes the flake of `nix/demo` with what it needs from Debian, as apt has it right now.
 * @module
 */
import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Nix } from '@squid/host/nix'
import { type DebianPackage, downloadDebianPackages, seedBusybox } from '@squid/host/nix/testing'

const TEMPLATE = join(import.meta.dirname, '../../../nix/demo')
/** The compiler, the C library that it links, and the one that it runs on. */
const PACKAGES = ['tcc', 'musl-dev', 'libc6']

/** A name that the Nix store allows. */
function storeName(file: string): string {
  return basename(file)
    .replaceAll('%3a', '-')
    .replace(/[^0-9A-Za-z+._?=-]/g, '-')
}

/** Puts an archive into the store at the very path that its fixed-output derivation has. */
async function addToStore(nix: Nix, file: string, folder: string): Promise<void> {
  const named = join(folder, storeName(file))
  await copyFile(file, named)
  await nix.store(['--add-fixed', 'sha256', named])
}

/**
 * Downloads the Debian packages, adds them to the store (so that Nix fetches nothing), writes the flake.
 * @param folder made when missing; the flake lies there as `hello`
 * @returns the folder of the flake, and what was taken from Debian
 */
export async function writeDemoFlake(
  nix: Nix,
  folder: string,
): Promise<{ readonly flake: string; readonly packages: readonly DebianPackage[] }> {
  const flake = join(folder, 'hello')
  const downloads = join(folder, 'debian')
  const renamed = join(folder, 'renamed')
  await Promise.all([downloads, renamed, join(flake, 'seed')].map(path => mkdir(path, { recursive: true })))
  await cp(TEMPLATE, flake, { recursive: true })
  const packages = await downloadDebianPackages(PACKAGES, downloads)
  for (const { file } of packages) await addToStore(nix, file, renamed)
  const table = packages.map(({ name, url, sha256, file }) => [name, { name: storeName(file), url, sha256 }])
  await writeFile(join(flake, 'debian.json'), `${JSON.stringify(Object.fromEntries(table), null, 2)}\n`)
  await copyFile(await seedBusybox(), join(flake, 'seed/busybox'))
  await chmod(join(flake, 'seed/busybox'), 0o755)
  return { flake, packages }
}
