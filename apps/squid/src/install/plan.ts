/**
 * What an installation consists of: which files, with which text.
 * @module
 */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { type Home, homeFrom } from '@squid/client/home'
import { SquidError } from '@squid/formats/errors'
import { quoted, shimScript } from '../shim/script.ts'

type Env = Readonly<Record<string, string | undefined>>

/** A file to write, or lines to put into one. */
export interface Change {
  readonly kind: 'file' | 'block'
  readonly path: string
  readonly text: string
  /** Permission bits of a new file. */
  readonly mode: number
}

/** Where things belong, without the root folder. */
export interface Places {
  readonly isSystem: boolean
  /** What stands before every path: `/`, or a folder that is another machine's root. */
  readonly root: string
  readonly home: Home
  readonly nixConf: string
  /** Folder of the shim. */
  readonly shim: string
  /** Whole files are ours, in others are lines of ours. */
  readonly profiles: readonly Pick<Change, 'kind' | 'path'>[]
  readonly units: string
  /** Environment of the daemon. */
  readonly daemonEnv: Readonly<Record<string, string>>
  /** Whether systemd runs there. */
  readonly hasSystemd: boolean
}

/** The system's squidd: configuration, policy and key in /etc/squid. */
const SYSTEM_ENV = {
  XDG_CONFIG_HOME: '/etc',
  XDG_DATA_HOME: '/etc',
  XDG_STATE_HOME: '/var/lib',
  XDG_CACHE_HOME: '/var/cache',
} as const

const BIN = resolve(import.meta.dirname, '../../../../bin')

/** The log of changes. */
export function logPath({ home }: Places): string {
  return join(home.state, 'install.json')
}

/** The machine's key. */
export function keyPath({ home }: Places): string {
  return join(home.keys, 'nix-signing-key')
}

/** A path as this process reaches it. */
export function at({ root }: Pick<Places, 'root'>, path: string): string {
  return root === '/' ? path : join(root, path)
}

/** The home as this process reaches it. */
export function reachedHome(places: Places): Home {
  const { config, keys, state, cache } = places.home
  return {
    config: at(places, config),
    keys: at(places, keys),
    state: at(places, state),
    cache: at(places, cache),
  }
}

/** @throws {HomeError} HOME */
export function placesOf(env: Env, isSystem: boolean, root: string): Places {
  const hasSystemd = existsSync(join(root, 'run/systemd/system'))
  if (isSystem) {
    return {
      isSystem,
      root,
      hasSystemd,
      home: homeFrom(SYSTEM_ENV),
      nixConf: '/etc/nix/nix.conf',
      shim: '/usr/local/lib/squid/shim',
      profiles: [{ kind: 'file', path: '/etc/profile.d/squid.sh' }],
      units: '/etc/systemd/system',
      daemonEnv: SYSTEM_ENV,
    }
  }
  const home = homeFrom(env)
  const own = env['HOME'] ?? ''
  if (!isAbsolute(own)) throw new SquidError('HOME', 'HOME is not an absolute path; set it to your folder')
  const xdg = env['XDG_CONFIG_HOME']
  const config = xdg !== undefined && isAbsolute(xdg) ? xdg : join(own, '.config')
  // bash reads .bash_profile or .bash_login instead of .profile where there is one, zsh reads .zprofile.
  const others = ['.bash_profile', '.bash_login', '.zprofile'].filter(name =>
    existsSync(join(root, own, name)),
  )
  const names = ['SQUID_HOME', ...Object.keys(SYSTEM_ENV)]
  return {
    isSystem,
    root,
    hasSystemd,
    home,
    nixConf: join(config, 'nix/nix.conf'),
    shim: join(dirname(home.keys), 'shim'),
    profiles: ['.profile', ...others].map(name => ({ kind: 'block', path: join(own, name) })),
    units: join(config, 'systemd/user'),
    daemonEnv: Object.fromEntries(
      names.flatMap(name => {
        const value = env[name]
        return value === undefined || !isAbsolute(value) ? [] : [[name, value]]
      }),
    ),
  }
}

