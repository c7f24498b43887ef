/**
 * Whom the user believes about store paths (ARCHITECTURE §3), in `trust.toml` beside `config.toml`:
 *
 *     policy = "publisher"     the Space that was asked for says so (default)
 *     policy = "keys"          one of `keys` signed the path, in Nix's form NAME:BASE64
 *     strict = true            which path an attribute stands for is not believed but evaluated here (default false)
 *
 * @module
 */
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  fingerprint,
  formatPublicKey,
  parsePublicKey,
  verifyText,
  type PublicKey,
} from '@squid/formats/signature'
import type { StorePath } from '@squid/formats/store-path'
import { parse, stringify } from 'smol-toml'
import { readFileIfAny, writeFileAtomically, type Home } from '../home/index.ts'
import { TrustError } from './pins.ts'

/** Whose word counts for store paths. */
export type Belief =
  { readonly kind: 'publisher' } | { readonly kind: 'keys'; readonly keys: readonly PublicKey[] }

export type Policy = Belief & {
  /** Whether the flake is evaluated before what a release records of an attribute is used. */
  readonly strict: boolean
}

/** What a policy looks at: a store path as the manifest of the Space describes it. */
export interface Claim {
  readonly storePath: StorePath
  readonly narHash: Uint8Array
  readonly narSize: bigint
  readonly references: readonly StorePath[]
  readonly signatures: readonly string[]
}

const DEFAULT: Policy = { kind: 'publisher', strict: false }
const MAX_KEYS = 100

/** @throws {TrustError} POLICY when trust.toml is not understood: nothing is believed then */
export async function readPolicy(home: Home): Promise<Policy> {
  const path = policyPath(home)
  const text = await readFileIfAny(path)
  if (text === undefined) return DEFAULT
  try {
    return parsePolicy(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TrustError(
      'POLICY',
      `${path} is not a trust policy (${reason}): mend it, or remove it to trust publishers.`,
      {
        cause: error,
      },
    )
  }
}

/** Another text when the policy was written anew: cheap, for whoever asks again and again. */
export function policyStamp(home: Home): string {
  const stat = statSync(policyPath(home), { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}

export async function writePolicy(home: Home, policy: Policy): Promise<void> {
  await writeFileAtomically(policyPath(home), formatPolicy(policy))
}

/** Whether the policy accepts what the Space that was asked for claims of a path. */
export function accepts(policy: Belief, claim: Claim): boolean {
  if (policy.kind === 'publisher') return true
  const text = fingerprint(claim)
  return claim.signatures.some(signature => verifyText(policy.keys, text, signature))
}

function formatPolicy(policy: Policy): string {
  const { kind, strict } = policy
  const keys = kind === 'keys' ? { keys: policy.keys.map(formatPublicKey) } : {}
  return stringify({ policy: kind, ...keys, ...(strict ? { strict } : {}) })
}

function parsePolicy(text: string): Policy {
  const { policy, keys, strict = false, ...rest } = parse(text)
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new Error(`unknown field ${unknown}`)
  if (typeof strict !== 'boolean') throw new Error('strict is neither true nor false')
  return { ...parseBelief(policy, keys), strict }
}

function parseBelief(policy: unknown, keys: unknown): Belief {
  if (policy === 'publisher') {
    if (keys !== undefined) throw new Error('keys need policy = "keys"')
    return { kind: policy }
  }
  if (policy !== 'keys') throw new Error('policy is neither "publisher" nor "keys"')
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS)
    throw new Error(`keys is not a list of 1 to ${MAX_KEYS}`)
  return {
    kind: policy,
    keys: keys.map((key: unknown) => parsePublicKey(typeof key === 'string' ? key : '')),
  }
}

function policyPath(home: Home): string {
  return join(dirname(home.config), 'trust.toml')
}
