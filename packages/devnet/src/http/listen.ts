/**
 * Binding and closing HTTP servers, with an error that says which port is taken.
 * @module
 */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SquidError } from '@squid/formats/errors'

/** Where to listen. Port 0 = any free one. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** What the port is for and how to choose another, for the error text: `RPC (--rpc-port)`. */
  readonly purpose: string
}

/**
 * Starts listening.
 * @returns the base URL, without trailing slash
 * @throws {SquidError} `PORT_TAKEN`, `CANNOT_LISTEN`
 */
export async function listen(server: Server, endpoint: Endpoint): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      reject(listenError(error, endpoint))
    })
    server.listen(endpoint.port, endpoint.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return `http://${urlHost(endpoint.host)}:${port}`
}

/** Ends idle and busy connections and resolves when the port is free. Safe on a server that never listened. */
export async function close(server: Server): Promise<void> {
  if (!server.listening) return
  await new Promise<void>(resolve => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}

function listenError(error: NodeJS.ErrnoException, { host, port, purpose }: Endpoint): SquidError {
  if (error.code === 'EADDRINUSE')
    return new SquidError(
      'PORT_TAKEN',
      `Port ${port} on ${host} is taken, and the devnet needs it for ${purpose}: stop the other program or choose another port (0 = any free one).`,
      { cause: error },
    )
  return new SquidError(
    'CANNOT_LISTEN',
    `Cannot listen on ${host}:${port} for ${purpose}: ${error.message}.`,
    {
      cause: error,
    },
  )
}

/** Clients cannot dial the wildcard address, so its URL names loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