/** What is to be there. @param publicKey the machine's, of which Nix believes what squidd signs */
export function changesOf(
  places: Places,
  port: number,
  publicKey: string,
  nixConf: string,
): readonly Change[] {
  const { shim, profiles, hasSystemd } = places
  return [
    { kind: 'file', path: join(shim, 'nix'), text: shimScript(join(BIN, 'squid')), mode: 0o755 },
    { kind: 'block', path: places.nixConf, text: nixLines(port, publicKey, nixConf), mode: 0o644 },
    ...(hasSystemd ? units(places, port) : []),
    ...profiles.map(({ kind, path }) => ({ kind, path, text: pathLines(shim), mode: 0o644 })),
  ]
}

/** Nix keeps "not here" for an hour, during which something may be released; who has set that keeps it. */
function nixLines(port: number, publicKey: string, nixConf: string): string {
  const isSet = /^\s*narinfo-cache-negative-ttl\s*=/m.test(nixConf)
  return (
    `extra-substituters = http://squid.localhost:${port}\n` +
    `extra-trusted-public-keys = ${publicKey}\n` +
    (isSet ? '' : 'narinfo-cache-negative-ttl = 0\n')
  )
}

function pathLines(shim: string): string {
  const folder = quoted(shim)
  return `case ":$PATH:" in\n  *:${folder}:*) ;;\n  *) PATH=${folder}:"$PATH"; export PATH ;;\nesac\n`
}

/** A word of a unit file. */
function unitWord(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`
}

function units({ units: folder, daemonEnv, isSystem }: Places, port: number): readonly Change[] {
  const environment = Object.entries(daemonEnv).map(
    ([name, value]) => `Environment=${unitWord(`${name}=${value}`)}\n`,
  )
  const fence = isSystem
    ? 'StateDirectory=squid\nCacheDirectory=squid\nConfigurationDirectory=squid\nConfigurationDirectoryMode=0700\nStateDirectoryMode=0700\nNoNewPrivileges=true\nPrivateTmp=true\n'
    : ''
  return [
    {
      kind: 'file',
      path: join(folder, 'squidd.socket'),
      text: `[Unit]\nDescription=Squid: where Nix asks\n\n[Socket]\nListenStream=127.0.0.1:${port}\n\n[Install]\nWantedBy=sockets.target\n`,
      mode: 0o644,
    },
    {
      kind: 'file',
      path: join(folder, 'squidd.service'),
      text: `[Unit]\nDescription=Squid: releases for Nix\nRequires=squidd.socket\nAfter=squidd.socket\n\n[Service]\nType=exec\nExecStart=${unitWord(join(BIN, 'squidd'))} --port ${port}\n${environment.join('')}${fence}Restart=on-failure\n`,
      mode: 0o644,
    },
  ]
}

/** What the person has to do, or may want to. */
export function stepsOf(places: Places, port: number): readonly string[] {
  const { isSystem, hasSystemd, root } = places
  const environment = Object.entries(SYSTEM_ENV).map(([name, value]) => `${name}=${value}`)
  const via = isSystem ? `sudo env ${environment.join(' ')} ` : ''
  const start = hasSystemd
    ? root === '/'
      ? []
      : [`on that machine: ${systemctl(places, 'enable', '--now', 'squidd.socket').join(' ')}`]
    : [`let squidd start with the machine: ${via}${join(BIN, 'squidd')} --port ${port}`]
  const network = existsSync(at(places, places.home.config))
    ? []
    : [`join a network: ${via}${join(BIN, 'squid')} init --network URL`]
  return [
    ...network,
    ...start,
    ...(isSystem ? ['let nix-daemon read its configuration: sudo systemctl restart nix-daemon'] : []),
    'the shim is first in PATH of the next login',
  ]
}

/** A call of systemd. */
export function systemctl({ isSystem }: Places, ...words: readonly string[]): readonly string[] {
  return ['systemctl', ...(isSystem ? [] : ['--user']), ...words]
}
