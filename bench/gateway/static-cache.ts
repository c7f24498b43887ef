/**
 * A closure as the folder of a binary cache, and nginx serving folders: what a gateway is measured against.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatBase32 } from '@squid/formats/base32'
import { formatNarInfo } from '@squid/formats/nar-info'
import { fingerprint, type SecretKey, signText } from '@squid/formats/signature'
import { hashPart } from '@squid/formats/store-path'
import type { Closure } from './closures.ts'

/** Writes narinfos and NARs as `nix copy --to file://…?compression=none` does. */
export async function writeStaticCache(folder: string, { paths }: Closure, key: SecretKey): Promise<void> {
  await mkdir(join(folder, 'nar'), { recursive: true })
  await writeFile(join(folder, 'nix-cache-info'), 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 10\n')
  for (const path of paths) {
    const url = `nar/${formatBase32(path.narHash)}.nar`
    const { narHash, narSize } = path
    const info = { ...path, url, compression: 'none', fileHash: narHash, fileSize: narSize }
    const signatures = [signText(key, fingerprint(path))]
    await writeFile(
      join(folder, `${hashPart(path.storePath)}.narinfo`),
      formatNarInfo({ ...info, signatures }),
    )
    await pipeline(path.nar(), createWriteStream(join(folder, url)))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A web server on this machine. */
export interface WebServer extends AsyncDisposable {
  readonly port: number
}

/** nginx as a package manager's mirror would run it: a worker a core, sendfile, logs off. */
function configuration(folder: string, port: number): string {
  return `daemon off; worker_processes auto; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_timeout 65; keepalive_requests 100000;
  open_file_cache max=10000; default_type application/octet-stream;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${port}; root ${folder}/www; }
}
`
}

/** @param folder its files; what is served lies in `www` below */
export async function startNginx(folder: string): Promise<WebServer> {
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  // Workers would otherwise be another user, who cannot read temporary folders.
  const user = process.getuid?.() === 0 ? 'user root; ' : ''
  await writeFile(file, user + configuration(folder, port))
  const child = spawn('/usr/sbin/nginx', ['-c', file, '-p', folder], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'close')
  for (let attempt = 0; !(await answers(port)); attempt++) {
    if (attempt > 100 || child.exitCode !== null)
      throw new Error('nginx does not start; run: node tools/setup.mjs --with nginx')
    await sleep(50)
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/nix-cache-info`)).ok
  } catch {
    return false
  }
}
