/**
 * Builds the manifest tree of a synthetic closure into a file, then looks up and lists it, and says what that took:
 * `node --expose-gc manifest-process.ts JSON`.
 */
import { parseHex } from '@squid/formats/bytes'
import { buildManifestTree, listPaths, lookupPath } from '@squid/formats/manifest'
import { pathHash } from '@squid/formats/store-path'
import { HeapPeak } from './child.ts'
import { NodeFile, syntheticEntries, syntheticPath } from './synthetic.ts'

export interface Orders {
  readonly file: string
  readonly paths: number
  /** Look up every so many paths. */
  readonly lookupEvery: number
}

export interface Report {
  readonly nodes: number
  readonly nodeBytes: number
  readonly buildSeconds: number
  readonly buildHeapMib: number
  /** Nodes read by the most expensive lookup, and by all on average. */
  readonly mostReads: number
  readonly meanReads: number
  readonly listed: number
  readonly listReads: number
  readonly listSeconds: number
  readonly listHeapMib: number
}

const { file, paths, lookupEvery } = JSON.parse(process.argv[2] ?? '') as Orders
using store = new NodeFile(file)

async function build(): Promise<{ tree: Awaited<ReturnType<typeof buildManifestTree>>; heap: HeapPeak }> {
  const heap = new HeapPeak(5000)
  const watched = async function* (): ReturnType<typeof syntheticEntries> {
    for await (const entry of syntheticEntries(paths, store.emit)) {
      heap.tick()
      yield entry
    }
  }
  return { tree: await buildManifestTree(watched(), store.emit), heap }
}

const begin = performance.now()
const { tree, heap: buildHeap } = await build()
const built = performance.now()
const { nodes, bytes: nodeBytes } = store.take()

let mostReads = 0
let allReads = 0
let lookups = 0
for (let number = 0; number < paths; number += lookupEvery) {
  const entry = await lookupPath(tree, pathHash(syntheticPath(number)), store.load)
  if (entry?.storePath !== syntheticPath(number)) throw new Error(`path ${number} is not found`)
  const { loads } = store.take()
  mostReads = Math.max(mostReads, loads)
  allReads += loads
  lookups++
}
if ((await lookupPath(tree, parseHex('55'.repeat(20)), store.load)) !== undefined)
  throw new Error('a path is found that is not there')
store.take()

const listHeap = new HeapPeak(5000)
const listBegin = performance.now()
let listed = 0
for await (const entry of listPaths(tree, store.load)) {
  if (entry.narSize > 0n) listed++
  listHeap.tick()
}
const report: Report = {
  nodes,
  nodeBytes,
  buildSeconds: (built - begin) / 1000,
  buildHeapMib: buildHeap.mib,
  mostReads,
  meanReads: allReads / lookups,
  listed,
  listReads: store.take().loads,
  listSeconds: (performance.now() - listBegin) / 1000,
  listHeapMib: listHeap.mib,
}
console.log(JSON.stringify(report))
