/**
 * The address of a site at a portal: its object id in base 36, or the name that stands for it, as the first label of the
 * host. Portals of Walrus Sites read it the same way.
 * @module
 */
import { parseHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'

const ID_BYTES = 32
/** Digits of the largest id. */
const MAX_DIGITS = 50
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** An object id (`0x` and 64 hex digits) as a label; each leading zero byte is a leading zero. */
export function formatSiteLabel(id: string): string {
  const bytes = parseHex(id.slice(2))
  const zeros = bytes.findIndex(byte => byte !== 0)
  if (zeros < 0) return '0'.repeat(ID_BYTES)
  return '0'.repeat(zeros) + BigInt(id).toString(36)
}

/** The object id that a label is, undefined for any other word. */
export function parseSiteLabel(label: string): string | undefined {
  if (!/^[0-9a-z]+$/.test(label) || label.length > MAX_DIGITS) return undefined
  let value = 0n
  for (const digit of label) value = value * 36n + BigInt(Number.parseInt(digit, 36))
  if (value >= 1n << 256n) return undefined
  const id = `0x${value.toString(16).padStart(2 * ID_BYTES, '0')}`
  return formatSiteLabel(id) === label ? id : undefined
}

/**
 * Where a site is served.
 * @param portal the origin of a portal
 * @param label the site's own, or a name without `.sui`
 * @throws {SquidError} `PORTAL_URL`
 */
export function siteAddress(portal: string, label: string): string {
  const url = URL.canParse(portal) ? new URL(portal) : undefined
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (!isOrigin || /^[\d.]+$|:/.test(url.hostname) || !LABEL.test(label))
    throw new SquidError(
      'PORTAL_URL',
      `${portal} is not where a portal can be: it wants a URL with a host name and no path, for instance https://wal.app.`,
    )
  return `${url.protocol}//${label}.${url.host}`
}
