/**
 * A devnet in a process of its own, so that what a publisher needs can be measured apart: `node network-process.ts
 * DIR`, empty for memory. Prints its descriptor's URL; ends with its standard input.
 * @module
 */
import { startNetwork } from './setting.ts'

const [dir = ''] = process.argv.slice(2)
const devnet = await startNetwork(dir === '' ? undefined : dir)
console.log(devnet.networkUrl)
process.stdin.resume()
process.stdin.once('end', () => void devnet.stop())
