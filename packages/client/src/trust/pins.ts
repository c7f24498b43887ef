/**
 * Which Space a name stood for when it was first used, in `state/pins/CHAIN.json`. A name that stands for
 * another one later stops everything until the user accepts it.
 * @module
 */
import { join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import { FileLock, readFileIfAny, writeFileAtomically, type Home } from '../home/index.ts'

/** Name without `@` → object id of its Space. */
export type Pins = ReadonlyMap<string, string>

/** Pins or policy say no, or are damaged. */
export class TrustError extends SquidError {
  override name = 'TrustError'
}

const NAME = /^[a-z0-9-]{1,63}$/
const ID = /^0x[0-9a-f]{64}$/

/** @throws {TrustError} STATE_DAMAGED */
export async function readPins(home: Home, chainId: string): Promise<Pins> {
  const path = pinsPath(home, chainId)
  const text = await readFileIfAny(path)
  return text === undefined ? new Map() : parsePins(text, path)
}

/**
 * Pins a name at its first use. Of several processes that use a name for the first time, one pins it.
 * @throws {TrustError} NAME_REBOUND when it is pinned to another Space
 */
export async function pinName(home: Home, chainId: string, name: string, space: string): Promise<void> {
  if (isPinned(await readPins(home, chainId), name, space)) return
  await changePins(home, chainId, pins => {
    if (!isPinned(pins, name, space)) pins.set(name, space)
  })
}

/** Pins a name to `space`, whatever it was pinned to. */
export async function setPin(home: Home, chainId: string, name: string, space: string): Promise<void> {
  await changePins(home, chainId, pins => pins.set(name, space))
}

/** @throws {TrustError} NAME_REBOUND when it is pinned to another Space */
function isPinned(pins: Pins, name: string, space: string): boolean {
  const pinned = pins.get(name)
  if (pinned === undefined || pinned === space) return pinned === space
  throw new TrustError(
    'NAME_REBOUND',
    `@${name} was the Space ${pinned} and is now the Space ${space}: run squid trust accept @${name} if you believe the new one.`,
  )
}

/** Reads, changes and writes while nobody else does: a pin that gets lost is a name that anybody may re-bind. */
async function changePins(
  home: Home,
  chainId: string,
  change: (pins: Map<string, string>) => unknown,
): Promise<void> {
  const path = pinsPath(home, chainId)
  using _ = await FileLock.acquire(`${path}.lock`)
  const pins = new Map(await readPins(home, chainId))
  change(pins)
  await writeFileAtomically(path, `${JSON.stringify(Object.fromEntries(pins), null, 2)}\n`, 0o600)
}

/** @throws {TrustError} STATE_DAMAGED */
export function parsePins(text: string, path: string): Pins {
  const damaged = (cause?: unknown): TrustError =>
    new TrustError(
      'STATE_DAMAGED',
      `${path} is damaged: mend it, or remove it to forget which Spaces your names stood for.`,
      { cause },
    )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damaged(error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged()
  const pins = new Map<string, string>()
  for (const [name, space] of Object.entries(value)) {
    if (!NAME.test(name) || typeof space !== 'string' || !ID.test(space)) throw damaged()
    pins.set(name, space)
  }
  return pins
}

function pinsPath(home: Home, chainId: string): string {
  return join(home.state, 'pins', `${chainId}.json`)
}
