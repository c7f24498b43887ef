/**
 * The `squidd` program.
 * @module
 */
import { runAsProcess, startCommand } from './cli/main.ts'
import { squidd } from './commands/squidd.ts'

await runAsProcess(context => startCommand(squidd, process.argv.slice(2), context, 'squidd'))
