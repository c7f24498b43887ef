/**
 * Installing and taking it back. Everything is in the log before it is done, so whatever kills this, either of the two
 * goes on from there.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, lstat, mkdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { type Home, readFileIfAny, writeFileAtomically } from '@squid/client/home'
import { machineKeys } from '@squid/client/trust'
import { SquidError } from '@squid/formats/errors'
import { formatPublicKey, publicKeyOf } from '@squid/formats/signature'
import { SHIM_MARK } from '../shim/folders.ts'
import { cutBlock, putBlock } from './block.ts'
import { type ChangeLog, type Entry, NOTHING, readChangeLog, writeChangeLog } from './change-log.ts'
import {
  at,
  type Change,
  changesOf,
  keyPath,
  logPath,
  type Places,
  reachedHome,
  stepsOf,
  systemctl,
} from './plan.ts'

/** What was done, or would be. */
export interface Action {
  readonly what: 'write' | 'add' | 'make' | 'restore' | 'remove' | 'keep' | 'run'
  readonly path: string
  /** What is put there, or why it is kept. */
  readonly text?: string
}

type Tell = (action: Action) => void

/** How to install. */
export interface InstallOptions {
  readonly port: number
  /** Only say what would be done. */
  readonly isDry: boolean
  readonly tell: Tell
}

const MADE_LATER = 'KEY-OF-THIS-MACHINE'

/** @returns steps for the person @throws {SquidError} INSTALL_OTHER, INSTALL_LINK before anything is changed */
export async function install(places: Places, options: InstallOptions): Promise<readonly string[]> {
  const { port, isDry, tell } = options
  const former = (await readChangeLog(at(places, logPath(places)))) ?? NOTHING
  const nixConf = cutBlock((await readFileIfAny(at(places, places.nixConf))) ?? '')
  const planned = changesOf(places, port, MADE_LATER, nixConf)
  for (const change of planned) await assertOurs(places, change, former)
  const hasMadeKey = former.hasMadeKey || !existsSync(at(places, keyPath(places)))
  const folders = await missingFolders(places, [
    logPath(places),
    keyPath(places),
    ...planned.map(({ path }) => path),
  ])
  const begun: ChangeLog = { ...former, hasMadeKey, folders: [...new Set([...former.folders, ...folders])] }
  if (isDry) {
    for (const path of folders) tell({ what: 'make', path })
    const known = existsSync(at(places, keyPath(places))) ? await publicKey(reachedHome(places)) : MADE_LATER
    if (known === MADE_LATER) tell({ what: 'make', path: keyPath(places) })
    await applyAll(places, changesOf(places, port, known, nixConf), tell, true)
    return stepsOf(places, port)
  }
  // The folder of the log comes first, for the log names all others.
  const logFolders = folders.filter(path => !relative(path, logPath(places)).startsWith('..'))
  for (const path of logFolders) await makeFolder(places, path)
  await writeChangeLog(at(places, logPath(places)), begun)
  for (const path of folders) {
    await makeFolder(places, path)
    tell({ what: 'make', path })
  }
  const isNewKey = !existsSync(at(places, keyPath(places)))
  const key = await publicKey(reachedHome(places))
  if (isNewKey) tell({ what: 'make', path: keyPath(places) })
  const changes = changesOf(places, port, key, nixConf)
  const entries = await Promise.all(changes.map(change => entryOf(places, change, former)))
  const kept = former.entries.filter(({ path }) => entries.every(entry => entry.path !== path))
  const isEnabled = former.isEnabled || (places.hasSystemd && places.root === '/')
  await writeChangeLog(at(places, logPath(places)), {
    ...begun,
    publicKey: key,
    entries: [...kept, ...entries],
    isEnabled,
  })
  await applyAll(places, changes, tell, false)
  return [...enable(places, tell), ...stepsOf(places, port)]
}

async function publicKey(home: Home): Promise<string> {
  const [current] = await machineKeys(home)
  return formatPublicKey(publicKeyOf(current))
}

/** Files that are ours alone must be ours; links are somebody's who manages the file elsewhere. */
async function assertOurs(places: Places, { kind, path }: Change, log: ChangeLog): Promise<void> {
  const file = at(places, path)
  const found = await lstat(file).catch(() => undefined)
  if (found === undefined) return
  if (!found.isFile()) {
    throw new SquidError(
      'INSTALL_LINK',
      `${file} is no plain file, so something else manages it; see squid install --dry-run for what it needs, and put it there by hand`,
    )
  }
  if (kind === 'block') return
  const text = (await readFileIfAny(file)) ?? ''
  const entry = log.entries.find(known => known.path === path)
  if (entry?.puts.includes(text) === true || text.split('\n')[1] === SHIM_MARK) return
  throw new SquidError('INSTALL_OTHER', `${file} is there and not of squid install; move it away first`)
}

/** What was there stays what it was before the first installation. */
async function entryOf(places: Places, { kind, path, text }: Change, log: ChangeLog): Promise<Entry> {
  const former = log.entries.find(entry => entry.path === path)
  if (former !== undefined) {
    return { ...former, puts: [...former.puts.filter(put => put !== text), text] }
  }
  const current = await readFileIfAny(at(places, path))
  const before = current === undefined ? null : kind === 'block' ? cutBlock(current) : current
  return { kind, path, before: kind === 'file' && before === text ? null : before, puts: [text] }
}

