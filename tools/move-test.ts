/**
 * Runs the Move unit tests of packages in the real Move VM.
 *
 * Usage: node tools/move-test.ts contracts/squid [FOLDER…]
 */
import { runMoveTests } from './move-build.ts'

const folders = process.argv.slice(2)
if (folders.length === 0) {
  console.error('usage: node tools/move-test.ts FOLDER…')
  process.exitCode = 2
}
for (const folder of folders) {
  const { passed, output } = await runMoveTests(folder)
  console.log(output)
  if (!passed) process.exitCode = 1
}
