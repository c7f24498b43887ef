/**
 * A devnet in a process of its own, for tests that kill it. Usage: devnet-process.ts DIR; prints its faucet's URL.
 * @module
 */
import { startProbeNet } from './fixture.ts'

const [dir = ''] = process.argv.slice(2)
const net = await startProbeNet({ dir })
process.once('SIGTERM', () => {
  void net.stop()
})
console.log(net.faucetUrl)
