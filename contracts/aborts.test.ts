import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { untestedAborts } from './aborts.ts'

test('an abort code that no test expects is named', t => {
  const folder = mkdtempSync(join(tmpdir(), 'aborts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const part of ['sources', 'tests']) mkdirSync(join(folder, part))
  writeFileSync(
    join(folder, 'sources/a.move'),
    '/// Said.\nconst EOne: u64 = 1;\n#[error]\nconst ETwo: vector<u8> = b"";\n#[allow(unused_const)]\n/// A native.\nconst EThree: u64 = 3;\n',
  )
  writeFileSync(join(folder, 'sources/b.move'), 'const EOne: u64 = 1;\n')
  writeFileSync(join(folder, 'tests/t.move'), '#[test, expected_failure(abort_code = x::a::EOne)]\n')
  assert.deepEqual(untestedAborts(folder), ['EOne', 'ETwo'])
})
