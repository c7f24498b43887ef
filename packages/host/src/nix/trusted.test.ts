import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Nix } from './nix.ts'
import { NixEnvironment } from './testing/index.ts'
import { isTrustedUser, namesUser } from './trusted.ts'

test('a list names users, groups, or all', () => {
  assert.equal(namesUser(['root', '@wheel'], 'ann', ['users', 'wheel']), true)
  assert.equal(namesUser(['*'], 'ann', []), true)
  assert.equal(namesUser(['ann'], 'ann', []), true)
  assert.equal(namesUser(['root', '@wheel', 'wheel'], 'ann', ['ann']), false)
  assert.equal(namesUser([], 'ann', ['wheel']), false)
})

test('a store of one’s own needs no trust', async () => {
  await using environment = await NixEnvironment.create({ 'trusted-users': 'somebody-else' })
  assert.equal(await isTrustedUser(await environment.nix()), true)
})

for (const [users, isTrusted] of [
  ['somebody-else', false],
  ['*', true],
] as const) {
  test(`a daemon that trusts ${users}`, async () => {
    await using environment = await NixEnvironment.create({ 'trusted-users': users })
    const socket = join(environment.dir, 'socket')
    const env = { ...environment.env, NIX_DAEMON_SOCKET_PATH: socket }
    const { program } = await environment.nix()
    const daemon = spawn(program, ['daemon'], { env, stdio: 'ignore' })
    try {
      while (!existsSync(socket)) await sleep(20)
      const nix = await Nix.locate({ env: { ...env, NIX_REMOTE: 'daemon' } })
      assert.equal(await isTrustedUser(nix), isTrusted)
    } finally {
      const ended = once(daemon, 'close')
      daemon.kill()
      await ended
    }
  })
}
