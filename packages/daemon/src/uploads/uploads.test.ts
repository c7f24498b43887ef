import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { formatBase32 } from '@squid/formats/base32'
import { decodeUtf8 } from '@squid/formats/bytes'
import { sha256 } from '@squid/formats/hash'
import { encodeNar } from '@squid/formats/nar'
import { formatNarInfo, type NarInfo } from '@squid/formats/nar-info'
import { baseName, hashPart, makeStorePath, sourcePath, textPath } from '@squid/formats/store-path'
import { UploadError } from './errors.ts'
import { type IncomingFile, stagingArea, Uploads, uploadTokens } from './uploads.ts'
import { parseUploadPlace } from './place.ts'

const PLACE = '@alice/hello'
const LIMITS = { narBytes: 100_000, areaBytes: 200_000, paths: 4, reserveBytes: 0 }

let state: string
let token: string
let uploads: Uploads

before(async () => {
  state = await mkdtemp(join(tmpdir(), 'squid-uploads-'))
  uploads = new Uploads(state, LIMITS)
  token = (await uploadTokens(state).create(PLACE)).token
})
after(() => rm(state, { recursive: true, force: true }))

/** The NAR of one file. */
async function narOf(text: string): Promise<Uint8Array> {
  const bytes = Buffer.from(text)
  const file = { kind: 'file', name: new Uint8Array(), executable: false, size: bytes.length } as const
  const parts: Uint8Array[] = []
  for await (const part of encodeNar([file, { kind: 'data', bytes }])) parts.push(part)
  return Buffer.concat(parts)
}

function incoming(bytes: Uint8Array | string, more: Partial<IncomingFile> = {}): IncomingFile {
  async function* body(): AsyncGenerator<Uint8Array> {
    const all = Buffer.from(bytes)
    for (let at = 0; at < all.length; at += 1000) yield all.subarray(at, at + 1000)
  }
  return { size: undefined, encoding: undefined, body: body(), ...more }
}

function put(file: string, bytes: Uint8Array | string, more: Partial<IncomingFile> = {}): Promise<void> {
  return uploads.write(`${PLACE}/${file}`, token, incoming(bytes, more))
}

async function get(file: string): Promise<string | undefined> {
  const found = await uploads.read(`${PLACE}/${file}`, token)
  if (found === undefined) return undefined
  const parts: Uint8Array[] = []
  if (found.body instanceof Uint8Array) parts.push(found.body)
  else for await (const part of found.body) parts.push(part)
  return Buffer.concat(parts).toString('latin1')
}

function fileName(bytes: Uint8Array, ending = ''): string {
  return `nar/${formatBase32(sha256(bytes))}.nar${ending}`
}

/** What Nix says of a path whose NAR this is, sent as it is. */
function infoOf(nar: Uint8Array, more: Partial<NarInfo> = {}): NarInfo {
  const narHash = sha256(nar)
  return {
    storePath: makeStorePath('output:out', narHash, 'thing'),
    url: fileName(nar),
    compression: 'none',
    fileHash: narHash,
    fileSize: BigInt(nar.length),
    narHash,
    narSize: BigInt(nar.length),
    references: [],
    signatures: [],
    ...more,
  }
}

function putInfo(info: NarInfo, name = hashPart(info.storePath)): Promise<void> {
  return put(`${name}.narinfo`, formatNarInfo(info))
}

function isRefused(code: UploadError['code'], message: RegExp): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof UploadError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  }
}

/** A place of its own for one test. */
async function elsewhere(work: () => Promise<void>): Promise<void> {
  const [outerState, outer, outerToken] = [state, uploads, token]
  state = await mkdtemp(join(tmpdir(), 'squid-uploads-'))
  try {
    uploads = new Uploads(state, LIMITS)
    token = (await uploadTokens(state).create(PLACE)).token
    await work()
  } finally {
    await rm(state, { recursive: true, force: true })
    ;[state, uploads, token] = [outerState, outer, outerToken]
  }
}

