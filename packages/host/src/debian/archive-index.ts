/**
 * The packages of the configured archives: the one version of each that apt would install, and who provides what.
 * @module
 */
import { isPackageName, parseRelations, parseStanza, type Relation } from './control.ts'
import { DebianError } from './errors.ts'
import { satisfies } from './version.ts'

/** What an archive says of one package. */
export interface ArchivePackage {
  readonly name: string
  readonly version: string
  /** Name of the source package that it was built from. */
  readonly source: string
  /** `Pre-Depends` and `Depends`: each entry is a list of alternatives. */
  readonly depends: readonly (readonly Relation[])[]
  readonly provides: readonly Relation[]
  /** `required`, `important`, `standard`, `optional` or `extra`. */
  readonly priority: string
}

const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra']

/** An index of packages, read as far as it is asked. */
export class ArchiveIndex {
  readonly #stanzas = new Map<string, string>()
  readonly #providers = new Map<string, string[]>()
  readonly #parsed = new Map<string, ArchivePackage>()

  /** @param text what `apt-cache dumpavail` prints */
  constructor(text: string) {
    for (const stanza of text.split(/\n\n+/)) {
      const name = /^Package: (.+)$/m.exec(stanza)?.[1]
      if (name === undefined || !isPackageName(name)) continue
      this.#stanzas.set(name, stanza)
      const provides = /^Provides: (.+)$/m.exec(stanza)?.[1]
      if (provides !== undefined) this.#noteProvider(name, provides)
    }
  }

  #noteProvider(name: string, provides: string): void {
    for (const virtual of provides.matchAll(/(?:^|,)\s*([a-z0-9][a-z0-9+.-]+)/g)) {
      const key = virtual[1] ?? ''
      this.#providers.set(key, [...(this.#providers.get(key) ?? []), name])
    }
  }

  /** The package of that name, or undefined when there is none. @throws {DebianError} DEBIAN_INDEX */
  get(name: string): ArchivePackage | undefined {
    const known = this.#parsed.get(name)
    if (known !== undefined) return known
    const stanza = this.#stanzas.get(name)
    if (stanza === undefined) return undefined
    const parsed = readPackage(name, stanza)
    this.#parsed.set(name, parsed)
    return parsed
  }

  /** Packages that satisfy a relation: the real one first, then providers by priority and name. */
  candidates(relation: Relation): readonly ArchivePackage[] {
    const real = this.get(relation.name)
    const providers = (this.#providers.get(relation.name) ?? [])
      .map(name => this.get(name))
      .filter(found => found !== undefined)
      .filter(found => provides(found, relation))
      .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
    return real !== undefined && holds(real.version, relation) ? [real, ...providers] : providers
  }
}

function readPackage(name: string, text: string): ArchivePackage {
  const fields = parseStanza(text)
  const version = fields.get('version')
  if (version === undefined) throw new DebianError('DEBIAN_INDEX', `the index has no version of ${name}`)
  const depends = [fields.get('pre-depends'), fields.get('depends')].filter(field => field !== undefined)
  return {
    name,
    version,
    source: (fields.get('source') ?? name).split(' ')[0] ?? name,
    depends: parseRelations(depends.join(',')),
    provides: parseRelations(fields.get('provides') ?? '').flat(),
    priority: fields.get('priority') ?? 'optional',
  }
}

function holds(version: string, { constraint }: Relation): boolean {
  return constraint === undefined || satisfies(version, constraint.operator, constraint.version)
}

/** A virtual package has the version that its provider gives it, or none, which satisfies no constraint. */
function provides(candidate: ArchivePackage, relation: Relation): boolean {
  return candidate.provides.some(({ name, constraint }) => {
    if (name !== relation.name) return false
    return (
      relation.constraint === undefined || (constraint !== undefined && holds(constraint.version, relation))
    )
  })
}

function rank({ priority }: ArchivePackage): number {
  const found = PRIORITIES.indexOf(priority)
  return found < 0 ? PRIORITIES.length : found
}
