/**
 * Where Squid keeps its files (ARCHITECTURE §6): `$SQUID_HOME/{config.toml,keys/,state/,cache/}` when that is
 * set, else the XDG base directories.
 * Spec: https://specifications.freedesktop.org/basedir-spec/latest/
 * @module
 */
import { isAbsolute, join } from 'node:path'
import { SquidError } from '@squid/formats/errors'

/** Absolute paths. Nothing is made until it is written to. */
export interface Home {
  /** The file config.toml. */
  readonly config: string
  /** Folder of secret keys. */
  readonly keys: string
  /** Folder of what must not be lost: pins, versions seen, journals. */
  readonly state: string
  /** Folder of what can be fetched again. */
  readonly cache: string
}

/** The environment or a file of {@link Home} is not usable. */
export class HomeError extends SquidError {
  override name = 'HomeError'
}

/** @throws {HomeError} HOME when neither SQUID_HOME nor HOME says where */
export function homeFrom(env: Readonly<Record<string, string | undefined>>): Home {
  const own = env['SQUID_HOME']
  if (own !== undefined && own !== '') {
    assertAbsolute('SQUID_HOME', own)
    return {
      config: join(own, 'config.toml'),
      keys: join(own, 'keys'),
      state: join(own, 'state'),
      cache: join(own, 'cache'),
    }
  }
  return {
    config: join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'squid', 'config.toml'),
    keys: join(xdg(env, 'XDG_DATA_HOME', '.local/share'), 'squid', 'keys'),
    state: join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'squid'),
    cache: join(xdg(env, 'XDG_CACHE_HOME', '.cache'), 'squid'),
  }
}

/** A relative value is ignored, as the specification asks. */
function xdg(env: Readonly<Record<string, string | undefined>>, name: string, otherwise: string): string {
  const value = env[name]
  if (value !== undefined && isAbsolute(value)) return value
  const home = env['HOME']
  if (home === undefined || home === '') {
    throw new HomeError(
      'HOME',
      'Neither SQUID_HOME nor HOME is set: set SQUID_HOME to the folder for your files.',
    )
  }
  assertAbsolute('HOME', home)
  return join(home, otherwise)
}

function assertAbsolute(name: string, path: string): void {
  if (isAbsolute(path)) return
  throw new HomeError('HOME', `${name} is ${path}, which is not an absolute path: set it to one.`)
}
