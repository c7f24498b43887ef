/**
 * Preloaded by the nightly run: property tests that do not say how often they run, run this often.
 */
import { configureGlobal } from 'fast-check'

configureGlobal({ numRuns: Number(process.env['SQUID_FUZZ_RUNS'] ?? 100) })
