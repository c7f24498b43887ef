/**
 * The `squidd` program.
 * @module
 */
import { useCodeCache } from './code-cache.ts'

useCodeCache(process.env)
const { runAsProcess, startCommand } = await import('./cli/main.ts')
const { squidd } = await import('./commands/squidd.ts')
await runAsProcess(context => startCommand(squidd, process.argv.slice(2), context, 'squidd'))
