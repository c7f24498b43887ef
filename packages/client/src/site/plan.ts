/**
 * From the pages that a site has and those that it shall have to what has to be done, in portions that a transaction holds.
 * New pages come before those that refer to them, and what goes does so last: at no moment is a narinfo without its NAR.
 * @module
 */
import { blobKey, type Page, samePage } from './page.ts'

/** One path's change; not both undefined. */
export interface PageChange {
  readonly before: Page | undefined
  readonly after: Page | undefined
}

/** What one transaction does. */
export interface SiteBatch {
  readonly changes: readonly PageChange[]
  /** Blobs, by `blobKey`, that no page needs any more once this is done. */
  readonly freed: readonly string[]
}

/** Sui allows 1024 commands, 128 KiB and 1000 changed dynamic fields; new fields cost up to 5 SUI of gas for fewer. */
const MAX_COMMANDS = 900
const MAX_BYTES = 96 * 1024
const MAX_CHANGES = 400
/** Of a command and its arguments in BCS, a little more than measured (`test/site/limits.test.ts`). */
const COMMAND_BYTES = 85
/** Of the plain values of a page but its strings. */
const PAGE_BYTES = 120
/** A blob that goes takes two commands, and the return of its storage one. */
const FREED_COMMANDS = 3

/** Unchanged pages are not in it. */
export function changesOf(
  before: ReadonlyMap<string, Page>,
  after: ReadonlyMap<string, Page>,
): readonly PageChange[] {
  const changes: PageChange[] = []
  for (const page of after.values()) {
    const old = before.get(page.path)
    if (old === undefined || !samePage(old, page)) changes.push({ before: old, after: page })
  }
  for (const page of before.values())
    if (!after.has(page.path)) changes.push({ before: page, after: undefined })
  return changes.toSorted((left, right) => rank(left) - rank(right))
}

/** @param before every page of the site */
export function batchesOf(
  before: ReadonlyMap<string, Page>,
  changes: readonly PageChange[],
): readonly SiteBatch[] {
  const users = new Map<string, number>()
  const use = (page: Page | undefined, by: number): void => {
    if (page !== undefined) users.set(blobKey(page.place), (users.get(blobKey(page.place)) ?? 0) + by)
  }
  for (const page of before.values()) use(page, 1)
  // What will be added counts at once: a blob does not go between its last old and its first new page.
  for (const { after } of changes) use(after, 1)
  const batches: SiteBatch[] = []
  let open: { changes: PageChange[]; freed: string[]; commands: number; bytes: number } | undefined
  for (const change of changes) {
    const { commands, bytes } = sizeOf(change)
    if (
      open === undefined ||
      open.commands + commands + FREED_COMMANDS > MAX_COMMANDS ||
      open.bytes + bytes > MAX_BYTES ||
      open.changes.length === MAX_CHANGES
    ) {
      open = { changes: [], freed: [], commands: 0, bytes: 0 }
      batches.push(open)
    }
    open.changes.push(change)
    open.commands += commands
    open.bytes += bytes
    if (change.before === undefined) continue
    use(change.before, -1)
    const key = blobKey(change.before.place)
    if (users.get(key) !== 0) continue
    open.freed.push(key)
    open.commands += FREED_COMMANDS
    open.bytes += FREED_COMMANDS * COMMAND_BYTES
  }
  return batches
}

function rank({ after, before }: PageChange): number {
  const order = kind((after ?? before)?.path ?? '')
  return after === undefined ? 10 - order : order
}

function kind(path: string): number {
  if (path.startsWith('/nar/')) return 0
  if (!path.endsWith('.tar.gz')) return 1
  return path.lastIndexOf('/') > 0 ? 2 : 3
}

function sizeOf({ before, after }: PageChange): { commands: number; bytes: number } {
  const headers = after?.headers ?? []
  const commands = (before === undefined ? 0 : 1) + (after === undefined ? 0 : 3 + headers.length)
  const strings = [
    before?.path ?? '',
    after?.path ?? '',
    ...headers.flatMap(({ key, value }) => [key, value]),
  ]
  const text = strings.reduce((sum, string) => sum + Buffer.byteLength(string), 0)
  return { commands, bytes: commands * COMMAND_BYTES + text + PAGE_BYTES }
}
