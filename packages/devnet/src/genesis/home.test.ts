import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { GenesisIds } from './genesis.ts'
import { Home } from './home.ts'

const IDS: GenesisIds = {
  objects: { 'a.b': '0x1' },
  suins: { packageId: '0x3', suinsObjectId: '0x4', registryTableId: '0x5' },
  reverseTableId: '0x6',
  walCoinId: '0x7',
}
let dir = ''
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'squid-home-')), 'home')
})
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }))

test('what genesis made is known again', () => {
  const first = Home.open(dir, 'print')
  assert.equal(first.ids, undefined)
  first.beginGenesis('print')
  first.endGenesis(IDS)
  first.setClockOffset(1234)
  const second = Home.open(dir, 'print')
  assert.deepEqual(second.ids, IDS)
  assert.equal(second.clockOffsetMs, 1234)
})

test('another fingerprint is refused', () => {
  Home.open(dir, 'print').beginGenesis('print')
  assert.throws(() => Home.open(dir, 'other'), { code: 'GENESIS_MISMATCH' })
})

test('an unfinished genesis is thrown away, a finished one and foreign files are not', () => {
  const home = Home.open(dir, 'print')
  writeFileSync(join(dir, 'theirs'), '')
  home.beginGenesis('print')
  writeFileSync(home.ledgerPath, 'half')
  writeFileSync(join(home.walrusDir() ?? '', 'blob'), 'half')
  home.discardUnfinished()
  assert.equal(existsSync(home.ledgerPath), false)
  assert.equal(existsSync(join(dir, 'walrus')), false)
  assert.equal(existsSync(join(dir, 'theirs')), true)
  writeFileSync(home.ledgerPath, 'whole')
  home.endGenesis(IDS)
  home.discardUnfinished()
  assert.equal(existsSync(home.ledgerPath), true)
})

test('files without a note are not ours', () => {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'ledger.sqlite'), '')
  assert.throws(() => Home.open(dir, 'print'), { code: 'NOT_A_DEVNET' })
})

for (const text of ['', '{', 'null', '{"format":1}'])
  test(`${JSON.stringify(text)} is no note`, () => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'devnet.json'), text)
    assert.throws(() => Home.open(dir, 'print'), { name: 'SquidError' })
  })

test('a folder that cannot be made is named', () => {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'file'), '')
  assert.throws(() => Home.open(join(dir, 'file', 'below'), 'print'), {
    code: 'DIR_IO',
    message: /Cannot write .*below/,
  })
})

test('memory has no folder', () => {
  const home = Home.open(undefined, 'print')
  home.beginGenesis('print')
  home.discardUnfinished()
  home.endGenesis(IDS)
  assert.equal(home.ledgerPath, ':memory:')
  assert.equal(home.walrusDir(), undefined)
  assert.deepEqual(home.ids, IDS)
})
