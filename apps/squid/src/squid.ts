/**
 * The `squid` program.
 * @module
 */
import { runAsProcess, squid } from './cli/main.ts'

await runAsProcess(context => squid(process.argv.slice(2), context))
