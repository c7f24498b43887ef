/**
 * Another release's Nix without installing it: its packages unpacked into a folder, whose `usr` is bound over `/usr` in
 * a mount namespace. Everything else there is the machine's: `/etc`, `/tmp`, `/nix`, the checkout.
 *
 * Usage: node tools/nix-root.ts RELEASE   (prints the folder)
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kept, tell } from './kept.ts'
import { PrivateApt, unpack } from './private-apt.ts'

/** Nix, and what shell scripts beside it need. */
const PACKAGES = ['nix-bin', 'bsdutils', 'coreutils', 'dash', 'grep', 'sed', 'util-linux']

/**
 * The folder with the root of a release, for instance `trixie`, filled when it is not there yet.
 * @throws {Error} a sentence that says what is missing
 */
export function nixRoot(release: string): string {
  try {
    return kept(
      `nix-root-${release}`,
      [readFileSync(import.meta.filename, 'utf8'), release],
      (folder, scratch) => {
        const apt = PrivateApt.ofRelease(join(scratch, 'apt'), release)
        unpack(apt.packages(PACKAGES), folder)
        if (!existsSync(join(folder, 'usr/bin/nix'))) throw new Error('its nix-bin has no /usr/bin/nix')
      },
    )
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`the Nix of Debian ${release} cannot be had through this machine's apt: ${reason}`, {
      cause,
    })
  }
}

if (process.argv[1] === import.meta.filename) tell(() => nixRoot(process.argv[2] ?? 'trixie'))
