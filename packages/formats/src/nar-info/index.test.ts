import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeUtf8, encodeUtf8, formatHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { assertCanonicalCodec, readVector } from '../testing/codec.ts'
import { formatNarInfo, parseNarInfo } from './index.ts'

const FOLDER = join(import.meta.dirname, '../../../../vectors/nix/narinfo')
const TEXTS = readdirSync(FOLDER)
  .filter(name => name.endsWith('.narinfo'))
  .map(name => decodeUtf8(readVector(`nix/narinfo/${name}`)))
const APP = decodeUtf8(readVector('nix/narinfo/0ksjnyj7vgrnvnspibyszq2svn6lhcvy.narinfo'))

test('narinfos of real Nix are read and written character for character', () => {
  assert.equal(TEXTS.length, 6)
  for (const text of TEXTS) assert.equal(formatNarInfo(parseNarInfo(text)), text)
})

test('the fields of one', () => {
  const info = parseNarInfo(APP)
  assert.equal(info.storePath, '/nix/store/0ksjnyj7vgrnvnspibyszq2svn6lhcvy-app')
  assert.equal(info.url, 'nar/0bx3xy8yw60ax3lqha12bznkf64qq87j4sl4scm2ir0rb118frvc.nar')
  assert.equal(info.compression, 'none')
  assert.equal(info.narSize, 816n)
  assert.equal(info.fileSize, 816n)
  assert.equal(formatHex(info.narHash), formatHex(info.fileHash ?? new Uint8Array(0)))
  assert.deepEqual(info.references, [
    '/nix/store/0ksjnyj7vgrnvnspibyszq2svn6lhcvy-app',
    '/nix/store/ykhbikcjhi79m4p9fhks5n7d92hdzkf8-lib',
  ])
  assert.equal(info.deriver, '/nix/store/6x62a9xng6936nhnhnvsvc7b449maa14-app.drv')
  assert.equal(info.signatures.length, 1)
  assert.ok(!('ca' in info))
})

test('any accepted text is the one text of its value', () => {
  assertCanonicalCodec(
    bytes => encodeUtf8(formatNarInfo(parseNarInfo(decodeUtf8(bytes)))),
    TEXTS.map(encodeUtf8),
  )
})

test('each rule has its refusal', () => {
  const line = (key: string): string => (new RegExp(`^${key}: .*\n`, 'm').exec(APP) ?? [''])[0]
  const refused: [string, string][] = [
    ['nothing', ''],
    ...['StorePath', 'URL', 'Compression', 'NarHash', 'NarSize', 'References'].map(
      key => [`no ${key}`, APP.replace(line(key), '')] as [string, string],
    ),
    ['a field twice', APP.replace(line('NarSize'), line('NarSize') + line('NarSize'))],
    [
      'fields in another order',
      APP.replace(line('NarHash') + line('NarSize'), line('NarSize') + line('NarHash')),
    ],
    ['an unknown field', `${APP}Color: red\n`],
    ['no last line end', APP.slice(0, -1)],
    ['a carriage return', APP.replace('none\n', 'none\r\n')],
    ['an empty URL', APP.replace(line('URL'), 'URL: \n')],
    ['a URL with a blank', APP.replace('URL: ', 'URL: a b')],
    ['a path outside of the store', APP.replace('/nix/store', '/gnu/store')],
    ['a hash in hexadecimal', APP.replace(line('NarHash'), `NarHash: sha256:${'0'.repeat(64)}\n`)],
    ['another hash function', APP.replace('NarHash: sha256', 'NarHash: sha512')],
    ['a negative size', APP.replace('NarSize: 816', 'NarSize: -816')],
    ['a size with zeros', APP.replace('NarSize: 816', 'NarSize: 0816')],
    ['a size beyond 64 bits', APP.replace('NarSize: 816', 'NarSize: 18446744073709551616')],
    ['a reference twice', APP.replace('-app ykhb', '-app 0ksjnyj7vgrnvnspibyszq2svn6lhcvy-app ykhb')],
    [
      'references out of order',
      APP.replace('References: ', 'References: zzhbikcjhi79m4p9fhks5n7d92hdzkf8-z '),
    ],
    ['two blanks', APP.replace('-app ykhb', '-app  ykhb')],
    ['a whole path as reference', APP.replace('References: ', 'References: /nix/store/')],
    ['an unknown deriver', APP.replace(line('Deriver'), 'Deriver: unknown-deriver\n')],
    ['no signature in Sig', APP.replace(line('Sig'), 'Sig: x\n')],
    ['a signature twice', APP + line('Sig')],
    ['an unknown content address', `${APP}CA: git:sha1:5ij0crmbj0hs5111ygbkqsbmaig1364l\n`],
    ['a huge text', APP.replace('References: ', `References: ${'a'.repeat(1 << 20)}`)],
  ]
  for (const [what, text] of refused) {
    assert.notEqual(text, APP, what)
    assert.throws(() => parseNarInfo(text), DecodeError, what)
  }
})

test('an error says which field and where', () => {
  const text = APP.replace('NarSize: 816', 'NarSize: many')
  assert.throws(() => parseNarInfo(text), { message: /NarSize/, offset: text.indexOf('NarSize') })
})
