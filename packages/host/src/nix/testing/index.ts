/**
 * A Nix of its own for one test: an empty chroot store (store paths stay `/nix/store/…`, so hashes are everyone's),
 * sandbox on, no substituter, no registry, its own HOME. Removed on dispose.
 * @module
 */
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Nix, type NixSettings } from '../nix.ts'
import { runProcess, type ProcessResult } from '../process.ts'

const SETTINGS: NixSettings = {
  'experimental-features': 'nix-command flakes',
  substituters: '',
  'build-users-group': '',
  sandbox: 'true',
  'sandbox-fallback': 'false',
  'flake-registry': '',
  'warn-dirty': 'false',
}

export { type DebianPackage, downloadDebianPackages, seedBusybox } from './debian.ts'
export { writeSampleFlake } from './sample.ts'

/** An isolated Nix environment. `await using nix = await NixEnvironment.create()`. */
export class NixEnvironment implements AsyncDisposable {
  /** Everything lies here: `root/nix/store`, `home`, `etc`. */
  readonly dir: string
  /** The folder that holds `nix/store`; NIX_REMOTE names it. */
  readonly storeRoot: string
  /** Environment variables for any process that is to use this Nix. */
  readonly env: Readonly<Record<string, string | undefined>>

  private constructor(dir: string) {
    this.dir = dir
    this.storeRoot = join(dir, 'root')
    this.env = {
      ...process.env,
      HOME: join(dir, 'home'),
      XDG_CACHE_HOME: join(dir, 'home/.cache'),
      XDG_CONFIG_HOME: join(dir, 'home/.config'),
      XDG_DATA_HOME: join(dir, 'home/.local/share'),
      XDG_STATE_HOME: join(dir, 'home/.local/state'),
      // `nix shell` leaves an empty folder there each time that it mounts a chroot store.
      TMPDIR: join(dir, 'tmp'),
      NIX_CONF_DIR: join(dir, 'etc'),
      NIX_USER_CONF_FILES: '/dev/null',
      NIX_REMOTE: this.storeRoot,
      NIX_CONFIG: undefined,
      NIX_PATH: undefined,
    }
  }

  /** Makes an empty environment. @param settings added to, or replacing, the isolating ones */
  static async create(settings: NixSettings = {}): Promise<NixEnvironment> {
    const environment = new NixEnvironment(await mkdtemp(join(tmpdir(), 'squid-nix-')))
    await Promise.all(['home', 'etc', 'tmp'].map(name => mkdir(join(environment.dir, name))))
    await environment.configure(settings)
    return environment
  }

  /** Rewrites nix.conf: the isolating settings, then `settings`. */
  async configure(settings: NixSettings): Promise<void> {
    const lines = Object.entries({ ...SETTINGS, ...settings }).map(([name, value]) => `${name} = ${value}\n`)
    await writeFile(join(this.dir, 'etc/nix.conf'), lines.join(''))
  }

  /** The Nix of this machine in this environment. @throws {NixError} NIX_MISSING: a test without Nix fails */
  async nix(): Promise<Nix> {
    return await Nix.locate({ env: this.env })
  }

  /** Runs any program in this environment. */
  async run(command: string, args: readonly string[], cwd?: string): Promise<ProcessResult> {
    return await runProcess(command, args, { env: this.env, cwd })
  }

  /** Where the file system has a store path of this environment. */
  physical(storePath: string): string {
    return join(this.storeRoot, storePath)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Folders of a store are read-only, which stops everybody but root.
    if (process.getuid?.() !== 0 && existsSync(this.dir)) await makeWritable(this.dir)
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700)
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(folder, entry.name))
}
