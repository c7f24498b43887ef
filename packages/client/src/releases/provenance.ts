/**
 * By which transaction a release came to be.
 * @module
 */
import { TypeTagSerializer } from '@mysten/sui/bcs'
import { deriveDynamicFieldID } from '@mysten/sui/utils'
import * as flakes from '../gen/squid/flake.ts'
import type { Network } from '../networks/index.ts'
import { ResolveError } from '../resolve/errors.ts'
import { typeOf } from '../resolve/spaces.ts'

/**
 * The digest of the transaction that appended a release: nothing writes to a release's object after that.
 * @throws {ResolveError} LEDGER_UNREACHABLE
 */
export async function releaseTransaction(
  network: Network,
  flake: string,
  version: bigint,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const keyType = TypeTagSerializer.parseFromStr(typeOf(network, 'flake::ReleaseKey'), true)
  const id = deriveDynamicFieldID(flake, keyType, flakes.ReleaseKey.serialize({ version }).toBytes())
  try {
    const { objects } = await network.sui.getObjects({
      objectIds: [id],
      include: { previousTransaction: true },
      ...(signal === undefined ? {} : { signal }),
    })
    const [object] = objects
    return object === undefined || object instanceof Error
      ? undefined
      : (object.previousTransaction ?? undefined)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new ResolveError('LEDGER_UNREACHABLE', 'The full node does not answer: is the network running?', {
      cause,
    })
  }
}
