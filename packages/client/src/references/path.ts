/**
 * The same references as paths of the gateway's URLs (ARCHITECTURE §3):
 * `/@alice/hello.tar.gz`, `/@alice/hello/3.tar.gz`, `/@alice/hello/tag/stable.tar.gz`, and with `0x…` for
 * `@alice`; `/0x….tar.gz` with the id of a flake (latest release only).
 * @module
 */
import {
  assertFlakeName,
  assertTag,
  formatReference,
  LATEST,
  parseSubject,
  parseVersion,
  ReferenceError,
  type Reference,
  type Selection,
} from './reference.ts'

const SUFFIX = '.tar.gz'
const MAX_PATH = 512

/**
 * @param path of a URL, with its leading slash, without query
 * @throws {ReferenceError} when it names no flake
 */
export function parseFlakePath(path: string): Reference {
  if (path.length > MAX_PATH) throw new ReferenceError(path, `it is longer than ${MAX_PATH} characters`)
  if (!path.startsWith('/') || !path.endsWith(SUFFIX)) {
    throw new ReferenceError(path, `the path of a flake begins with / and ends with ${SUFFIX}`)
  }
  const [head = '', ...rest] = path.slice(1, -SUFFIX.length).split('/')
  const subject = parseSubject(path, head)
  const [flake, ...selection] = rest
  if (flake !== undefined) assertFlakeName(path, flake)
  else if (subject.kind === 'name') throw new ReferenceError(path, 'it names no flake')
  return { subject, flake, select: parseSelection(path, selection), attribute: undefined }
}

/**
 * The attribute is left out. The id of a flake alone has no path that selects a release: say which Space and
 * flake it turned out to be.
 * @throws {ReferenceError}
 */
export function formatFlakePath(reference: Reference): string {
  const { subject, flake, select } = reference
  const head = subject.kind === 'name' ? `@${subject.name}` : subject.id
  if (flake === undefined && select.kind !== 'latest') {
    throw new ReferenceError(formatReference(reference), 'no URL has the id of a flake and a release')
  }
  const parts = [head, ...(flake === undefined ? [] : [flake]), ...selectionParts(select)]
  return `/${parts.join('/')}${SUFFIX}`
}

function selectionParts(select: Selection): string[] {
  if (select.kind === 'latest') return []
  return select.kind === 'version' ? [select.version.toString()] : ['tag', select.tag]
}

function parseSelection(path: string, parts: readonly string[]): Selection {
  const [first, second] = parts
  if (first === undefined) return LATEST
  if (parts.length === 1) return { kind: 'version', version: parseVersion(path, first) }
  if (parts.length > 2 || first !== 'tag' || second === undefined) {
    throw new ReferenceError(path, 'after the flake comes nothing, a version, or tag/NAME')
  }
  assertTag(path, second)
  return { kind: 'tag', tag: second }
}
