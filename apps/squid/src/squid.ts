/**
 * The `squid` program.
 * @module
 */
import { useCodeCache } from './code-cache.ts'

useCodeCache(process.env)
const { runAsProcess, squid } = await import('./cli/main.ts')
await runAsProcess(context => squid(process.argv.slice(2), context))
