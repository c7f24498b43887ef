import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import { type Command, type Context, defineCommand, helpOf } from './command.ts'
import { COMMANDS, findCommand } from './commands.ts'
import { completionScript, SHELLS } from './completion.ts'
import { reportError, squid } from './main.ts'
import { formatBytes, Progress } from './progress.ts'

function fakeContext(): { context: Context; out: () => string; err: () => string } {
  let out = ''
  let err = ''
  const context: Context = {
    env: {},
    cwd: '/',
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    signal: new AbortController().signal,
  }
  return { context, out: () => out, err: () => err }
}

async function allCommands(): Promise<readonly Command[]> {
  return await Promise.all(COMMANDS.map(entry => entry.load()))
}

test('every command is listed under its own name and has a help', async () => {
  const commands = await allCommands()
  for (const [index, command] of commands.entries()) {
    assert.equal(command.name, COMMANDS[index]?.name)
    const help = helpOf(command)
    assert.match(help, new RegExp(`^${command.summary.slice(0, 10)}`))
    assert.match(help, new RegExp(`Usage: squid ${command.name}`))
    const { context, out } = fakeContext()
    assert.equal(await squid([...command.name.split(' '), '--help'], context), 0)
    assert.equal(out(), help)
  }
})

test('commands that print data have --json', async () => {
  const without = (await allCommands())
    .filter(command => command.options['json'] === undefined)
    .map(({ name }) => name)
  assert.deepEqual(without, ['run', 'shell', 'completion', 'nix-shim'])
})

test('the longest name wins', () => {
  assert.equal(findCommand(['trust', 'accept', '@a'])?.[0].name, 'trust accept')
  assert.equal(findCommand(['build', 'accept'])?.[0].name, 'build')
  assert.equal(findCommand(['name']), undefined)
})

test('what makes no sense is a usage error with a hint', async () => {
  const { context } = fakeContext()
  for (const [words, message] of [
    [['fly'], /no command 'squid fly'/],
    [['name'], /squid name claim/],
    [['name', 'take'], /no command 'squid name take'/],
    [['run'], /squid run wants REF/],
    [['resolve', 'a', 'b'], /squid resolve wants REF/],
    [['devnet', '--fly'], /--fly/],
    [['devnet', '--rpc-port', '70000'], /--rpc-port wants a port number/],
    [['completion', 'csh'], /bash, zsh, fish/],
    [['publish', 'a#x', 'b#y'], /one flake/],
    [['publish', 'a#x', '--as', 'Bad Name'], /--as wants 1 to 64 of a-z .*not 'Bad Name'/],
    [['publish', 'a#x', '--tag', 'ok', '--tag', 'bad tag!'], /--tag wants .*not 'bad tag!'/],
    [['publish', 'a#x', '--staged', '@alice'], /'@alice' is no place to upload to: write @NAME\/FLAKE/],
    [['publish', 'a#x', '--staged', '@alice/x', '--as', 'y'], /leave out --as and --space/],
    [['publish', 'a#x', '--staged', '@alice/x', '--space', '@bob'], /leave out --as and --space/],
    [['publish', 'a#x', '--staged', '@alice/x', '--sources'], /--staged builds nothing/],
    [['token', 'create', 'alice/x'], /names neither an @owner nor/],
    [['token', 'create', '@alice/../x'], /is no place to upload to/],
    [['token', 'revoke'], /squid token revoke wants ID/],
    [['init', '--network', 'nonsense'], /no file nonsense/],
    [['revoke', 'sui:@alice:b?version=1', ''], /REASON is 1 to 256 bytes/],
    [['revoke', 'sui:@alice:b?version=1', 'ü'.repeat(129)], /REASON is 1 to 256 bytes of UTF-8, not 258/],
  ] as const) {
    await assert.rejects(squid(words, context), { code: /^(?:USAGE|REFERENCE)$/, message })
  }
})

test('a group of commands has a help', async () => {
  const { context, out } = fakeContext()
  assert.equal(await squid(['shim', '--help'], context), 0)
  assert.match(out(), /^Usage: squid shim COMMAND.*\n\n {2}shim install {2}Install a nix/)
  await assert.rejects(squid(['fly', '--help'], context), { code: 'USAGE' })
})

