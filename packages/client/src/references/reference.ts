/**
 * References to flakes, as people write them on command lines (ARCHITECTURE §1):
 *
 *     sui:@alice:hello              latest release of alice's flake
 *     sui:@alice:hello?version=3    that version      sui:@alice:hello?tag=stable   what the tag points to
 *     sui:0x…:hello                 with the id of a Space, of an owner, or of a package linked to a name
 *     sui:0x…                       with the id of a flake
 *     …#attr                        as in Nix
 *
 * Every reference has one spelling: what parses formats to itself, short ids apart.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/** What a reference begins with. */
export type Subject =
  | { readonly kind: 'name'; /** Without `@`. */ readonly name: string }
  | { readonly kind: 'id'; /** `0x` and 64 lower-case hex digits. */ readonly id: string }

/** Which release. */
export type Selection =
  | { readonly kind: 'latest' }
  | { readonly kind: 'version'; readonly version: bigint }
  | { readonly kind: 'tag'; readonly tag: string }

export interface Reference {
  readonly subject: Subject
  /** Undefined only with an id, which is then a flake's own. */
  readonly flake: string | undefined
  readonly select: Selection
  /** What follows `#`, as Nix would read it; undefined without `#`. */
  readonly attribute: string | undefined
}

/** Text that is not a reference. `code` is `REFERENCE`. */
export class ReferenceError extends SquidError {
  override name = 'ReferenceError'

  constructor(text: string, problem: string) {
    super('REFERENCE', `${JSON.stringify(shortened(text))} is not a reference: ${problem}.`)
  }
}

/** Longer references are refused unread. */
const MAX_REFERENCE = 1024
/** Of a SuiNS label: `MIN_DOMAIN_LENGTH` and `MAX_DOMAIN_LENGTH` in its `constants` module. */
const NAME = /^(?!-)[a-z0-9-]{3,63}(?<!-)$/
const FLAKE = /^[a-z0-9][a-z0-9_-]{0,63}$/
const TAG = /^[a-z0-9][a-z0-9._-]{0,63}$/
const VERSION = /^[1-9][0-9]{0,19}$/
const ID = /^0x[0-9a-f]{1,64}$/
const MAX_VERSION = 2n ** 64n - 1n

/** @throws {ReferenceError} that says what is wrong with `text` */
export function parseReference(text: string): Reference {
  if (text.length > MAX_REFERENCE)
    throw new ReferenceError(text, `it is longer than ${MAX_REFERENCE} characters`)
  if (!text.startsWith('sui:')) throw new ReferenceError(text, 'it does not begin with sui:')
  const [body, attribute] = cut(text.slice(4), '#')
  const [path, query] = cut(body, '?')
  const [head, flake] = cut(path, ':')
  const subject = parseSubject(text, head)
  if (flake !== undefined) assertFlakeName(text, flake)
  else if (subject.kind === 'name') {
    throw new ReferenceError(text, `it names no flake: write sui:@${subject.name}:FLAKE`)
  }
  if (attribute !== undefined) assertAttribute(text, attribute)
  return { subject, flake, select: query === undefined ? LATEST : parseQuery(text, query), attribute }
}

export function formatReference(reference: Reference): string {
  const { subject, flake, select, attribute } = reference
  const head = subject.kind === 'name' ? `@${subject.name}` : subject.id
  const query =
    select.kind === 'latest'
      ? ''
      : select.kind === 'version'
        ? `?version=${select.version}`
        : `?tag=${select.tag}`
  return `sui:${head}${flake === undefined ? '' : `:${flake}`}${query}${attribute === undefined ? '' : `#${attribute}`}`
}

/**
 * A name as people type it: `alice`, `@alice` or `alice.sui`.
 * @returns the label alone
 * @throws {ReferenceError}
 */
export function parseName(text: string): string {
  const name = text.startsWith('@') ? text.slice(1) : text.endsWith('.sui') ? text.slice(0, -4) : text
  assertName(text, name)
  return name
}

/** @throws {ReferenceError} unless `flake` can name a flake */
export function assertFlakeName(text: string, flake: string): void {
  if (FLAKE.test(flake)) return
  throw new ReferenceError(
    text,
    'a flake is named by 1 to 64 of a-z 0-9 _ -, beginning with a letter or digit',
  )
}

/** @throws {ReferenceError} unless `tag` can name a release */
export function assertTag(text: string, tag: string): void {
  if (TAG.test(tag)) return
  throw new ReferenceError(text, 'a tag is 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit')
}

/** @internal */
export const LATEST: Selection = { kind: 'latest' }

/**
 * `@name` or `0x…`.
 * @param text what was typed, for messages
 * @throws {ReferenceError}
 */
export function parseSubject(text: string, head: string = text): Subject {
  if (head.startsWith('@')) {
    const name = head.slice(1)
    assertName(text, name)
    return { kind: 'name', name }
  }
  if (!ID.test(head))
    throw new ReferenceError(text, 'it names neither an @owner nor a 0x… id in lower-case hex')
  return { kind: 'id', id: `0x${head.slice(2).padStart(64, '0')}` }
}

/** @internal */
export function parseVersion(text: string, digits: string): bigint {
  if (VERSION.test(digits) && BigInt(digits) <= MAX_VERSION) return BigInt(digits)
  throw new ReferenceError(text, 'a version is a whole number from 1')
}

function parseQuery(text: string, query: string): Selection {
  const [name, value] = cut(query, '=')
  if (value === undefined || (name !== 'version' && name !== 'tag')) {
    throw new ReferenceError(text, 'after ? comes version=NUMBER or tag=NAME, one of them')
  }
  if (name === 'version') return { kind: 'version', version: parseVersion(text, value) }
  assertTag(text, value)
  return { kind: 'tag', tag: value }
}

function assertName(text: string, name: string): void {
  if (name.includes('.')) throw new ReferenceError(text, 'names below other names are not supported')
  if (!NAME.test(name)) {
    throw new ReferenceError(text, 'a name is 3 to 63 of a-z 0-9 -, with no - at either end')
  }
}

function assertAttribute(text: string, attribute: string): void {
  for (const character of attribute) {
    if (character < ' ' || character === '\u007f')
      throw new ReferenceError(text, 'the attribute has control characters')
  }
}

/** The text before and after the first `mark`; undefined when there is none. */
function cut(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)]
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`
}
