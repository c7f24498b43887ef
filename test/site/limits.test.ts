/**
 * Large sites on the ledger: as many pages in a transaction as the plan says, written and taken away again.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Transaction } from '@mysten/sui/transactions'
import { connect, takeFromFaucet } from '@squid/client/networks'
import {
  addChanges,
  addNewSite,
  batchesOf,
  changesOf,
  type Page,
  readSite,
  removeSite,
} from '@squid/client/site'
import { createAccount, execute } from '@squid/client/transactions'
import { startDevnet } from '@squid/squid/compose'

const SPACE = `0x${'5'.repeat(64)}`

function page(path: string, headers: Page['headers'] = []): Page {
  const range = { start: 123_456, end: 234_567 }
  return { path, headers, sha256: randomBytes(32), place: { blobId: randomBytes(32), range } }
}

test('a site of a thousand pages is written in a few transactions, read, and removed', async () => {
  await using net = await startDevnet({ rpcPort: 0, adminPort: 0 })
  const network = await connect(net.descriptor)
  const account = createAccount(network, Ed25519Keypair.generate())
  await takeFromFaucet(network, account.address)
  const link = [
    { key: 'content-type', value: 'application/gzip' },
    { key: 'link', value: `<${'x'.repeat(300)}>; rel="immutable"` },
  ]
  const wanted = new Map(
    [
      ...Array.from({ length: 450 }, (_, index) => page(`/nar/${'0'.repeat(49)}${index}.nar.zst`)),
      ...Array.from({ length: 450 }, (_, index) => page(`/${'0'.repeat(29)}${index}.narinfo`)),
      ...Array.from({ length: 100 }, (_, index) => page(`/flake/${index + 1}.tar.gz`, link)),
    ].map(page => [page.path, page]),
  )
  const creation = new Transaction()
  const title = { space: SPACE, address: undefined, publicKey: 'key' }
  creation.transferObjects([addNewSite(creation, network, title)], account.address)
  const { created } = await execute(account, creation)
  const site = created.find(({ type }) => type.endsWith('::site::Site'))?.id ?? ''
  const batches = batchesOf(new Map(), changesOf(new Map(), wanted))
  assert.ok(batches.length > 2 && batches.length < 12, String(batches.length))
  let gas = 0n
  for (const batch of batches) {
    const transaction = new Transaction()
    addChanges(transaction, network, transaction.object(site), batch)
    gas += (await execute(account, transaction)).gasUsed
  }
  // About 0.004 SUI a page, which docs/nix.md says; in MIST.
  assert.ok(gas > 3_500_000_000n && gas < 4_500_000_000n, String(gas))
  const { pages } = await readSite(network, site)
  assert.equal(pages.size, 1000)
  const plain = ({ sha256, place, ...rest }: Page): unknown => ({
    ...rest,
    sha256: Buffer.from(sha256).toString('hex'),
    blobId: Buffer.from(place.blobId).toString('hex'),
    range: place.range,
  })
  for (const page of wanted.values()) assert.deepEqual(plain(pages.get(page.path) ?? page), plain(page))
  const removed = await removeSite(account, { site, space: SPACE })
  assert.deepEqual([removed.pages, removed.blobs], [1000, 0])
  assert.ok(-removed.gas > (gas * 9n) / 10n)
  await assert.rejects(readSite(network, site), { code: 'SITE_UNKNOWN' })
  const without = { ...network, descriptor: { ...network.descriptor, packages: {} } }
  await assert.rejects(readSite(without, site), { code: 'NO_SITES' })
})
