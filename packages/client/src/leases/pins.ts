/**
 * Releases that this home's keeper keeps although they are revoked. A list of this home: keepers elsewhere do not know
 * it, so that what has to be kept must be pinned wherever a keeper of the Space is at work.
 * @module
 */
import { join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import { FileLock, type Home, readFileIfAny, writeFileAtomically } from '../home/index.ts'
import type { Pinned } from './survey.ts'

/** One line a release: `0xFLAKE VERSION`. */
const LINE = /^0x[0-9a-f]{64} [1-9][0-9]{0,19}$/

/** @throws {SquidError} `PINS_DAMAGED`: who does not know what is pinned must not delete */
export async function readReleasePins(home: Home): Promise<Pinned> {
  const lines = await readLines(home)
  return (flake, version) => lines.has(lineOf(flake, version))
}

/** @returns whether that changed anything */
export async function setReleasePin(
  home: Home,
  flake: string,
  version: bigint,
  isPinned: boolean,
): Promise<boolean> {
  using _ = await FileLock.acquire(`${pathOf(home)}.lock`)
  const lines = await readLines(home)
  const line = lineOf(flake, version)
  if (lines.has(line) === isPinned) return false
  if (isPinned) lines.add(line)
  else lines.delete(line)
  await writeFileAtomically(pathOf(home), [...lines].map(line => `${line}\n`).join(''))
  return true
}

async function readLines(home: Home): Promise<Set<string>> {
  const text = (await readFileIfAny(pathOf(home))) ?? ''
  const lines = text.split('\n').filter(line => line !== '')
  if (!lines.every(line => LINE.test(line)))
    throw new SquidError('PINS_DAMAGED', `${pathOf(home)} has lines that are no pins; correct or remove it.`)
  return new Set(lines)
}

function lineOf(flake: string, version: bigint): string {
  return `${flake} ${version}`
}

function pathOf(home: Home): string {
  return join(home.state, 'kept-releases')
}
