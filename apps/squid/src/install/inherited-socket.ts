/**
 * The socket on which systemd listened before squidd was started.
 * Spec: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 * @module
 */
import { SquidError } from '@squid/formats/errors'

const FIRST = 3

/**
 * Its file descriptor; undefined when nobody listened for this process.
 * @throws {SquidError} SOCKETS when there are several: which of them Nix asks nobody could say
 */
export function inheritedSocket(
  env: Readonly<Record<string, string | undefined>>,
  pid: number = process.pid,
): number | undefined {
  const { LISTEN_PID: forWhom, LISTEN_FDS: count } = env
  if (count === undefined || forWhom !== String(pid)) return undefined
  if (count === '1') return FIRST
  throw new SquidError('SOCKETS', `squidd wants one socket of systemd, not ${count}; mend squidd.socket`)
}