test('a path is here when its NAR and then its narinfo came, and waits to be released', async () => {
  const nar = await narOf('first')
  const info = infoOf(nar, { signatures: [`k-1:${Buffer.alloc(64).toString('base64')}`] })
  assert.equal(await get(fileName(nar)), undefined)
  await put(fileName(nar), nar)
  assert.equal(await get(`${hashPart(info.storePath)}.narinfo`), undefined)
  await putInfo(info)
  assert.equal(await get(`${hashPart(info.storePath)}.narinfo`), formatNarInfo(info))
  assert.equal(await get(fileName(nar)), Buffer.from(nar).toString('latin1'))
  const second = await narOf('second')
  await put(fileName(second), second)
  const referring = infoOf(second, { references: [info.storePath] })
  await putInfo(referring)

  const area = stagingArea(state, parseUploadPlace(PLACE))
  const staged = await area.staged()
  assert.equal(staged.length, 2)
  await area.release(staged)
  assert.deepEqual(await area.staged(), [])
  assert.deepEqual(await readdir(join(state, 'uploads', PLACE, 'nars')), [])
  assert.equal(
    await get(`${hashPart(info.storePath)}.narinfo`),
    formatNarInfo(info),
    'Nix remembers that it sent it',
  )
  await area.forget([info.storePath])
  assert.equal(await get(`${hashPart(info.storePath)}.narinfo`), undefined)
})

test('what comes compressed is kept as it was: zstd, and xz by the program of the machine', async () => {
  const nar = await narOf('x'.repeat(50_000))
  const xz = spawnSync('xz', ['--stdout'], { input: nar }).stdout
  for (const [bytes, ending, compression] of [
    [zstdCompressSync(nar), '.zst', 'zstd'],
    [xz, '.xz', 'xz'],
  ] as const) {
    await elsewhere(async () => {
      const url = fileName(bytes, ending)
      await put(url, bytes)
      assert.equal(await get(url), '', 'Nix need not send it again')
      const file = { url, compression, fileHash: sha256(bytes), fileSize: BigInt(bytes.length) }
      await putInfo(infoOf(nar, file))
      assert.equal(await get(fileName(nar)), Buffer.from(nar).toString('latin1'))
    })
    await assert.rejects(
      put(fileName(nar, ending), nar),
      isRefused('UPLOAD_REFUSED', new RegExp(`sent as ${compression} is not`)),
    )
    const cut = bytes.subarray(0, bytes.length - 5)
    await assert.rejects(put(fileName(cut, ending), cut), isRefused('UPLOAD_REFUSED', /is not|no NAR/))
  }
})

test('without the xz program xz is refused by name', async () => {
  const nar = await narOf('x')
  const path = process.env['PATH']
  process.env['PATH'] = state
  try {
    const isNamed = isRefused('UPLOAD_COMPRESSION', /has no xz program; add \?compression=zstd/)
    await assert.rejects(put(fileName(nar, '.xz'), nar), isNamed)
  } finally {
    process.env['PATH'] = path
  }
})

test('other compressions and encodings are refused by name', async () => {
  const nar = await narOf('x')
  for (const ending of ['.bz2', '.br', '.lz4', '.gz']) {
    const isNamed = isRefused('UPLOAD_COMPRESSION', new RegExp(`\\${ending} files; add \\?compression=zstd`))
    await assert.rejects(put(fileName(nar, ending), nar), isNamed)
  }
  const encoded = put('log/x.drv', 'x', { encoding: 'br' })
  await assert.rejects(encoded, isRefused('UPLOAD_COMPRESSION', /the encoding br/))
})

test('a NAR that is not what its name says, or none, leaves nothing behind', async () => {
  const nar = await narOf('wrong')
  const other = await narOf('other')
  await assert.rejects(put(fileName(nar), other), isRefused('UPLOAD_REFUSED', /has the hash/))
  const text = Buffer.from('no NAR')
  await assert.rejects(put(fileName(text), text), isRefused('UPLOAD_REFUSED', /no NAR/))
  const cut = nar.subarray(0, nar.length - 8)
  await assert.rejects(put(fileName(cut), cut), isRefused('UPLOAD_REFUSED', /no NAR: archive ends too early/))
  const left = (async function* (): AsyncGenerator<Uint8Array> {
    yield nar.subarray(0, 50)
    throw new Error('the client left')
  })()
  await assert.rejects(put(fileName(nar), '', { body: left }), { message: 'the client left' })
  assert.deepEqual(await readdir(join(state, 'uploads', PLACE, 'incoming')), [])
  assert.equal(await get(fileName(nar)), undefined)
})

