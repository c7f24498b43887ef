import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Transaction } from '@mysten/sui/transactions'
import type { Network } from '../networks/index.ts'
import { createAccount, prepare } from './execute.ts'

const SUI = 10n ** 9n
const OTHER = `0x${'9'.repeat(64)}`

/** A transaction for which a full node proposed this gas. */
function proposed(address: string, gas: { readonly budget: bigint; readonly owner?: string }): Transaction {
  const transaction = new Transaction()
  transaction.setSender(address)
  transaction.setGasBudget(gas.budget)
  transaction.setGasPrice(1000n)
  transaction.setGasOwner(gas.owner ?? address)
  transaction.setGasPayment([{ objectId: OTHER, version: '1', digest: '11111111111111111111111111111111' }])
  return transaction
}

function accountOf(signer: Ed25519Keypair): ReturnType<typeof createAccount> {
  const network = { sui: {} as SuiGrpcClient, squid: { packageId: OTHER, registryId: OTHER } }
  return createAccount(network as Network, signer)
}

test('usual gas is signed', async () => {
  const account = accountOf(Ed25519Keypair.generate())
  const { signature } = await prepare(account, proposed(account.address, { budget: SUI / 10n }))
  assert.ok(signature.length > 0)
})

test('gas that would drain the account is not signed', async () => {
  const account = accountOf(Ed25519Keypair.generate())
  await assert.rejects(prepare(account, proposed(account.address, { budget: 50n * SUI })), {
    code: 'GAS_TOO_HIGH',
    message: /50000000000 MIST .* use another full node\.$/,
  })
})

test('gas in the name of somebody else is not signed', async () => {
  const account = accountOf(Ed25519Keypair.generate())
  await assert.rejects(prepare(account, proposed(account.address, { budget: SUI / 10n, owner: OTHER })), {
    code: 'GAS_TOO_HIGH',
  })
})
