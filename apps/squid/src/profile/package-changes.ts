/**
 * What differs between two closures, by names and versions as people know them.
 * @module
 */

/** One package that is not the same in both. */
export interface PackageChange {
  readonly name: string
  /** Versions; empty where there was, or is, none. A version may be the empty text. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** `hello` and `1.0` of `/nix/store/HASH-hello-1.0`, by Nix's rule: a version begins with no letter. */
function nameAndVersion(path: string): readonly [name: string, version: string] {
  const full = path.replace(/^\/nix\/store\/[0-9a-z]{32}-/, '')
  const at = full.search(/-[^A-Za-z]/)
  return at < 0 ? [full, ''] : [full.slice(0, at), full.slice(at + 1)]
}

function byName(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const path of paths) {
    const [name] = nameAndVersion(path)
    names.set(name, [...(names.get(name) ?? []), path])
  }
  return names
}

function versionsOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map(path => nameAndVersion(path)[1]))].sort()
}

/** The packages of which the closures hold other store paths, by name. */
export function packageChanges(
  before: readonly string[],
  after: readonly string[],
): readonly PackageChange[] {
  const [old, now] = [byName(before), byName(after)]
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap(name => {
    const [left, right] = [old.get(name) ?? [], now.get(name) ?? []]
    if (left.toSorted().join() === right.toSorted().join()) return []
    return [{ name, before: versionsOf(left), after: versionsOf(right) }]
  })
}

/** One line of a change: `openssl 3.0 → 3.1`, `zlib 1.3 added`, `busybox rebuilt`. */
export function formatPackageChange({ name, before, after }: PackageChange): string {
  const text = (versions: readonly string[]): string => versions.filter(version => version !== '').join(', ')
  const [old, now] = [text(before), text(after)]
  const named = (version: string): string => (version === '' ? name : `${name} ${version}`)
  if (before.length === 0) return `${named(now)} added`
  if (after.length === 0) return `${named(old)} removed`
  return old === now ? `${named(old)} rebuilt` : `${name} ${old} → ${now}`
}
