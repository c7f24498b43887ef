/** Each format has a second implementation in Python: it must run, and print the vectors that ours is tested with. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const VECTORS = join(import.meta.dirname, '../vectors')
const PROGRAMS = globSync('*/reference.py', { cwd: VECTORS }).toSorted()

test('there are references', () => {
  assert.deepEqual(PROGRAMS, ['locator/reference.py', 'manifest/reference.py', 'pack/reference.py'])
})

for (const program of PROGRAMS) {
  test(`${program} prints its vectors`, () => {
    const path = join(VECTORS, program)
    const { error, status, stdout, stderr } = spawnSync('python3', [path], { encoding: 'utf8' })
    assert.equal(error, undefined, `python3 is needed, as npm run setup installs it: ${error?.message}`)
    assert.equal(status, 0, stderr)
    assert.ok(stdout === readFileSync(join(dirname(path), 'vectors.json'), 'utf8'), 'vectors.json is another')
  })
}
