/**
 * A devnet with the probe package in its genesis, and what tests do with it all the time.
 * @module
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { SuiClientTypes } from '@mysten/sui/client'
import { SuiGrpcClient } from '@mysten/sui/grpc'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Transaction } from '@mysten/sui/transactions'
import { Devnet, type DevnetOptions, type GenesisPackage } from '@squid/devnet'
import { compilePackage } from '../../tools/move-build.ts'

/** The probe's package id, as in its Move.toml. */
export const PROBE: string = `0x57a1${'ff'.padStart(60, '0')}`
export const COUNTER_TYPE: string = `${PROBE}::probe::Counter`

/** The probe, compiled from source. */
export async function probePackage(): Promise<GenesisPackage> {
  const compiled = await compilePackage(join(import.meta.dirname, 'probe'))
  return { name: 'probe', compiled, objects: { 'probe.counter': COUNTER_TYPE } }
}

/** Starts a devnet with the probe on free ports. */
export async function startProbeNet(options: DevnetOptions = {}): Promise<Devnet> {
  return await Devnet.start({ rpcPort: 0, adminPort: 0, packages: [await probePackage()], ...options })
}

/** The unmodified official client. */
export function clientOf(net: Devnet): SuiGrpcClient {
  return new SuiGrpcClient({ network: 'localnet', baseUrl: net.rpcUrl })
}

/** A new key that owns `coins` coins of 1000 SUI. */
export function fundedKey(net: Devnet, coins = 1): Ed25519Keypair {
  const key = new Ed25519Keypair()
  for (let index = 0; index < coins; index++) net.fundSui(key.toSuiAddress())
  return key
}

/** Id of the probe's shared counter. */
export function counterOf(net: Devnet): string {
  const id = net.descriptor.objects['probe.counter']
  assert.ok(id)
  return id
}

const INCLUDE = { effects: true, events: true, objectTypes: true, balanceChanges: true } as const

/** What the SDK returns of a transaction that succeeded. */
type Success = SuiClientTypes.Transaction<typeof INCLUDE>

/** Builds, signs, executes and waits; fails the test unless the transaction succeeds. */
export async function execute(
  client: SuiGrpcClient,
  signer: Ed25519Keypair,
  transaction: Transaction,
): Promise<Success> {
  const result = await client.signAndExecuteTransaction({ transaction, signer, include: INCLUDE })
  assert.equal(result.$kind, 'Transaction', result.FailedTransaction?.status.error?.message)
  await client.waitForTransaction({ result })
  assert.ok(result.Transaction)
  return result.Transaction
}

/** Id of the one object of a type that a transaction created. */
export function createdId(result: Success, type: string): string {
  const ids = result.effects.changedObjects
    .filter(({ idOperation, objectId }) => idOperation === 'Created' && result.objectTypes[objectId] === type)
    .map(({ objectId }) => objectId)
  assert.equal(ids.length, 1, `${ids.length} objects of ${type} were created`)
  return ids[0] ?? ''
}

/** A transaction that does nothing in particular. */
export function splitAndMerge(): Transaction {
  const transaction = new Transaction()
  const [coin] = transaction.splitCoins(transaction.gas, [1])
  transaction.mergeCoins(transaction.gas, [coin])
  return transaction
}
