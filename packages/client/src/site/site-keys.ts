/**
 * The key with which the mirror of a Space signs store paths: `keys/site-SPACE`, one line as Nix writes it, mode 0600. Who
 * trusts it trusts every release that its owner mirrors.
 * @module
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import { formatSecretKey, generateSecretKey, parseSecretKey, type SecretKey } from '@squid/formats/signature'
import { createFileAtomically, HomeError, readFileIfAny, type Home } from '../home/index.ts'

/** Where the key of a Space is. Copied there, another publisher of the Space signs with it too. */
export function siteKeyPath(home: Pick<Home, 'keys'>, space: string): string {
  return join(home.keys, `site-${space.slice(2)}`)
}

/**
 * Made at first use.
 * @throws {SquidError} `KEY_MODE`, `KEY_FORMAT`
 */
export async function siteKey(home: Pick<Home, 'keys'>, space: string): Promise<SecretKey> {
  const path = siteKeyPath(home, space)
  const text = await readFileIfAny(path)
  if (text !== undefined) return parse(path, text)
  const made = generateSecretKey(`squid-site-${space.slice(2, 18)}-1`)
  try {
    await createFileAtomically(path, `${formatSecretKey(made)}\n`, 0o600)
    return made
  } catch (error) {
    if (!(error instanceof HomeError) || error.code !== 'FILE_EXISTS') throw error
    return await siteKey(home, space)
  }
}

function parse(path: string, text: string): SecretKey {
  if ((statSync(path).mode & 0o077) !== 0)
    throw new SquidError(
      'KEY_MODE',
      `Others may read ${path} and sign as your mirror; run: chmod 600 ${path}`,
    )
  try {
    return parseSecretKey(text.trim())
  } catch (cause) {
    throw new SquidError(
      'KEY_FORMAT',
      `${path} does not hold a key of Nix: put back the one that was there, or remove it and tell who trusts the mirror the new one.`,
      { cause },
    )
  }
}
