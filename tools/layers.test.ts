import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const program = join(import.meta.dirname, 'layers.ts')
const MARKS = '<!-- layers:begin -->\n<!-- layers:end -->\n'

/** Runs the check over a tree of these files. */
function check(
  files: Readonly<Record<string, string>>,
  document: string = MARKS,
): { status: number | null; errors: string } {
  const root = mkdtempSync(join(tmpdir(), 'squid-layers-'))
  try {
    for (const [file, text] of Object.entries({ ...files, 'ARCHITECTURE.md': document })) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    spawnSync(process.execPath, [program, '--root', root])
    const { status, stderr } = spawnSync(process.execPath, [program, '--check', '--root', root], {
      encoding: 'utf8',
    })
    return { status, errors: stderr }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

test('imports along the arrows pass', () => {
  const found = check({ 'packages/client/src/a/a.ts': "import { x } from '@squid/formats/bytes'\n" })
  assert.deepEqual(found, { status: 0, errors: '' })
})

for (const [what, file, text, complaint] of [
  [
    'an upward import',
    'packages/formats/src/a/a.ts',
    "import { x } from '@squid/client/keys'\n",
    /formats may not import @squid\/client\/keys/,
  ],
  [
    'an import over several lines',
    'packages/client/src/a/a.ts',
    "import {\n  x,\n} from '@squid/devnet'\n",
    /client may not import @squid\/devnet/,
  ],
  [
    'an import when needed',
    'packages/daemon/src/a/a.ts',
    "const x = await import('@squid/devnet')\n",
    /daemon may not import @squid\/devnet/,
  ],
  [
    'what is passed on',
    'packages/host/src/a/a.ts',
    "export { x } from '@squid/client/keys'\n",
    /host may not import/,
  ],
  [
    'devnet knowing Squid',
    'packages/devnet/src/a.ts',
    "import { squid } from '@squid/contracts/squid'\n",
    /devnet knows nothing of Squid/,
  ],
  [
    'a path into another layer',
    'packages/client/src/a/a.ts',
    "import { x } from '../../../devnet/src/index.ts'\n",
    /of another layer by path/,
  ],
  [
    'siblings',
    'packages/daemon/src/gateway/a.ts',
    "import { x } from '../keeper/b.ts'\n",
    /do not import their siblings/,
  ],
  ['a folder without a place', 'packages/utils/src/a.ts', 'export const x = 1\n', /has no place/],
] as const) {
  test(`${what} is refused`, () => {
    const found = check({ [file]: text })
    assert.equal(found.status, 1)
    assert.match(found.errors, complaint)
  })
}

test('a document without the marks is refused', () => {
  assert.equal(check({}, 'nothing\n').status, 1)
})
