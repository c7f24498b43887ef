/**
 * Secret keys of the user: one ed25519 key a file, mode 0600, in Sui's `suiprivkey1…` text form (SIP-15).
 * Spec: https://github.com/sui-foundation/sips/blob/main/sips/sip-15.md
 * @module
 */
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeSuiPrivateKey } from '@mysten/sui/cryptography'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { SquidError } from '@squid/formats/errors'
import { createFileAtomically, HomeError, type Home } from '../home/index.ts'

/** A key is not there, not readable as one, or not kept secret. */
export class KeyError extends SquidError {
  override name = 'KeyError'
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/
/** Flag byte of ed25519 in Sui's signature schemes. */
const ED25519_FLAG = 0
const MAX_KEYSTORE_BYTES = 1024 * 1024

/**
 * Makes a key and its file.
 * @throws {KeyError} KEY_EXISTS, KEY_NAME
 */
export async function createKey(home: Home, name: string): Promise<Ed25519Keypair> {
  const key = Ed25519Keypair.generate()
  await store(home, name, key)
  return key
}

/** @throws {KeyError} KEY_MISSING, KEY_MODE, KEY_FORMAT, KEY_NAME */
export async function loadKey(home: Home, name: string): Promise<Ed25519Keypair> {
  const path = keyPath(home, name)
  const text = await readSecret(path)
  try {
    const { scheme, secretKey } = decodeSuiPrivateKey(text.trim())
    if (scheme !== 'ED25519') throw new Error(`its scheme is ${scheme}`)
    return Ed25519Keypair.fromSecretKey(secretKey)
  } catch (error) {
    throw new KeyError(
      'KEY_FORMAT',
      `${path} does not hold an ed25519 key: restore it from a copy, or remove it and run squid init.`,
      { cause: error },
    )
  }
}

/**
 * Copies a key out of the Sui command line's keystore (a JSON list of base64: flag byte, then 32 secret bytes).
 * @param address which one; may be left out when the keystore has one ed25519 key
 * @throws {KeyError} KEY_MISSING, KEY_FORMAT, KEY_EXISTS, KEY_NAME
 */
export async function importSuiKeystore(
  home: Home,
  name: string,
  keystorePath: string,
  address?: string,
): Promise<Ed25519Keypair> {
  const all = await readKeystore(keystorePath)
  const wanted = address === undefined ? all : all.filter(key => key.toSuiAddress() === address)
  const [key, another] = wanted
  if (key === undefined) {
    const which = address === undefined ? 'an ed25519 key' : `an ed25519 key of ${address}`
    throw new KeyError('KEY_MISSING', `${keystorePath} does not hold ${which}.`)
  }
  if (another !== undefined) {
    const addresses = wanted.map(each => each.toSuiAddress()).join(', ')
    throw new KeyError(
      'KEY_MISSING',
      `${keystorePath} holds several keys: say which address of ${addresses}.`,
    )
  }
  await store(home, name, key)
  return key
}

async function readKeystore(path: string): Promise<Ed25519Keypair[]> {
  let value: unknown
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > MAX_KEYSTORE_BYTES) throw new Error('too large')
    value = JSON.parse(text)
  } catch (error) {
    throw new KeyError('KEY_FORMAT', `Cannot read ${path} as a Sui keystore.`, { cause: error })
  }
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string')) {
    throw new KeyError('KEY_FORMAT', `${path} is not a Sui keystore: it is not a list of keys.`)
  }
  return value.flatMap(item => keypairOf(item, path))
}

/** Keys of other schemes are passed over. */
function keypairOf(item: string, path: string): Ed25519Keypair[] {
  const bytes = Buffer.from(item, 'base64')
  if (bytes.length < 33 || bytes.toString('base64') !== item) {
    throw new KeyError('KEY_FORMAT', `${path} is not a Sui keystore: it has an item that is not a key.`)
  }
  if (bytes[0] !== ED25519_FLAG) return []
  if (bytes.length !== 33) throw new KeyError('KEY_FORMAT', `${path} has an ed25519 key of a wrong length.`)
  return [Ed25519Keypair.fromSecretKey(new Uint8Array(bytes.subarray(1)))]
}

async function store(home: Home, name: string, key: Ed25519Keypair): Promise<void> {
  const path = keyPath(home, name)
  try {
    await createFileAtomically(path, `${key.getSecretKey()}\n`, 0o600)
  } catch (error) {
    if (error instanceof HomeError && error.code === 'FILE_EXISTS') {
      throw new KeyError('KEY_EXISTS', `There is a key ${path} already: it is never overwritten.`, {
        cause: error,
      })
    }
    throw error
  }
}

/** Looks at the mode of the very file that it reads. */
async function readSecret(path: string): Promise<string> {
  let file
  try {
    file = await open(path, 'r')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new KeyError(
      'KEY_MISSING',
      missing ? `There is no key ${path}: run squid init.` : `Cannot open the key ${path}.`,
      {
        cause: error,
      },
    )
  }
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new KeyError('KEY_MODE', `Others may read the key ${path}: run chmod 600 ${path}.`)
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function keyPath(home: Home, name: string): string {
  if (!NAME.test(name))
    throw new KeyError('KEY_NAME', `${JSON.stringify(name)} cannot name a key: use 1 to 32 of a-z 0-9 _ -.`)
  return join(home.keys, name)
}
