/**
 * Every bench by name, in the order of the layers.
 * @module
 */
import { benchConcurrent, benchSequential } from '../packages/devnet/src/devnet.bench.ts'
import { narHashBench } from '../packages/formats/src/nar/nar.bench.ts'
import { benchGeneratedVersusSwitch } from '@squid/move/vm/bench'
import { encodeBench } from '../packages/formats/src/redstuff/encode.bench.ts'
import type { Figure } from './figure.ts'
import { bigVersusNginx, deepVersusNginx, smallVersusNginx } from './gateway/versus-nginx.ts'
import { packLevelsBench, packReadBench, packWriteBench } from './pack.ts'
import { dedupeLeafBench, dedupeMassBench } from './pack-dedupe.ts'
import { publishBench } from './publish.ts'
import { readManyLiarsBench, readOneLiarBench, readVsHttpBench, readVsSdkBench } from './read.ts'
import { readLinkBench } from './read-link.ts'
import { runBench } from './run.ts'

type Bench = () => readonly Figure[] | Promise<readonly Figure[]>

/** `run` measures both cold and warm: they share their network. */
export const BENCHES: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  ['vm.generated-vs-switch', benchGeneratedVersusSwitch],
  ['nar.hash-mibps', narHashBench],
  ['pack.write-mibps', packWriteBench],
  ['pack.read-mibps', packReadBench],
  ['pack.levels', packLevelsBench],
  ['pack.dedupe-leaf', dedupeLeafBench],
  ['pack.dedupe-mass', dedupeMassBench],
  ['walrus.encode-mibps', encodeBench],
  ['devnet.sequential-tps', benchSequential],
  ['devnet.concurrent8-tps', benchConcurrent],
  ['publish.mibps', publishBench],
  ['walrus.read-vs-http', readVsHttpBench],
  ['walrus.read-link', readLinkBench],
  ['walrus.read-one-liar', readOneLiarBench],
  ['walrus.read-f-liars', readManyLiarsBench],
  ['walrus.read-vs-sdk', readVsSdkBench],
  ['gateway.deep.vs-nginx', deepVersusNginx],
  ['gateway.small.vs-nginx', smallVersusNginx],
  ['gateway.big.vs-nginx', bigVersusNginx],
  ['run', runBench],
])
