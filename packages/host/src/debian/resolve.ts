/**
 * Chooses the packages that some wanted packages need to run, and groups those that need each other.
 *
 * Unlike apt this installs nothing: no maintainer script will run, so what only they need is left out, and
 * packages that conflict may both be chosen, since each gets a place of its own.
 * @module
 */
import type { ArchiveIndex, ArchivePackage } from './archive-index.ts'
import type { Relation } from './control.ts'
import { DebianError } from './errors.ts'

/** A chosen package and the chosen packages that it needs directly, by name, sorted. */
export interface ChosenPackage {
  readonly package: ArchivePackage
  readonly depends: readonly string[]
}

/**
 * Dependencies that serve maintainer scripts alone (configuration, users, services, registration), which never run
 * here. A package that wants to be there nevertheless is asked for by name.
 */
const ONLY_FOR_INSTALLING: ReadonlySet<string> = new Set([
  'adduser',
  'base-files',
  'debconf',
  'debconf-2.0',
  'debianutils',
  'dpkg',
  'init-system-helpers',
  'install-info',
  'lsb-base',
  'sysvinit-utils',
  'ucf',
])

/**
 * The dependency closure of the wanted packages. Of alternatives the first wins that is chosen already, then the
 * first that the archive has.
 * @throws {DebianError} DEBIAN_NO_PACKAGE, DEBIAN_UNSATISFIABLE
 */
export function resolvePackages(
  index: ArchiveIndex,
  wanted: readonly string[],
): ReadonlyMap<string, ChosenPackage> {
  const chosen = new Map<string, ArchivePackage>()
  const depends = new Map<string, Set<string>>()
  for (const name of wanted) {
    const found = index.get(name)
    if (found === undefined)
      throw new DebianError('DEBIAN_NO_PACKAGE', `apt knows no package ${name}; is its source configured?`)
    chosen.set(name, found)
  }
  const wantedNames = new Set(wanted)
  for (const [name, found] of chosen) {
    const names = new Set<string>()
    depends.set(name, names)
    for (const alternatives of found.depends) {
      if (isOnlyForInstalling(alternatives, wantedNames)) continue
      const target = choose(index, alternatives, chosen)
      if (target === undefined) throw unsatisfiable(name, alternatives)
      chosen.set(target.name, target) // appended: the loop comes to it
      if (target.name !== name) names.add(target.name)
    }
  }
  return new Map(
    [...chosen].map(([name, found]) => [
      name,
      { package: found, depends: [...(depends.get(name) ?? [])].sort() },
    ]),
  )
}

function isOnlyForInstalling(alternatives: readonly Relation[], wanted: ReadonlySet<string>): boolean {
  return (
    alternatives.some(it => ONLY_FOR_INSTALLING.has(it.name)) && !alternatives.some(it => wanted.has(it.name))
  )
}

function choose(
  index: ArchiveIndex,
  alternatives: readonly Relation[],
  chosen: ReadonlyMap<string, ArchivePackage>,
): ArchivePackage | undefined {
  const candidates = alternatives.flatMap(relation => index.candidates(relation))
  return candidates.find(({ name }) => chosen.has(name)) ?? candidates[0]
}

function unsatisfiable(name: string, alternatives: readonly Relation[]): DebianError {
  const texts = alternatives.map(({ name, constraint }) =>
    constraint === undefined ? name : `${name} (${constraint.operator} ${constraint.version})`,
  )
  return new DebianError(
    'DEBIAN_UNSATISFIABLE',
    `nothing in the configured apt sources satisfies ${texts.join(' | ')}, which ${name} needs`,
  )
}

/**
 * Strongly connected groups of a graph, every group after the groups that it points to (Tarjan's algorithm).
 * @param graph node → nodes that it points to; each of them is a node
 */
export function stronglyConnected(
  graph: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  const order = new Map<string, number>()
  const stack: string[] = []
  const open = new Set<string>()
  const groups: string[][] = []
  const visit = (node: string): number => {
    const number = order.size
    order.set(node, number)
    stack.push(node)
    open.add(node)
    let lowest = number
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) lowest = Math.min(lowest, visit(next))
      else if (open.has(next)) lowest = Math.min(lowest, order.get(next) ?? number)
    }
    if (lowest === number) {
      const group = stack.splice(stack.indexOf(node))
      for (const member of group) open.delete(member)
      groups.push(group.sort())
    }
    return lowest
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return groups
}
