/**
 * Makes a fresh checkout ready: the locked npm packages (with them the locked Node), and the Debian
 * packages named by `--with`. Built-ins only and plain JavaScript, because it starts under whatever Node
 * is installed, before anything of ours is.
 *
 * Usage: node tools/setup.mjs [--with GROUP ...]
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Group → Debian packages and the program by which each is recognised. */
const GROUPS = {
  nix: [
    { package: 'nix-bin', program: '/usr/bin/nix' },
    { package: 'ca-certificates', program: '/usr/sbin/update-ca-certificates' },
    { package: 'xz-utils', program: '/usr/bin/xz' },
  ],
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

/** Runs `npm ci` when the lock file differs from the one that was installed last. */
function installNpmPackages() {
  const stamp = join(root, 'node_modules/.squid-lock')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.error('setup: installing the locked npm packages')
  // The running npm may already have put our Node options into the environment: npm ci starts a fresh npm.
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) fail('npm ci failed; see above')
  writeFileSync(stamp, wanted)
}

/** Installs what is missing of a group through apt as root, otherwise says what to type. */
function installDebianPackages(group) {
  const missing = GROUPS[group].filter(({ program }) => !existsSync(program)).map(entry => entry.package)
  if (missing.length === 0) return
  const install = ['install', '-y', '--no-install-recommends', ...missing]
  if (process.getuid() !== 0) fail(`missing Debian packages; run: sudo apt-get ${install.join(' ')}`)
  console.error(`setup: installing ${missing.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const ok = run('apt-get', ['update', '-qq'], env) && run('apt-get', ['-qq', ...install], env)
  if (!ok) fail(`apt-get could not install ${missing.join(', ')}; see above`)
}

const args = process.argv.slice(2)
const groups = args.filter(argument => argument !== '--with')
for (const group of groups) if (!(group in GROUPS)) fail(`unknown group ${group}`)
installNpmPackages()
for (const group of groups) installDebianPackages(group)