test('a narinfo is taken only when NAR, references and address are right', async () => {
  await elsewhere(async () => {
    const nar = await narOf('a')
    const other = await narOf('b')
    const info = infoOf(nar)
    await assert.rejects(putInfo(info), isRefused('UPLOAD_REFUSED', /the NAR of \S+ did not come/))
    await put(fileName(nar), nar)
    await put(fileName(other), other)
    const stranger = sourcePath(sha256(other), 'stranger')
    const lies: readonly (readonly [Partial<NarInfo>, RegExp])[] = [
      [{ url: fileName(other) }, /does not belong to the NAR/],
      [{ narHash: sha256(other) }, /does not belong to the NAR/],
      [{ narSize: 1n }, /does not belong to the NAR/],
      [{ fileSize: 1n }, /does not belong to the NAR/],
      [{ fileHash: sha256(other) }, /does not belong to the NAR/],
      [{ references: [stranger] }, /refers to \S+-stranger, which was not uploaded/],
      [{ url: '../../tokens.nar' }, /names no file/],
      [{ url: fileName(nar, '.xz') }, /names no file/],
      [{ url: `http://other.example/${fileName(nar)}` }, /names no file/],
      [{ ca: `fixed:r:sha256:${formatBase32(sha256(nar))}` }, /address promises/],
      [{ storePath: stranger, ca: `fixed:r:sha256:${formatBase32(sha256(other))}` }, /address promises/],
    ]
    for (const [lie, message] of lies)
      await assert.rejects(
        putInfo({ ...info, ...lie }),
        isRefused('UPLOAD_REFUSED', message),
        String(message),
      )
    await assert.rejects(putInfo(info, hashPart(stranger)), isRefused('UPLOAD_REFUSED', /is of another path/))
    await assert.rejects(
      put(`${hashPart(info.storePath)}.narinfo`, 'x'),
      isRefused('UPLOAD_REFUSED', /malformed/),
    )
    assert.deepEqual(await stagingArea(state, parseUploadPlace(PLACE)).staged(), [])
    await putInfo({
      ...info,
      storePath: sourcePath(sha256(nar), 'a'),
      ca: `fixed:r:sha256:${formatBase32(sha256(nar))}`,
    })
    const text = await narOf('some text')
    await put(fileName(text), text)
    const ca = `text:sha256:${formatBase32(sha256(Buffer.from('some text')))}`
    await putInfo(infoOf(text, { storePath: textPath('t', Buffer.from('some text')), ca }))
  })
})

test('no name leads out of the area, and what is no file of a cache is refused', async () => {
  const before = await readdir(state)
  for (const file of [
    '../x',
    'nar/../../x',
    'log/../../x.drv',
    'realisations/../x.doi',
    'build-trace-v2/../x.drv/out.doi',
    'build-trace-v2/x.drv/out.doi',
    `log/${'x'.repeat(255)}.drv`,
    'log/\0.drv',
    'infos/x',
    '',
    'nar/',
  ]) {
    assert.equal(await get(file), undefined, file)
    await assert.rejects(put(file, '{}'), UploadError, file)
  }
  for (const place of [
    '..',
    '@alice/..',
    '@alice',
    '../@alice/hello',
    '@alice/.',
    '/hello',
    '@alice/hello.x',
  ])
    await assert.rejects(uploads.read(`${place}/nix-cache-info`, token), { name: /Error$/ }, place)
  assert.deepEqual(await readdir(state), before)
})

test('limits: of a NAR, of all, of paths, of texts', async () => {
  await elsewhere(async () => {
    const big = await narOf('x'.repeat(100_001))
    const zst = zstdCompressSync(big)
    const tooLarge = isRefused('UPLOAD_TOO_LARGE', /NARs of up to 100000 bytes/)
    await assert.rejects(put(fileName(zst, '.zst'), zst), tooLarge, 'a small file, a large NAR')
    await assert.rejects(put(fileName(big), big, { size: big.length }), tooLarge)
    await assert.rejects(put('nix-cache-info', 'x'.repeat(1 << 21)), isRefused('UPLOAD_TOO_LARGE', /1048576/))
    for (const letter of ['a', 'b']) {
      const nar = await narOf(letter.repeat(99_000))
      await put(fileName(nar), nar)
    }
    const more = await narOf('c'.repeat(5000))
    await assert.rejects(
      put(fileName(more), more, { size: more.length }),
      isRefused('UPLOAD_FULL', /publish them first/),
    )
  })
  await elsewhere(async () => {
    uploads = new Uploads(state, { ...LIMITS, paths: 1, reserveBytes: 0 })
    const nars = await Promise.all(['a', 'b'].map(narOf))
    for (const nar of nars) await put(fileName(nar), nar)
    const [first, second] = nars.map(nar => infoOf(nar))
    assert.ok(first && second)
    await putInfo(first)
    uploads = new Uploads(state, { ...LIMITS, paths: 1 })
    await assert.rejects(putInfo(second), isRefused('UPLOAD_FULL', /up to 1 paths/))
    uploads = new Uploads(state, { ...LIMITS, reserveBytes: Number.MAX_SAFE_INTEGER })
    const more = await narOf('c')
    await assert.rejects(put(fileName(more), more), isRefused('UPLOAD_FULL', /disk of squidd is full/))
  })
})

