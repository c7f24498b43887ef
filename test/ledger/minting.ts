/** Mints coins for ever and writes the id of each, when it is acknowledged, to standard output. */
import { Ledger } from '@squid/sui/ledger'

const ledger = Ledger.open({ path: process.argv[2] ?? '', now: () => BigInt(Date.now()) })
for (let amount = 1n; ; amount++) {
  process.stdout.write(`${ledger.mint(`0x${'b'.repeat(64)}`, amount)}\n`)
  if (amount % 50n === 0n) await new Promise(setImmediate)
}