test('the daemon is called by its own name', async () => {
  const { context } = fakeContext()
  const { squidd } = await import('../commands/squidd.ts')
  await assert.rejects(async () => squidd.start(['extra'], context), {
    message: 'squidd takes no arguments; see squidd --help',
  })
})

test('options, their short forms, and the words after --', async () => {
  const seen: unknown[] = []
  const command = defineCommand({
    name: 'x',
    summary: 'x',
    count: [0, 2],
    restAfter: ['--'],
    options: {
      flag: { type: 'boolean', short: 'f', summary: '' },
      value: { type: 'string', summary: '' },
      many: { type: 'string', multiple: true, summary: '' },
    },
    run: async input => void seen.push(input),
  })
  const { context } = fakeContext()
  await command.start(['a', '-f', '--many', '1', '--many=2', '--', '--flag', 'z'], context)
  assert.deepEqual(seen[0], {
    values: { flag: true, value: undefined, many: ['1', '2'] },
    positionals: ['a'],
    rest: ['--flag', 'z'],
  })
})

test('errors are one sentence each, with a status that tells their kind', () => {
  const report = (error: unknown): [number, string] => {
    const { context, err } = fakeContext()
    return [reportError(error, context), err()]
  }
  assert.deepEqual(report(new SquidError('NO_GAS', 'you have no SUI')), [1, 'error: you have no SUI.\n'])
  assert.deepEqual(report(new SquidError('USAGE', 'two\n lines')), [2, 'error: two lines.\n'])
  const full = Object.assign(new Error('write'), { code: 'ENOSPC', path: '/x' })
  assert.deepEqual(report(full), [
    1,
    'error: the disk is full; free some space and run the same command again (/x)\n',
  ])
  const [status, text] = report(new TypeError('oops'))
  assert.equal(status, 70)
  assert.match(text, /^error: .*bug of squid: oops\.\n$/)
})

test('an interrupted command says no more than that', () => {
  const { context, err } = fakeContext()
  const stopped = new AbortController()
  stopped.abort()
  assert.equal(reportError(new Error('aborted'), { ...context, signal: stopped.signal }), 130)
  assert.equal(err(), 'interrupted\n')
})

for (const shell of SHELLS) {
  test(`completion for ${shell} knows every command and option`, async () => {
    const commands = await allCommands()
    const script = completionScript(shell, commands)
    for (const { name, options } of commands) {
      for (const word of name.split(' ')) assert.ok(script.includes(word), word)
      for (const option of Object.keys(options)) assert.ok(script.includes(option), option)
    }
  })
}

test('the bash completion works in bash', async () => {
  const script = completionScript('bash', await allCommands())
  const complete = (line: string): string[] => {
    const words = line.split(' ')
    const ask = `COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _squid; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8', cwd: '/' })
      .stdout.trim()
      .split('\n')
  }
  assert.deepEqual(complete('squid pub'), ['publish'])
  assert.deepEqual(complete('squid name '), ['claim'])
  assert.deepEqual(complete('squid publish --ta'), ['--tag'])
  assert.ok(complete('squid trust ').includes('accept'))
})

test('progress: plain lines elsewhere, one line redrawn on a terminal', () => {
  let text = ''
  let now = 0
  const write = (part: string): unknown => (text += part)
  {
    using progress = new Progress({ write }, () => now)
    progress.update('one')
    progress.update('two')
    now += 10_000
    progress.update('three')
    progress.done('end')
  }
  assert.equal(text, 'one\nthree\nend\n')
  text = ''
  {
    using progress = new Progress({ write, control: write, isTTY: true, columns: 10 }, () => now)
    progress.update('a long line of text')
    progress.done('end')
    progress.update('gone')
  }
  assert.equal(text, 'a long li\r\u001b[Kend\ngone\r\u001b[K')
})

test('bytes for people', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 5n * 1024n ** 3n].map(formatBytes), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '5.0 GiB',
  ])
})
