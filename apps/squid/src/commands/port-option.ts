/** Port numbers on the command line. */
import { UsageError } from '../cli/command.ts'

/** @throws {UsageError} unless it is a port number, 0 for any free one */
export function parsePort(text: string | undefined, otherwise: number, option: string): number {
  if (text === undefined) return otherwise
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  if (port > 65_535) throw new UsageError(`--${option} wants a port number from 0 to 65535, not '${text}'`)
  return port
}
