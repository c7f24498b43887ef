/**
 * The shim with real Nix of each version: every place where a reference may stand, and everything around it untouched.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type BuiltSample, buildSample, Guest } from '../run/release-server.ts'
import { type Machine, MACHINES, onMachine } from './machine.ts'

const REF = 'sui:@alice:hello'
const URL_OF_IT = /http:\/\/squid\.localhost:\d+\/@alice\/hello\/1\.tar\.gz\?narHash=sha256-/

/**
 * Words after `nix`, what it answers, and by which status it ends. Where the sample has nothing for a command, Nix's own
 * complaint shows that the reference arrived.
 */
const PLACES: readonly (readonly [words: string, answer: RegExp, status?: number])[] = [
  [`build --no-link --json ${REF}#hello`, /"out":"\/nix\/store\/[^"]+-hello-1\.0"/],
  [
    `build --no-link --json -j3 ${REF}?tag=stable#hello ${REF}?version=1#several`,
    /-hello-1\.0.*-several-2\.0/,
  ],
  [`path-info ${REF}#hello`, /-hello-1\.0\n$/],
  [`eval --raw ${REF}#hello.name`, /^hello-1\.0$/],
  [`--option cores 1 run ${REF}#hello x`, /^hello x\n$/],
  [`flake --refresh run ${REF}#hello -- sui:@x:y`, /^hello sui:@x:y\n$/],
  [`run -- ${REF} ${REF}`, /^hello sui:@alice:hello\n$/],
  [`shell ${REF}#several -Lc several`, /^several\n$/],
  [`develop ${REF}#hello --redirect ${REF}#hello . -c true`, /only works on derivations that use 'bash'/, 1],
  [`print-dev-env ${REF}#hello`, /only works on derivations that use 'bash'/, 1],
  [`flake metadata ${REF}`, URL_OF_IT],
  [`flake show ${REF}`, /hello/, 1],
  [`flake check --no-build ${REF}`, /packages\.x86_64-linux\.data' is not a derivation/, 1],
  [`flake lock ${REF}`, /^$/],
  [`flake archive --json ${REF}`, /"path":"\/nix\/store\/[^"]+-source"/],
  [`flake prefetch --json ${REF}`, /"hash":"sha256-/],
  [`flake clone ${REF} --dest cloned`, /know how to clone input 'http:/, 1],
  [`flake init -t ${REF}#x`, /1\.tar\.gz.* does not provide attribute 'templates\.x'/, 1],
  [`flake new --template ${REF}#x folder`, /1\.tar\.gz.* does not provide attribute 'templates\.x'/, 1],
  [`bundle --bundler ${REF}#x ${REF}#hello`, /1\.tar\.gz.* does not provide attribute 'bundlers/, 1],
  [`show-derivation ${REF}#hello`, /-hello-1\.0\.drv"/],
  [`log ${REF}#hello`, /build log of 'http.*' is not available/, 1],
  [`why-depends ${REF}#hello ${REF}#hello`, /-hello-1\.0\n/],
  [`copy --to file://COPY ${REF}#library`, /^$/],
  [`edit ${REF}#hello`, /cannot find position information for 'http/, 1],
  [`search --json ${REF} hello`, /packages\.x86_64-linux\.hello/],
  [`store verify --no-trust ${REF}#hello`, /^$/],
  [`store sign -k /nowhere ${REF}#hello`, /'?\/nowhere'?.*No such file/, 1],
  [`store copy-sigs -s dummy:// ${REF}#hello`, /^$/],
  [`store dump-path ${REF}#hello`, /nix-archive-1/],
  [`store diff-closures ${REF}#hello ${REF}#several`, /several: ∅ → 2\.0/],
  [`store make-content-addressed ${REF}#hello`, /rewrote '\/nix\/store\/[^']+-hello-1\.0'/],
  [`store repair ${REF}#hello`, /^$/],
  [`store copy-log --to file://COPY ${REF}#hello`, /build log for '.*' is not available/, 1],
  [`build --no-link --json ./user#hello --override-input hello ${REF} --no-write-lock-file`, /-hello-1\.0"/],
  [`eval --inputs-from ${REF} --expr 1`, /^1\n$/],
  [`eval --raw --override-flake y ${REF} y#hello.name`, /^hello-1\.0$/],
]

/** What only one of the versions has. */
const OF_VERSION: Readonly<Record<string, typeof PLACES>> = {
  '2.8': [[`flake update ${REF}`, /^$/]],
  '2.26': [
    [`derivation show ${REF}#hello`, /-hello-1\.0\.drv"/],
    [`env shell ${REF}#several -c several`, /^several\n$/],
    [`flake update --flake ${REF}`, /^$/],
    [`registry pin y ${REF}`, /^$/],
    [`build --no-link --json ${REF}#several^dev`, /"dev":"\/nix\/store\/[^"]+-several-2\.0-dev"/],
  ],
}

let sample: BuiltSample
before(async () => {
  sample = await buildSample()
})
after(async () => {
  await sample[Symbol.asyncDispose]()
})

async function guestOn(machine: Machine): Promise<Guest> {
  const guest = await Guest.create(onMachine(machine))
  for (const select of ['', '?version=1', '?tag=stable']) {
    guest.offered.set(`${REF}${select}`, sample.release.release())
  }
  await writeFile(join(guest.home, 'registry.json'), '{"version":2,"flakes":[]}')
  await guest.nix.configure({ 'max-jobs': '0', 'flake-registry': join(guest.home, 'registry.json') })
  await guest.run('squid', 'shim', 'install', join(guest.home, 'shim'))
  return guest
}

for (const machine of MACHINES) {
  describe(`Nix ${machine.name}`, () => {
    let bob: Guest
    before(async () => {
      bob = await guestOn(machine)
      await mkdir(join(bob.home, 'user'))
      const user =
        '{ inputs.hello.url = "path:/nowhere"; outputs = { hello, ... }: { inherit (hello) packages; }; }'
      await writeFile(join(bob.home, 'user/flake.nix'), user)
    })
    after(async () => {
      await bob[Symbol.asyncDispose]()
    })

    for (const [words, answer, status = 0] of [...PLACES, ...(OF_VERSION[machine.name] ?? [])]) {
      test(`nix ${words}`, async () => {
        const typed = words.replace('COPY', join(bob.home, 'copy')).split(' ')
        const { status: ended, stdout, stderr } = await bob.run('nix', ...typed)
        assert.equal(ended, status, stderr)
        // A failure is told on standard error, an answer printed: but for progress that Nix writes there.
        const told =
          status === 1 && stdout === '' ? stderr : words.startsWith('store make') ? stdout + stderr : stdout
        assert.match(told, answer, stderr)
        assert.doesNotMatch(stderr, /input 'sui:|is not a valid URL/)
      })
    }

    test('registry add follows the name, not today’s release', async () => {
      assert.equal((await bob.run('nix', 'registry', 'add', 'x', REF)).status, 0)
      const text = await readFile(join(bob.nix.dir, 'home/.config/nix/registry.json'), 'utf8')
      assert.match(text, /"url": ?"http:\/\/squid\.localhost:\d+\/@alice\/hello\.tar\.gz"/)
      assert.equal((await bob.run('nix', 'eval', '--raw', 'x#hello.name')).stdout, 'hello-1.0')
    })

    test('words that only look like references stay', async () => {
      const string = await bob.run(
        'nix',
        'eval',
        '--impure',
        '--argstr',
        'x',
        REF,
        '--expr',
        '{ x }: { y = x; }',
        '--raw',
        'y',
      )
      assert.equal(string.stdout, REF, string.stderr)
      const apply = await bob.run('nix', 'eval', '--raw', `${REF}#hello.name`, '--apply', 'sui: sui + "!"')
      assert.equal(apply.stdout, 'hello-1.0!', apply.stderr)
    })

    test('words arrive as they were typed, and NIX_CONFIG keeps what it had', async () => {
      const odd = ['', 'two  spaces', "it's", '"', '$HOME `x` \\', 'line\nline', 'sui:@a:b', '--', '-x', 'ü']
      const print = 'for word; do printf "[%s]" "$word"; done; printf "\\n%s" "$NIX_CONFIG"'
      const call = ['nix', 'shell', `${REF}#several`, '-c', 'sh', '-c', print, 'sh', ...odd]
      const mine = 'extra-substituters = file:///mine\nwarn-dirty = false'
      const { stdout, stderr } = await bob.run('env', `NIX_CONFIG=${mine}`, ...call)
      const [words, config = ''] = stdout.split(`\n${mine}\n`)
      assert.equal(words, odd.map(word => `[${word}]`).join(''), stderr)
      assert.match(config, /^extra-substituters = http:\/\/squid\.localhost:\d+\/of\/0x1+\.hello\.1$/m)
    })

    test('exit status, signals and the terminal are the program’s', async () => {
      const seven = await bob.run('nix', 'run', `${REF}#seven`)
      assert.deepEqual([seven.status, seven.stdout], [7, ''])
      const terminal = `nix shell ${REF}#several -c sh -c 'test -t 0 && test -t 1 && test -t 2 && echo terminal'`
      const tty = await bob.run('env', 'SHELL=/bin/sh', 'script', '-qec', terminal, '/dev/null')
      assert.match(tty.stdout, /terminal\r?\n/, tty.stderr)
      // The shim, squid and Nix each become the next: the signal's target is the program, its parent the caller.
      const command = bob.command(
        'nix',
        'shell',
        `${REF}#several`,
        '-c',
        'sh',
        '-c',
        'echo $$; kill -TERM $$',
      )
      const child = spawn(command[0], command.slice(1), {
        env: bob.nix.env,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      let pid = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (pid += text))
      const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
      assert.deepEqual([status, signal, Number(pid)], [null, 'SIGTERM', child.pid])
    })

    test('completion is left to Nix', async () => {
      const { stdout, status } = await bob.run('env', 'NIX_GET_COMPLETIONS=2', 'nix', 'flake', 'sui:')
      assert.deepEqual([status, stdout.split('\n')[0]?.split('\t')[0]], [0, 'normal'])
    })

    test('what is no reference, and an evaluation that was changed, are told', async () => {
      const malformed = await bob.run('nix', 'build', 'sui:hello')
      assert.deepEqual([malformed.status, malformed.stdout], [2, ''])
      assert.match(malformed.stderr, /^error: "sui:hello" is not a reference: /)
      const changed = await bob.run(
        'nix',
        'run',
        `${REF}#hello`,
        '--override-input',
        'x',
        'path:/nowhere',
        '--',
        'x',
      )
      assert.match(
        changed.stderr,
        /^note: with --override-input Nix may start something else than was released/m,
      )
    })
  })
}
