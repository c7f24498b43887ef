/**
 * Makes a fresh checkout ready: the locked npm packages (with them the locked Node), and the Debian
 * packages named by `--with`. Built-ins only and plain JavaScript, because it starts under whatever Node
 * is installed, before anything of ours is.
 *
 * Usage: node tools/setup.mjs [--with GROUP ...]
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Group → Debian packages and the program by which each is recognised. */
const GROUPS = {
  nix: [
    { package: 'nix-bin', program: '/usr/bin/nix' },
    { package: 'ca-certificates', program: '/usr/sbin/update-ca-certificates' },
    { package: 'iproute2', program: '/usr/sbin/ip' },
    { package: 'xz-utils', program: '/usr/bin/xz' },
  ],
  // The second implementations of our formats, in vectors/.
  python: [{ package: 'python3', program: '/usr/bin/python3' }],
  nginx: [{ package: 'nginx-light', program: '/usr/sbin/nginx' }],
  // For nix/plugin; its headers come with tools/nix-plugin.ts.
  plugin: [{ package: 'g++', program: '/usr/bin/g++' }],
}

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env })
  if (error) throw error
  return status === 0
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}

const stamp = join(root, 'node_modules/.squid-lock')
const lockedNode = join(root, 'node_modules/.bin/node')

/** Whether the locked packages are there, the locked Node among them, as the lock file wants them. */
function isInstalled(lock) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(lockedNode)
}

/** Runs `npm ci` when the lock file differs from the one that was installed last. */
function installNpmPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (isInstalled(lock)) return
  console.error('setup: installing the locked npm packages')
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) fail('npm ci failed; see above')
  linkNode()
  writeFileSync(stamp, lock)
}

/**
 * Two optional packages bring a `node`, one for each kind of processor; npm 10 removes the link together with
 * the one that does not fit, so it is made here whatever npm did.
 */
function linkNode() {
  const folder = `node-linux-${process.arch}`
  if (!existsSync(join(root, 'node_modules', folder, 'bin/node')))
    fail(
      `there is no locked Node for ${process.platform} on ${process.arch}; Squid runs on Linux, x64 and arm64`,
    )
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true })
  rmSync(lockedNode, { force: true })
  symlinkSync(`../${folder}/bin/node`, lockedNode)
}

/** Installs what is missing of a group through apt as root, otherwise says what to type. */
function installDebianPackages(group) {
  const missing = GROUPS[group].filter(({ program }) => !existsSync(program)).map(entry => entry.package)
  if (missing.length === 0) return
  const install = ['install', '-y', '--no-install-recommends', ...missing]
  if (process.getuid() !== 0) fail(`missing Debian packages; run: sudo apt-get ${install.join(' ')}`)
  console.error(`setup: installing ${missing.join(', ')}`)
  // RUNLEVEL: what is installed for benches and tests is not started as a service of the machine.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const ok = run('apt-get', ['update', '-qq'], env) && run('apt-get', ['-qq', ...install], env)
  if (!ok) fail(`apt-get could not install ${missing.join(', ')}; see above`)
}

const args = process.argv.slice(2)
const groups = args.filter(argument => argument !== '--with')
for (const group of groups) if (!(group in GROUPS)) fail(`unknown group ${group}`)
installNpmPackages()
for (const group of groups) installDebianPackages(group)
