/**
 * `state/install.json`: what `squid install` changed, written before it is changed, which `squid uninstall` takes back.
 * @module
 */
import { readFileIfAny, writeFileAtomically } from '@squid/client/home'
import { SquidError } from '@squid/formats/errors'

/** A file that is ours, or has lines of ours. */
export interface Entry {
  readonly kind: 'file' | 'block'
  /** Without the root folder. */
  readonly path: string
  /** What was there; null for nothing. */
  readonly before: string | null
  /** What was put there, the latest last: the whole file, or our lines. */
  readonly puts: readonly string[]
}

/** Everything that was, or is about to be, changed. */
export interface ChangeLog {
  readonly entries: readonly Entry[]
  /** Folders that were made, the outer ones first. */
  readonly folders: readonly string[]
  /** Whether the machine's key was made for this. */
  readonly hasMadeKey: boolean
  /** The key that Nix was told, once it is. */
  readonly publicKey: string | null
  /** Whether systemd was told to listen. */
  readonly isEnabled: boolean
}

/** Nothing changed yet. */
export const NOTHING: ChangeLog = {
  entries: [],
  folders: [],
  hasMadeKey: false,
  publicKey: null,
  isEnabled: false,
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false
  const { kind, path, before, puts } = value as Record<string, unknown>
  return (
    (kind === 'file' || kind === 'block') &&
    isText(path) &&
    path.startsWith('/') &&
    (before === null || isText(before)) &&
    isTexts(puts)
  )
}

function isChangeLog(value: unknown): value is ChangeLog {
  if (typeof value !== 'object' || value === null) return false
  const { entries, folders, hasMadeKey, publicKey, isEnabled } = value as Record<string, unknown>
  return (
    Array.isArray(entries) &&
    entries.every(isEntry) &&
    isTexts(folders) &&
    typeof hasMadeKey === 'boolean' &&
    (publicKey === null || isText(publicKey)) &&
    typeof isEnabled === 'boolean'
  )
}

/** @returns undefined when nothing is installed @throws {SquidError} INSTALL_LOG */
export async function readChangeLog(path: string): Promise<ChangeLog | undefined> {
  const text = await readFileIfAny(path)
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isChangeLog(value)) return value
  throw new SquidError(
    'INSTALL_LOG',
    `${path} is not a log of squid install; mend it, or remove it and the lines of squid by hand`,
  )
}

/** It holds what configuration files said: for its owner alone. */
export async function writeChangeLog(path: string, log: ChangeLog): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(log, undefined, 2)}\n`, 0o600)
}