async function applyAll(
  places: Places,
  changes: readonly Change[],
  tell: Tell,
  isDry: boolean,
): Promise<void> {
  for (const { kind, path, text, mode } of changes) {
    const file = at(places, path)
    const current = await readFileIfAny(file)
    const wanted = kind === 'file' ? text : putBlock(current ?? '', text)
    if (current === wanted) continue
    tell({ what: kind === 'file' ? 'write' : 'add', path, text })
    if (!isDry) await replace(file, wanted, mode)
  }
}

/** Keeps owner and permissions of a file that is there. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  const found = await lstat(file).catch(() => undefined)
  await writeFileAtomically(file, text, found === undefined ? mode : found.mode & 0o7777)
  if (found !== undefined && process.getuid?.() === 0) await chown(file, found.uid, found.gid)
}

/** Folders on the way to these files that are not there, the outer ones first. */
async function missingFolders(places: Places, paths: readonly string[]): Promise<readonly string[]> {
  const missing = new Set<string>()
  for (const path of paths) {
    const way: string[] = []
    for (let folder = dirname(path); !existsSync(at(places, folder)); folder = dirname(folder)) {
      way.unshift(folder)
    }
    for (const folder of way) missing.add(folder)
  }
  return [...missing]
}

async function makeFolder(places: Places, path: string): Promise<void> {
  const { home } = places
  const isPrivate = [home.state, home.keys, dirname(home.config)].includes(path)
  await mkdir(at(places, path), { recursive: true, mode: isPrivate ? 0o700 : 0o755 })
}

/** Lets systemd listen. @returns what it refused, for the person to do */
function enable(places: Places, tell: Tell): readonly string[] {
  if (!places.hasSystemd || places.root !== '/') return []
  return [systemctl(places, 'daemon-reload'), systemctl(places, 'enable', '--now', 'squidd.socket')].flatMap(
    words => ordered(words, tell),
  )
}

function ordered([program = '', ...words]: readonly string[], tell: Tell): readonly string[] {
  const line = [program, ...words].join(' ')
  tell({ what: 'run', path: line })
  const { status } = spawnSync(program, words, { stdio: 'ignore', timeout: 30_000 })
  return status === 0 ? [] : [`this did not work, do it by hand: ${line}`]
}

/**
 * Takes back what the log says, the last first. What somebody changed since stays; of files with lines of ours only those
 * lines go.
 * @returns steps for the person; undefined when nothing is installed
 */
export async function uninstall(
  places: Places,
  { isDry, tell }: Pick<InstallOptions, 'isDry' | 'tell'>,
): Promise<readonly string[] | undefined> {
  const file = at(places, logPath(places))
  const log = await readChangeLog(file)
  if (log === undefined) return undefined
  const isOrdered = log.isEnabled && places.root === '/' && !isDry
  const steps = isOrdered
    ? ordered(systemctl(places, 'disable', '--now', 'squidd.socket', 'squidd.service'), tell)
    : []
  for (const entry of log.entries.toReversed()) await takeBack(places, entry, tell, isDry)
  if (isOrdered) ordered(systemctl(places, 'daemon-reload'), tell)
  await takeKeyBack(places, log, tell, isDry)
  const isLogs = (path: string): boolean => !relative(path, logPath(places)).startsWith('..')
  const folders = log.folders.toReversed()
  await removeFolders(
    places,
    folders.filter(path => !isLogs(path)),
    tell,
    isDry,
  )
  tell({ what: 'remove', path: logPath(places) })
  if (!isDry) await rm(file, { force: true })
  await removeFolders(places, folders.filter(isLogs), tell, isDry)
  return steps
}

async function takeBack(
  places: Places,
  { kind, path, before, puts }: Entry,
  tell: Tell,
  isDry: boolean,
): Promise<void> {
  const file = at(places, path)
  const current = await readFileIfAny(file)
  if (current === undefined || current === before) return
  const isWhole =
    kind === 'file' ? puts.includes(current) : puts.some(put => current === putBlock(before ?? '', put))
  if (!isWhole && kind === 'file') {
    tell({ what: 'keep', path, text: 'somebody changed it since' })
    return
  }
  const rest = isWhole ? before : cutBlock(current)
  if (rest === current) return
  const isGone = rest === null || (rest === '' && before === null)
  tell({ what: isGone ? 'remove' : 'restore', path })
  if (isDry) return
  if (isGone) await rm(file, { force: true })
  else await replace(file, rest, 0o644)
}

/** A key that was made for this goes; one that was replaced since is somebody's. */
async function takeKeyBack(places: Places, log: ChangeLog, tell: Tell, isDry: boolean): Promise<void> {
  const file = at(places, keyPath(places))
  if (!log.hasMadeKey || !existsSync(file)) return
  const isSame = log.publicKey === null || (await publicKey(reachedHome(places))) === log.publicKey
  tell(
    isSame
      ? { what: 'remove', path: keyPath(places) }
      : { what: 'keep', path: keyPath(places), text: 'it was rotated since' },
  )
  if (isSame && !isDry) await rm(file)
}

/** Those that are empty. */
async function removeFolders(
  places: Places,
  folders: readonly string[],
  tell: Tell,
  isDry: boolean,
): Promise<void> {
  for (const path of folders) {
    if (isDry) {
      if (existsSync(at(places, path))) tell({ what: 'remove', path })
      continue
    }
    try {
      await rmdir(join(at(places, path)))
      tell({ what: 'remove', path })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'ENOENT') continue
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
      tell({ what: 'keep', path, text: 'other files are in it' })
    }
  }
}
