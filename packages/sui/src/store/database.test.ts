import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Database } from './database.ts'

test('a failing transaction writes nothing', () => {
  const database = Database.open(':memory:')
  const put = database.prepare("INSERT INTO meta VALUES (?, 'x')")
  const count = database.prepare('SELECT count(*) AS n FROM meta')
  assert.throws(
    () =>
      database.transact(() => {
        put.run('a')
        throw new Error('on purpose')
      }),
    /on purpose/,
  )
  assert.equal(count.get()?.['n'], 0)
  database.transact(() => put.run('b'))
  assert.equal(count.get()?.['n'], 1)
  database.close()
  database.close()
})

test('a full disk is said to be one, and the ledger goes on when there is room', () => {
  const database = Database.open(':memory:')
  const put = database.prepare('INSERT INTO meta VALUES (?, ?)')
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.prepare(`PRAGMA max_page_count = ${pages}`).get()
  assert.throws(() => database.transact(() => put.run('a', 'x'.repeat(100_000))), {
    code: 'LEDGER_IO',
    message: /the disk is full/,
  })
  database.prepare('PRAGMA max_page_count = 1000000').get()
  database.transact(() => put.run('a', 'x'.repeat(100_000)))
  database.close()
})
