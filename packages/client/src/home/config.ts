/**
 * config.toml: which network this home belongs to, with which key.
 * @module
 */
import { parse, stringify } from 'smol-toml'
import { readFileIfAny, writeFileAtomically } from './files.ts'
import { HomeError, type Home } from './home.ts'

/** What `squid init` fixed. */
export interface Config {
  /** `embedded`, or where the network descriptor is: a URL or a file. */
  readonly network: string
  /** Chain id seen at init; another one is refused. Undefined until an embedded network first ran. */
  readonly chainId: string | undefined
  /** Digest of the contracts that the descriptor named at init; others are refused. Absent with an embedded network. */
  readonly contracts?: string
  /** File name in the keys folder. */
  readonly key: string
  /** RPC URLs of further full nodes, which must tell the same as the first. */
  readonly compare: readonly string[]
  /** URLs of Walrus aggregators, without trailing slash: asked for what the storage nodes do not give. Absent is none. */
  readonly aggregators?: readonly string[]
  /** Spaces whose paths squidd serves to every call of Nix: `@name` or `0x…`. */
  readonly subscriptions?: readonly string[]
  /** Where others reach this home's gateway; URLs of releases begin with it. Absent is the gateway itself. */
  readonly publicBase?: string
}

const FIELDS: ReadonlySet<string> = new Set([
  'network',
  'chain-id',
  'contracts',
  'key',
  'compare',
  'aggregators',
  'subscriptions',
  'public-base',
])

/**
 * @returns undefined when this home was never initialised
 * @throws {HomeError} CONFIG when the file is not what {@link writeConfig} could have written
 */
export async function readConfig(home: Home): Promise<Config | undefined> {
  const text = await readFileIfAny(home.config)
  return text === undefined ? undefined : parseConfig(text, home.config)
}

export async function writeConfig(home: Home, config: Config): Promise<void> {
  await writeFileAtomically(home.config, formatConfig(config))
}

function formatConfig(config: Config): string {
  const { network, chainId, contracts, key, compare, aggregators, subscriptions = [], publicBase } = config
  return stringify({
    network,
    ...(chainId === undefined ? {} : { 'chain-id': chainId }),
    ...(contracts === undefined ? {} : { contracts }),
    key,
    ...(compare.length === 0 ? {} : { compare: [...compare] }),
    ...(aggregators === undefined ? {} : { aggregators: [...aggregators] }),
    ...(subscriptions.length === 0 ? {} : { subscriptions: [...subscriptions] }),
    ...(publicBase === undefined ? {} : { 'public-base': publicBase }),
  })
}

function parseConfig(text: string, path: string): Config {
  const bad = (what: string, cause?: unknown): HomeError =>
    new HomeError('CONFIG', `${path} ${what}: mend it, or remove it and run squid init.`, { cause })
  let table: Record<string, unknown>
  try {
    table = parse(text)
  } catch (error) {
    throw bad('is not TOML', error)
  }
  const unknown = Object.keys(table).find(name => !FIELDS.has(name))
  if (unknown !== undefined) throw bad(`has the unknown field ${unknown}`)
  const {
    network,
    'chain-id': chainId,
    contracts,
    key,
    compare = [],
    aggregators,
    subscriptions = [],
    'public-base': publicBase,
  } = table
  if (typeof network !== 'string' || network === '') throw bad('does not name a network')
  if (chainId !== undefined && typeof chainId !== 'string') throw bad('has a chain-id that is not text')
  if (contracts !== undefined && typeof contracts !== 'string') throw bad('has contracts that are not text')
  if (typeof key !== 'string' || key === '') throw bad('does not name a key')
  if (!Array.isArray(compare) || !compare.every(url => typeof url === 'string')) {
    throw bad('has a compare that is not a list of URLs')
  }
  if (aggregators !== undefined && !isListOfUrls(aggregators)) {
    throw bad('has aggregators that are not a list of http or https URLs without trailing slash')
  }
  if (!Array.isArray(subscriptions) || !subscriptions.every(space => typeof space === 'string')) {
    throw bad('has subscriptions that are not a list of names')
  }
  if (publicBase !== undefined && (typeof publicBase !== 'string' || !isBaseUrl(publicBase))) {
    throw bad('has a public-base that is not an http or https URL without trailing slash, query and fragment')
  }
  return {
    network,
    chainId,
    ...(contracts === undefined ? {} : { contracts }),
    key,
    compare,
    ...(aggregators === undefined ? {} : { aggregators }),
    ...(subscriptions.length === 0 ? {} : { subscriptions }),
    ...(publicBase === undefined ? {} : { publicBase }),
  }
}

/**
 * Whether paths can be put behind it: an http or https URL as a browser would write it, without user, query, fragment and
 * trailing slash.
 */
export function isBaseUrl(text: string): boolean {
  if (!/^https?:\/\/[^?#]*[^/?#]$/.test(text)) return false
  const url = URL.parse(text)
  return url !== null && url.username + url.password === '' && url.href.replace(/\/$/, '') === text
}

function isListOfUrls(value: unknown): value is readonly string[] {
  const isUrl = (url: unknown): boolean =>
    typeof url === 'string' && /^https?:\/\/[^?#]*[^/?#]$/.test(url) && URL.canParse(url)
  return Array.isArray(value) && value.every(isUrl)
}
