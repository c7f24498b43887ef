/**
 * Machines with different versions of Nix, and users of them. The other version's `/usr` is bound over this machine's in
 * a mount namespace; all else is the same.
 * @module
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Guest } from '../run/release-server.ts'
import { nixRoot } from '../../tools/nix-root.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

/** A Nix that Squid is tested with. */
export interface Machine {
  /** Begins with Nix's version. */
  readonly name: string
  /** A folder with another release's `usr`. */
  readonly root: string | undefined
}

/** Debian 12's own, and Debian 13's. */
export const MACHINES: readonly [Machine, Machine] = [
  { name: '2.8', root: undefined },
  { name: '2.26', root: nixRoot('trixie') },
]

/** Shell commands that make a mount namespace this machine. */
function mounts({ root }: Machine): string {
  return root === undefined ? ':' : `mount --bind '${root}/usr' /usr`
}

/** Words before a command that is to run on the machine, as root. */
export function onMachine(machine: Machine): readonly string[] {
  return machine.root === undefined
    ? []
    : ['unshare', '-m', 'sh', '-c', `${mounts(machine)} && exec "$0" "$@"`]
}

/** What a program left. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Nobody, and nobody's group, as Debian has them. */
const NOBODY = 65534

/** How long a daemon may take to listen. */
const START_MS = 20_000

/** A machine with a Nix of several users at `/nix`, empty at first, and somebody who is not root on it. */
export class SharedMachine implements AsyncDisposable {
  readonly #dir: string
  readonly #daemon: ChildProcess
  /** Whether `/nix` was made for this machine. */
  readonly #isMade: boolean
  #log = ''

  private constructor(dir: string, daemon: ChildProcess, isMade: boolean) {
    this.#dir = dir
    this.#daemon = daemon
    this.#isMade = isMade
    daemon.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#log += text))
  }

  /**
   * Starts a machine whose user uses the squidd of a guest.
   * @param settings of `/etc/nix/nix.conf`
   */
  static async start(
    machine: Machine,
    guest: Guest,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<SharedMachine> {
    const dir = await mkdtemp(join(tmpdir(), 'squid-shared-'))
    await chmod(dir, 0o755)
    for (const name of ['nix', 'etc', 'checkout', 'home', 'home/state']) await mkdir(join(dir, name))
    const all = {
      'experimental-features': 'nix-command flakes',
      substituters: '',
      'build-users-group': '',
      'flake-registry': '',
      'max-jobs': '0',
      'trusted-users': 'root nobody',
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`)
    await writeFile(join(dir, 'etc/nix.conf'), lines.join(''))
    const state = { pid: process.pid, origin: guest.gateway.origin, network: 'memory', secret: 'shared' }
    await writeFile(join(dir, 'home/state/squidd.json'), JSON.stringify(state), { mode: 0o600 })
    for (const name of ['home', 'home/state', 'home/state/squidd.json'])
      await chown(join(dir, name), NOBODY, NOBODY)
    const isMade = !existsSync('/nix')
    await mkdir('/nix', { recursive: true })
    // The checkout may lie where only root may look.
    const binds = `mount --bind '${dir}/nix' /nix && mount --bind '${REPOSITORY}' '${dir}/checkout'`
    const daemon = spawn('unshare', ['-m', 'sh', '-c', `${binds} && ${mounts(machine)} && exec nix daemon`], {
      env: {
        ...process.env,
        NIX_CONF_DIR: join(dir, 'etc'),
        NIX_USER_CONF_FILES: '/dev/null',
        NIX_REMOTE: undefined,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const shared = new SharedMachine(dir, daemon, isMade)
    await shared.#listening()
    return shared
  }

  async #listening(): Promise<void> {
    const socket = join(this.#dir, 'nix/var/nix/daemon-socket/socket')
    for (const end = performance.now() + START_MS; !existsSync(socket); await sleep(20)) {
      if (this.#daemon.exitCode === null && performance.now() < end) continue
      throw new Error(`nix daemon did not start: ${this.#log}`)
    }
  }

  /** A file of the user. */
  inHome(name: string): string {
    return join(this.#dir, 'home', name)
  }

  /** Copies a file to where the user may read it. @returns where */
  async give(file: string): Promise<string> {
    const copy = this.inHome(basename(file))
    await copyFile(file, copy)
    return copy
  }

  /** Runs a program as nobody, with the shim first in PATH. */
  async run(...words: readonly string[]): Promise<Outcome> {
    const { pid } = this.#daemon
    const path = [join(this.#dir, 'home/shim'), join(this.#dir, 'checkout/bin'), '/usr/bin:/bin'].join(
      delimiter,
    )
    const environment = {
      HOME: join(this.#dir, 'home'),
      SQUID_HOME: join(this.#dir, 'home'),
      NIX_REMOTE: 'daemon',
      NIX_CONF_DIR: join(this.#dir, 'etc'),
      NIX_USER_CONF_FILES: '/dev/null',
      PATH: path,
    }
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
    const enter = ['nsenter', '-m', '-t', String(pid)]
    const become = ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
    return await ran([...enter, ...become, 'env', '-i', '-C', environment.HOME, ...variables, ...words])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#daemon, 'close')
    this.#daemon.kill()
    if (this.#daemon.exitCode === null && this.#daemon.signalCode === null) await ended
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 3 })
    if (this.#isMade) await rmdir('/nix')
  }
}

/** Runs a program to its end, whatever that is. */
export async function ran([program = '', ...args]: readonly string[]): Promise<Outcome> {
  return await new Promise(resolve => {
    const child = execFile(program, args, { maxBuffer: 2 ** 26 }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    )
  })
}
