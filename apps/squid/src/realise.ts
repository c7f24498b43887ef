/**
 * Bringing a release's paths into the Nix store, and refusing to go on when they are not what the release says.
 * @module
 */
import { parseHash } from '@squid/formats/sri'
import { checkClosure, closure, type Nix, NixError, type NixPathInfo, realise } from '@squid/host/nix'
import type { RunReport } from '@squid/daemon/gateway'
import { only } from './nix-settings.ts'

/** System of this machine, as Nix names it. */
export function hostSystem(): string {
  const machines: Readonly<Record<string, string>> = {
    x64: 'x86_64',
    arm64: 'aarch64',
    ia32: 'i686',
    arm: 'armv7l',
  }
  return `${machines[process.arch] ?? process.arch}-${process.platform}`
}

/** The closure as the store has it, undefined when something is missing. */
async function present(
  nix: Nix,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly NixPathInfo[] | undefined> {
  try {
    return await closure(nix, paths, { signal })
  } catch (error) {
    if (error instanceof NixError && error.code === 'NIX_FAILED') return undefined
    throw error
  }
}

/** NAR hashes of a release's closure, by path. */
function expectedHashes(report: RunReport): ReadonlyMap<string, Uint8Array> {
  return new Map(report.closure.map(({ path, narHash }) => [path, parseHash(narHash).digest]))
}

/**
 * Fetches what is missing through squidd alone, then compares every NAR hash that the store recorded with the
 * release's manifest.
 * @throws {NixError} NIX_NAR_MISMATCH, NIX_FAILED
 */
export async function realiseRelease(
  nix: Nix,
  report: RunReport,
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<void> {
  let infos = await present(nix, report.paths, signal)
  if (infos === undefined) {
    await realise(nix.with(only(report)), report.paths, { signal, onLine })
    infos = await closure(nix, report.paths, { signal })
  }
  checkClosure(infos, expectedHashes(report))
}
