import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import { inheritedSocket } from './inherited-socket.ts'
import { type Action, install, uninstall } from './install.ts'
import { at, logPath, type Places, placesOf } from './plan.ts'

const ENV = { HOME: '/home/bob' }
const NIX_CONF = '/home/bob/.config/nix/nix.conf'
const PROFILE = '/home/bob/.profile'

class Machine implements AsyncDisposable {
  readonly root: string
  readonly places: Places
  actions: Action[] = []

  private constructor(root: string, isSystem: boolean) {
    this.root = root
    this.places = placesOf(ENV, isSystem, root)
  }

  /** @param files what is there before */
  static async create(files: Readonly<Record<string, string>>, isSystem = false): Promise<Machine> {
    const root = await mkdtemp(join(tmpdir(), 'squid-install-'))
    await mkdir(join(root, 'run/systemd/system'), { recursive: true })
    await mkdir(join(root, 'home/bob'), { recursive: true })
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
    return new Machine(root, isSystem)
  }

  #tell = (action: Action): void => void this.actions.push(action)

  async install(port = 7878, isDry = false): Promise<readonly string[]> {
    this.actions = []
    return await install(this.places, { port, isDry, tell: this.#tell })
  }

  async uninstall(isDry = false): Promise<readonly string[] | undefined> {
    this.actions = []
    return await uninstall(this.places, { isDry, tell: this.#tell })
  }

  async read(path: string): Promise<string> {
    return await readFile(join(this.root, path), 'utf8')
  }

  async write(path: string, text: string): Promise<void> {
    await writeFile(join(this.root, path), text)
  }

  /** Every file and folder, with text and mode. */
  async everything(): Promise<readonly string[]> {
    const names = await readdir(this.root, { recursive: true })
    const lines = names.map(async name => {
      const found = await stat(join(this.root, name))
      const text = found.isFile() ? JSON.stringify(await this.read(name)) : 'folder'
      return `${name} ${(found.mode & 0o777).toString(8)} ${text}`
    })
    return (await Promise.all(lines)).toSorted()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}

const USED = { [NIX_CONF]: 'cores = 2\nfallback = true', [PROFILE]: 'umask 022\n' }

for (const isSystem of [false, true]) {
  for (const [what, files] of [
    ['a bare machine', {}],
    ['files in use', isSystem ? { '/etc/nix/nix.conf': 'max-jobs = 2' } : USED],
  ] as const) {
    test(`${isSystem ? 'system' : 'user'}, ${what}: all comes and all goes`, async () => {
      await using machine = await Machine.create(files, isSystem)
      const before = await machine.everything()
      await machine.install(7878, true)
      assert.ok(machine.actions.length > 5)
      assert.deepEqual(await machine.everything(), before, 'a dry run changes nothing')
      const steps = await machine.install()
      const user = isSystem ? '' : '--user '
      assert.ok(
        steps.includes(`on that machine: systemctl ${user}enable --now squidd.socket`),
        steps.join('\n'),
      )
      const installed = await machine.everything()
      await machine.install()
      assert.deepEqual(machine.actions, [], 'again is harmless')
      assert.deepEqual(await machine.everything(), installed)
      await machine.uninstall(true)
      assert.deepEqual(await machine.everything(), installed)
      assert.deepEqual(await machine.uninstall(), [])
      assert.deepEqual(await machine.everything(), before)
      assert.equal(await machine.uninstall(), undefined)
    })
  }
}

test('the system’s key and policy are root’s alone, what everybody reads is not', async () => {
  await using machine = await Machine.create({}, true)
  await machine.install()
  const mode = async (path: string): Promise<string> =>
    ((await stat(join(machine.root, path))).mode & 0o777).toString(8)
  assert.equal(await mode('etc/squid'), '700')
  assert.equal(await mode('etc/squid/keys/nix-signing-key'), '600')
  assert.equal(await mode('var/lib/squid/install.json'), '600')
  for (const path of ['etc/nix', 'usr/local/lib/squid/shim', 'usr/local/lib/squid/shim/nix'])
    assert.equal(await mode(path), '755', path)
  for (const path of ['etc/nix/nix.conf', 'etc/profile.d/squid.sh', 'etc/systemd/system/squidd.socket'])
    assert.equal(await mode(path), '644', path)
  assert.match(
    await machine.read('etc/systemd/system/squidd.service'),
    /^Environment="XDG_CONFIG_HOME=\/etc"$/m,
  )
})

test('our lines come after what is there, once, and follow the port', async () => {
  await using machine = await Machine.create(USED)
  await machine.install()
  await machine.install(9999)
  const text = await machine.read(NIX_CONF)
  assert.match(
    text,
    /^cores = 2\nfallback = true\n# BEGIN squid install\nextra-substituters = http:\/\/squid\.localhost:9999\nextra-trusted-public-keys = squid-\S+:\S{44}\nnarinfo-cache-negative-ttl = 0\n# END squid install\n$/,
  )
  await machine.uninstall()
  assert.equal(await machine.read(NIX_CONF), USED[NIX_CONF])
})

test('a setting of the person stays theirs', async () => {
  await using machine = await Machine.create({ [NIX_CONF]: 'narinfo-cache-negative-ttl = 5\n' })
  await machine.install()
  assert.equal((await machine.read(NIX_CONF)).split('negative-ttl').length, 2)
})

test('what others changed since stays: of their files only our lines go', async () => {
  await using machine = await Machine.create(USED)
  await machine.install()
  await machine.write(NIX_CONF, `top = 1\n${await machine.read(NIX_CONF)}bottom = 2\n`)
  const service = '/home/bob/.config/systemd/user/squidd.service'
  await machine.write(service, 'mine\n')
  await rm(join(machine.root, PROFILE))
  await machine.uninstall()
  assert.equal(await machine.read(NIX_CONF), 'top = 1\ncores = 2\nfallback = true\nbottom = 2\n')
  assert.equal(await machine.read(service), 'mine\n')
  await assert.rejects(machine.read(PROFILE))
  const kept = machine.actions.filter(({ what }) => what === 'keep').map(({ path }) => path)
  assert.deepEqual(kept, [service, '/home/bob/.config/systemd/user', '/home/bob/.config/systemd'])
})

test('files of others and links are refused by name, and nothing is changed', async () => {
  await using other = await Machine.create({ '/home/bob/.config/systemd/user/squidd.socket': 'other\n' })
  const before = await other.everything()
  const code = (wanted: string) => (error: unknown) => error instanceof SquidError && error.code === wanted
  await assert.rejects(other.install(), code('INSTALL_OTHER'))
  assert.deepEqual(await other.everything(), before)
  await using linked = await Machine.create({ '/store/nix.conf': 'x = 1\n' })
  await mkdir(join(linked.root, dirname(NIX_CONF)), { recursive: true })
  await symlink(join(linked.root, 'store/nix.conf'), join(linked.root, NIX_CONF))
  await assert.rejects(linked.install(), code('INSTALL_LINK'))
  await assert.rejects(readFile(at(linked.places, logPath(linked.places))))
})

test('a log that is none is refused by name', async () => {
  await using machine = await Machine.create({
    '/home/bob/.local/state/squid/install.json': '{"entries":[{}]}',
  })
  for (const call of [() => machine.install(), () => machine.uninstall()])
    await assert.rejects(
      call,
      (error: unknown) => error instanceof SquidError && error.code === 'INSTALL_LOG',
    )
})

/** The log tells everything before it is done: so what is killed leaves the log and the first few of the changes. */
test('killed after any change, installing again and uninstalling both work', async () => {
  await using whole = await Machine.create(USED)
  const before = await whole.everything()
  await whole.install()
  const all = whole.actions.filter(({ what }) => what !== 'make').length
  for (let done = 0; done <= all + 6; done++) {
    for (const goesOn of [true, false]) {
      await using machine = await Machine.create(USED)
      let count = 0
      const killed = install(machine.places, {
        port: 7878,
        isDry: false,
        tell: () => {
          if (count++ === done) throw new Error('killed')
        },
      })
      await killed.catch((error: unknown) => assert.match(String(error), /killed/))
      if (goesOn) {
        await machine.install()
        await machine.install()
        assert.deepEqual(machine.actions, [])
      }
      let undone = 0
      const half = uninstall(machine.places, {
        isDry: false,
        tell: ({ path }) => {
          // Once the log is gone, only the empty folders where it was are left.
          const isAfterLog = logPath(machine.places).startsWith(`${path}/`)
          if (undone++ === done && !isAfterLog) throw new Error('killed')
        },
      })
      await half.catch((error: unknown) => assert.match(String(error), /killed/))
      await machine.uninstall()
      assert.deepEqual(await machine.everything(), before, `${done} changes`)
    }
  }
})

test('the profile puts the shim first, once, whatever the folder is called', async () => {
  await using machine = await Machine.create({})
  const home = "/home/o'brien x"
  const places = placesOf({ HOME: home }, false, machine.root)
  await install(places, { port: 7878, isDry: false, tell: () => undefined })
  const profile = join(machine.root, home, '.profile')
  const { stdout } = spawnSync('sh', ['-c', '. "$0"; . "$0"; printf %s "$PATH"', profile], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  })
  assert.equal(stdout, `${home}/.local/share/squid/shim:/usr/bin:/bin`)
})

test('without systemd there are no units, but a step', async () => {
  await using machine = await Machine.create({})
  await rm(join(machine.root, 'run'), { recursive: true })
  const places = placesOf(ENV, false, machine.root)
  const steps = await install(places, { port: 7000, isDry: false, tell: () => undefined })
  assert.ok(steps.some(step => step.endsWith('/bin/squidd --port 7000')))
  assert.deepEqual(await readdir(join(machine.root, 'home/bob/.config')), ['nix'])
})

test('a socket of systemd is taken by the process that it is for', () => {
  assert.equal(inheritedSocket({ LISTEN_PID: '5', LISTEN_FDS: '1' }, 5), 3)
  assert.equal(inheritedSocket({ LISTEN_PID: '4', LISTEN_FDS: '1' }, 5), undefined)
  assert.equal(inheritedSocket({}, 5), undefined)
  assert.throws(() => inheritedSocket({ LISTEN_PID: '5', LISTEN_FDS: '2' }, 5), /one socket/)
})
