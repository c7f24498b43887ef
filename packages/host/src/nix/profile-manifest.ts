/**
 * `manifest.json` of a profile, as `nix profile` reads and writes it: version 2 (Nix 2.4 to 2.19, a list of elements)
 * and version 3 (2.20 and later, elements by name). What we do not know of an element is kept as it is.
 * Manual: https://nix.dev/manual/nix/latest/command-ref/files/manifest.json
 * @module
 */
import { NixError } from './errors.ts'
import { isRecord, stringsOf } from './shape.ts'

/** Something that is installed in a profile. */
export interface ProfileElement {
  /** How people call it; in version 2 it follows from the rest. */
  readonly name: string
  readonly active: boolean
  /** Of two files with one name, that of the lower number is in the profile. */
  readonly priority: number
  readonly storePaths: readonly string[]
  /** Of the flake, for instance `packages.x86_64-linux.hello`. */
  readonly attrPath: string | undefined
  /** As it was asked for: a URL that may lead to another release tomorrow. */
  readonly originalUrl: string | undefined
  /** What that led to when it was installed. */
  readonly url: string | undefined
  /** Everything that the manifest says of it. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** What is installed in a profile. */
export interface ProfileManifest {
  readonly version: 2 | 3
  readonly elements: readonly ProfileElement[]
}

/** As Nix has it. */
export const DEFAULT_PRIORITY = 5

/** A profile in which nothing is installed; every Nix from 2.8 on reads it. */
export const EMPTY_PROFILE: ProfileManifest = { version: 2, elements: [] }

/** How an element is made. */
export interface NewElement {
  readonly storePaths: readonly string[]
  readonly attrPath: string
  readonly originalUrl: string
  readonly url: string
  /** Names of outputs where others are wanted than the package's own choice. */
  readonly outputs: readonly string[] | undefined
  readonly priority: number
}

/** An element as `nix profile` would have written it. */
export function createElement(name: string, element: NewElement): ProfileElement {
  const { storePaths, attrPath, originalUrl, url, priority, outputs } = element
  const fields = {
    active: true,
    attrPath,
    originalUrl,
    outputs: outputs ?? null,
    priority,
    storePaths: [...storePaths],
    url,
  }
  return elementOf(fields, name)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** `hello` of `packages.x86_64-linux.hello`; what is the default is called by its store path's name. */
function nameOf(attrPath: string | undefined, storePaths: readonly string[]): string {
  const last = attrPath?.split('.').at(-1)
  if (last !== undefined && last !== 'default') return last
  return (storePaths[0] ?? '').replace(/^\/nix\/store\/[^-]*-/, '').replace(/-[0-9].*$/, '')
}

function elementOf(fields: Record<string, unknown>, name: string | undefined): ProfileElement {
  const storePaths = stringsOf(fields['storePaths'], 'storePaths of a profile')
  const attrPath = textOf(fields['attrPath'])
  const priority = fields['priority']
  return {
    name: name ?? nameOf(attrPath, storePaths),
    active: fields['active'] !== false,
    priority: typeof priority === 'number' && Number.isSafeInteger(priority) ? priority : DEFAULT_PRIORITY,
    storePaths,
    attrPath,
    originalUrl: textOf(fields['originalUrl']),
    url: textOf(fields['url']),
    fields,
  }
}

/** With a number behind those that are not the first of their name, as Nix does. */
function distinct(elements: readonly ProfileElement[]): readonly ProfileElement[] {
  const taken = new Set<string>()
  return elements.map(element => {
    const name = freeName(element.name, taken)
    taken.add(name)
    return name === element.name ? element : { ...element, name }
  })
}

/** The name, or with `-1`, `-2` … when it is taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 0; ; number++) {
    const candidate = number === 0 ? name : `${name}-${number}`
    if (!taken.has(candidate)) return candidate
  }
}

/**
 * @param path of the profile, for messages
 * @throws {NixError} NIX_UNSUPPORTED for another version, NIX_OUTPUT for what no Nix wrote
 */
export function parseProfileManifest(text: string, path: string): ProfileManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new NixError('NIX_OUTPUT', `the manifest.json of ${path} is not JSON`, { cause })
  }
  if (!isRecord(value)) throw new NixError('NIX_OUTPUT', `the manifest.json of ${path} is no object`)
  const { version, elements } = value
  if (version === 2 && Array.isArray(elements)) {
    const list = elements.map((item: unknown) => elementOf(isRecord(item) ? item : {}, undefined))
    return { version, elements: distinct(list) }
  }
  if (version === 3 && isRecord(elements)) {
    const list = Object.entries(elements).map(([name, item]) => elementOf(isRecord(item) ? item : {}, name))
    return { version, elements: list }
  }
  throw new NixError(
    'NIX_UNSUPPORTED',
    `the profile ${path} has a manifest of version ${String(version)}, which squid does not know; choose another with --profile`,
  )
}

/** The text that `parseProfileManifest` reads, the same for the same elements. */
export function formatProfileManifest({ version, elements }: ProfileManifest): string {
  const items =
    version === 2
      ? elements.map(({ fields }) => fields)
      : Object.fromEntries(elements.map(({ name, fields }) => [name, fields]))
  return JSON.stringify({ elements: items, version })
}
