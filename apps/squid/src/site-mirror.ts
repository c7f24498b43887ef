/** Mirroring from the command line: options that several commands have, progress, and what is told in the end. */
import { homeFrom } from '@squid/client/home'
import {
  estimateMirror,
  mirror,
  type MirrorEvent,
  type MirrorReport,
  type MirrorRequest,
} from '@squid/client/site'
import type { Context } from './cli/command.ts'
import { formatBytes, Progress } from './cli/progress.ts'
import { jsonLine } from './cli/terminal.ts'
import { formatCoins } from './commands/storage-space.ts'
import { openAccount, type Session } from './compose.ts'

export const PORTAL_OPTION = {
  type: 'string',
  value: 'URL',
  summary:
    'portal that serves the site, for instance https://wal.app (default: as before, or squid site serve)',
} as const

/** Five pay for ten weeks on the main network, as for a release. */
export const DEFAULT_EPOCHS = '5'

/** Writes the site, or with `isDry` only reckons. */
export async function runMirror(
  session: Session,
  request: MirrorRequest,
  isDry: boolean,
  { env, stderr, signal }: Context,
): Promise<MirrorReport> {
  using progress = new Progress(stderr)
  const { storage, resolver } = session
  const deps = { account: await openAccount(session), storage, resolver, home: homeFrom(env) }
  const options = { onProgress: (event: MirrorEvent) => show(progress, event), signal }
  return await (isDry ? estimateMirror : mirror)(deps, request, options)
}

function show(progress: Progress, event: MirrorEvent): void {
  switch (event.stage) {
    case 'read': {
      const text = `read       ${event.paths} of ${event.of} paths`
      if (event.paths === event.of) progress.done(text)
      else progress.update(text)
      return
    }
    case 'uploaded':
      return progress.done(`uploaded   ${formatBytes(event.bytes)}`)
    case 'changed': {
      const text = `changed    ${event.pages} of ${event.of} pages`
      if (event.pages === event.of) progress.done(text)
      else progress.update(text)
      return
    }
  }
}

/** One line of JSON. */
export function mirrorJson({ site, address, versions, wal, gas, ...report }: MirrorReport): string {
  return jsonLine({
    site: site ?? null,
    address: address ?? null,
    ...report,
    versions: versions.map(({ flakeName, version }) => ({ flake: flakeName, version: Number(version) })),
    wal: Number(wal),
    gas: Number(gas),
  })
}

/** For people. */
export function mirrorText(report: MirrorReport, isDry: boolean): string {
  const { address, publicKey, versions, pages, added, removed, storedBytes, wal, gas, until } = report
  const cost = `${formatCoins(wal)} WAL, ${formatCoins(gas)} SUI gas`
  const names = versions.map(({ flakeName, version }) => `${flakeName} ${version}`).join(', ')
  return [
    `${isDry ? 'would hold' : 'holds'}    ${names === '' ? 'nothing' : names}`,
    `pages      ${pages}: ${added} written, ${removed} removed, ${formatBytes(storedBytes)} stored anew`,
    `${isDry ? 'would cost' : 'paid'}       ${cost}; kept until Walrus epoch ${until}`,
    ...(report.site === undefined ? [] : [`site       ${report.site}`, `address    ${address ?? 'unknown'}`]),
    `key        ${publicKey}`,
    '',
  ].join('\n')
}
