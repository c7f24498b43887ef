/**
 * A TCP proxy that makes everything arrive later, as a long way does: this kernel has no `netem`.
 * @module
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface DelayProxyOptions {
  /** Where it listens, on loopback; 0 is any free port. */
  readonly port: number
  readonly toHost: string
  readonly toPort: number
  /** Half of it each way; connecting takes one round trip more. */
  readonly roundTripMs: number
}

export class DelayProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
  }

  static async listen(options: DelayProxyOptions): Promise<DelayProxy> {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true, allowHalfOpen: true }, near => {
      const far = connect({
        host: options.toHost,
        port: options.toPort,
        noDelay: true,
        allowHalfOpen: true,
      })
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
        socket.on('error', () => setTimeout(() => other.destroy(), options.roundTripMs / 2))
      }
      delay(near, far, options.roundTripMs / 2, options.roundTripMs)
      delay(far, near, options.roundTripMs / 2, 0)
    })
    server.listen(options.port, '127.0.0.1')
    await once(server, 'listening')
    return new DelayProxy(server, sockets)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** Passes on what comes, in order, `ms` later; nothing before `firstMs` have gone. A link keeps what is under way. */
function delay(from: Socket, to: Socket, ms: number, firstMs: number): void {
  const began = performance.now()
  const underWay: { readonly dueMs: number; readonly act: () => void }[] = []
  const deliver = (): void => {
    const now = performance.now()
    while (underWay[0] !== undefined && underWay[0].dueMs <= now + 0.5) underWay.shift()?.act()
    if (underWay[0] !== undefined) setTimeout(deliver, underWay[0].dueMs - now)
  }
  const later = (act: () => void): void => {
    const now = performance.now()
    underWay.push({ dueMs: ms + Math.max(now, began + firstMs), act })
    if (underWay.length === 1) setTimeout(deliver, (underWay[0]?.dueMs ?? now) - now)
  }
  from.on('data', part => later(() => to.writable && to.write(part)))
  from.on('end', () => later(() => to.end()))
}
