/**
 * Debian control data: stanzas of fields, and the relations between packages that they hold.
 * Spec: https://www.debian.org/doc/debian-policy/ch-controlfields.html, ch-relationships.html
 * @module
 */
import { DebianError } from './errors.ts'
import type { VersionOperator } from './version.ts'

/** Fields of one stanza by their lower-case names; lines of a multi-line field are joined by newlines. */
export type Stanza = ReadonlyMap<string, string>

/** One alternative of a dependency. */
export interface Relation {
  readonly name: string
  readonly constraint?: { readonly operator: VersionOperator; readonly version: string }
}

const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/
const RELATION = /^([^\s(:[<]+)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?$/

/** Whether this can be the name of a Debian package. */
export function isPackageName(text: string): boolean {
  return PACKAGE_NAME.test(text)
}

/**
 * Reads one stanza.
 * @throws {DebianError} DEBIAN_INDEX on a line that is neither a field nor its continuation
 */
export function parseStanza(text: string): Stanza {
  const fields = new Map<string, string>()
  let last: string | undefined
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    if (/^[ \t]/.test(line) && last !== undefined) {
      fields.set(last, `${fields.get(last) ?? ''}\n${line.trim()}`)
      continue
    }
    const colon = line.indexOf(':')
    if (colon <= 0) throw new DebianError('DEBIAN_INDEX', `not a field of control data: ${line.slice(0, 80)}`)
    last = line.slice(0, colon).toLowerCase()
    fields.set(last, line.slice(colon + 1).trim())
  }
  return fields
}

/**
 * Reads a field of relations, such as `Depends`: every entry must hold, each by one of its alternatives.
 * Qualifiers such as `:any` are dropped, since there is one architecture.
 * @throws {DebianError} DEBIAN_INDEX
 */
export function parseRelations(text: string): readonly (readonly Relation[])[] {
  const entries = text.split(',').map(entry => entry.trim())
  return entries
    .filter(entry => entry !== '')
    .map(entry => entry.split('|').map(alternative => parseRelation(alternative.trim())))
}

function parseRelation(text: string): Relation {
  const [, name = '', operator, version] = RELATION.exec(text) ?? []
  if (!isPackageName(name))
    throw new DebianError('DEBIAN_INDEX', `not a relation between packages: ${text.slice(0, 80)}`)
  if (operator === undefined || version === undefined) return { name }
  return { name, constraint: { operator: operator as VersionOperator, version } }
}
