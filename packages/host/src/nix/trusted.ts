/**
 * Whether Nix lets this user name caches and keys. A Nix of several users builds and fetches in a daemon, which takes
 * `substituters` and `trusted-public-keys` only from those whom its own configuration trusts.
 * Manual: https://nix.dev/manual/nix/latest/command-ref/conf-file#conf-trusted-users
 * @module
 */
import { accessSync, constants, existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Nix, NixCallOptions } from './nix.ts'
import { runProcess } from './process.ts'
import { isRecord } from './shape.ts'

const STATE = '/nix/var/nix'

/** Does a daemon do the work? By the rule of Nix's `auto`, unless NIX_REMOTE names a store. */
function usesDaemon(env: Nix['env']): boolean {
  const remote = env['NIX_REMOTE'] ?? ''
  if (remote === 'daemon' || remote.startsWith('unix://')) return true
  if (remote !== '' && remote !== 'auto') return false
  try {
    accessSync(STATE, constants.R_OK | constants.W_OK)
    return false
  } catch {
    return existsSync(env['NIX_DAEMON_SOCKET_PATH'] ?? `${STATE}/daemon-socket/socket`)
  }
}

/** Does a list as `trusted-users` has it name the user? */
export function namesUser(list: readonly string[], user: string, groups: readonly string[]): boolean {
  return list.some(entry => entry === '*' || entry === user || groups.some(group => entry === `@${group}`))
}

/** What the daemon says of its client: Nix 2.15 and newer. */
async function toldByDaemon(nix: Nix, options: NixCallOptions): Promise<boolean | undefined> {
  const { status, stdout } = await nix.attempt(['store', 'ping', '--json'], options)
  if (status !== 0) return undefined
  try {
    const value: unknown = JSON.parse(stdout)
    const trusted = isRecord(value) ? value['trusted'] : undefined
    return trusted === undefined || trusted === null ? undefined : trusted === true || trusted === 1
  } catch {
    return undefined
  }
}

/** By the configuration that this user can read, which is the daemon's where it is the machine's. */
async function toldByConfiguration(nix: Nix, options: NixCallOptions): Promise<boolean> {
  const value = await nix.json(['show-config'], options)
  const setting = isRecord(value) ? value['trusted-users'] : undefined
  const list: unknown = isRecord(setting) ? setting['value'] : undefined
  const entries = Array.isArray(list) ? list.filter(item => typeof item === 'string') : ['root']
  const { stdout } = await runProcess('id', ['-Gn'], { env: nix.env })
  return namesUser(entries, userInfo().username, stdout.trim().split(/\s+/))
}

/**
 * May this user name caches and keys?
 * @returns true too where there is no daemon
 * @throws {NixError} NIX_FAILED
 */
export async function isTrustedUser(nix: Nix, options: NixCallOptions = {}): Promise<boolean> {
  if (!usesDaemon(nix.env)) return true
  return (await toldByDaemon(nix, options)) ?? (await toldByConfiguration(nix, options))
}