test('many uploads of the same and of others at once', async () => {
  await elsewhere(async () => {
    const nars = await Promise.all(['a', 'b', 'a', 'b', 'a'].map(narOf))
    await Promise.all(nars.map(nar => put(fileName(nar), nar)))
    await Promise.all(nars.map(nar => putInfo(infoOf(nar))))
    const staged = await stagingArea(state, parseUploadPlace(PLACE)).staged()
    assert.equal(staged.length, 2)
    assert.deepEqual(await readdir(join(state, 'uploads', PLACE, 'incoming')), [])
  })
})

test('what a killed squidd was receiving is removed, what it took stays', async () => {
  await elsewhere(async () => {
    const nar = await narOf('kept')
    await put(fileName(nar), nar)
    const incomingFolder = join(state, 'uploads', PLACE, 'incoming')
    await writeFile(join(incomingFolder, 'half'), nar.subarray(0, 10))
    uploads = new Uploads(state, LIMITS)
    await putInfo(infoOf(nar))
    assert.deepEqual(await readdir(incomingFolder), [])
  })
})

test('logs go with their derivation, realisations with their path', async () => {
  await elsewhere(async () => {
    const nar = await narOf('drv')
    await put(fileName(nar), nar)
    const info = infoOf(nar, { storePath: makeStorePath('output:out', sha256(nar), 'thing.drv') })
    const id = `sha256:${'0'.repeat(64)}!out`
    const realisation = JSON.stringify({ id, outPath: baseName(info.storePath), signatures: [] })
    const early = put(`realisations/${id}.doi`, realisation)
    await assert.rejects(early, isRefused('UPLOAD_REFUSED', /not of a path that was uploaded/))
    await putInfo(info)
    await put(`realisations/${id}.doi`, realisation)
    assert.equal(await get(`realisations/${id}.doi`), realisation)
    const foreign = put(`realisations/${id.replace('!out', '!dev')}.doi`, realisation)
    await assert.rejects(foreign, isRefused('UPLOAD_REFUSED', /not of a path/))
    await assert.rejects(put(`realisations/${id}.doi`, '[]x'), isRefused('UPLOAD_REFUSED', /no JSON object/))
    await put(`build-trace-v2/${baseName(info.storePath)}/out.doi`, realisation)
    await put(`${hashPart(info.storePath)}.ls`, '{}')
    const drv = baseName(info.storePath)
    await put(`log/${drv}`, 'printed\n')
    await assert.rejects(put('log/x.drv', 'x'), isRefused('UPLOAD_REFUSED', /malformed/))
    const [staged] = await stagingArea(state, parseUploadPlace(PLACE)).staged()
    const parts: Uint8Array[] = []
    for await (const part of staged?.log?.() ?? []) parts.push(part)
    assert.equal(decodeUtf8(Buffer.concat(parts)), 'printed\n')
  })
})

test('a token opens one place, until it is revoked; none is kept', async () => {
  const tokens = uploadTokens(state)
  const { id, token: second } = await tokens.create('@alice/other')
  const info = 'nar/'.concat('0'.repeat(52), '.nar')
  const denied = isRefused('UPLOAD_DENIED', /squid token create @alice\//)
  assert.equal(await uploads.read(`@alice/other/${info}`, second), undefined)
  for (const [place, wrong] of [
    [PLACE, second],
    ['@alice/other', token],
    ['@alice/other', undefined],
    ['@alice/other', ''],
    ['@alice/other', second.slice(0, -1)],
    ['@alice/other', id],
  ] as const) {
    await assert.rejects(uploads.read(`${place}/${info}`, wrong), denied)
    await assert.rejects(uploads.write(`${place}/${info}`, wrong, incoming('x')), denied)
  }
  const path = join(state, 'upload-tokens.json')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.ok(!(await readFile(path, 'utf8')).includes(second.slice(-20)))
  assert.equal(await tokens.revoke(id), '@alice/other')
  assert.equal(await tokens.revoke(id), undefined)
  await assert.rejects(uploads.read(`@alice/other/${info}`, second), denied)
  await writeFile(path, '{"x":1}')
  await assert.rejects(tokens.list(), { code: 'UPLOAD_TOKENS' })
})
