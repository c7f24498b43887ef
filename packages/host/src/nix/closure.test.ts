import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkClosure, parsePathInfos } from './closure.ts'

const A = '/nix/store/2b2p7skfnj41zxd2gkkpz128g9kpahf5-a'
const B = '/nix/store/p01jjsi0d9f8z19w1p6acz1gxjz23nhd-b'
const DRV = '/nix/store/58y5b2s81gpvx3nqmk6yhfjil3xr8421-a.drv'
/** SHA-256 of nothing and of `a`, in the encodings that Nix uses. */
const EMPTY = {
  sri: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  base32: 'sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
  hex: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
}
const OTHER = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

const expected = [
  {
    path: A,
    narHash: bytes(EMPTY.hex),
    narSize: 96n,
    references: [A, B],
    deriver: DRV,
    contentAddress: null,
    signatures: ['k:AA=='],
  },
  {
    path: B,
    narHash: bytes(EMPTY.hex),
    narSize: 8n,
    references: [],
    deriver: null,
    contentAddress: 'text:sha256:x',
    signatures: [],
  },
]

// The three shapes that Nix has printed: a list (2.8), an object (2.19), base names under `info` (2.34).
test('path-info as Nix 2.8 prints it', () => {
  const printed = [
    { path: B, narHash: EMPTY.sri, narSize: 8, references: [], ca: 'text:sha256:x', deriver: '' },
    { path: A, narHash: EMPTY.base32, narSize: 96, references: [B, A], deriver: DRV, signatures: ['k:AA=='] },
  ]
  assert.deepEqual(parsePathInfos(printed), expected)
})

test('path-info as Nix 2.19 prints it', () => {
  const printed = {
    [A]: {
      narHash: EMPTY.sri,
      narSize: 96,
      references: [A, B],
      deriver: DRV,
      signatures: ['k:AA=='],
      ca: null,
    },
    [B]: { narHash: EMPTY.sri, narSize: 8, references: [], deriver: null, ca: 'text:sha256:x' },
  }
  assert.deepEqual(parsePathInfos(printed), expected)
})

test('path-info with base names', () => {
  const base = (path: string): string => path.slice('/nix/store/'.length)
  const printed = {
    version: 2,
    info: {
      [base(A)]: {
        narHash: { algorithm: 'sha256', format: 'base16', hash: EMPTY.hex },
        narSize: 96,
        references: [base(A), base(B)],
        deriver: base(DRV),
        signatures: ['k:AA=='],
      },
      [base(B)]: { narHash: EMPTY.sri, narSize: 8, references: [], ca: 'text:sha256:x' },
    },
  }
  assert.deepEqual(parsePathInfos(printed), expected)
})

for (const [what, printed, code] of [
  ['no list', 'x', 'NIX_OUTPUT'],
  ['a path that the store lacks (2.8)', [{ path: A, valid: false }], 'NIX_FAILED'],
  ['a path that the store lacks (2.19)', { [A]: null }, 'NIX_FAILED'],
  ['no hash', [{ path: A, narSize: 1, references: [] }], 'NIX_OUTPUT'],
  [
    'a hash that is not SHA-256',
    [{ path: A, narSize: 1, narHash: 'md5:d41d8cd98f00b204e9800998ecf8427e' }],
    'NIX_OUTPUT',
  ],
  ['no size', [{ path: A, narHash: EMPTY.sri }], 'NIX_OUTPUT'],
  ['a negative size', [{ path: A, narHash: EMPTY.sri, narSize: -1 }], 'NIX_OUTPUT'],
] as const) {
  test(`path-info with ${what} is refused`, () => {
    assert.throws(() => parsePathInfos(printed), { code })
  })
}

test('a closure must be exactly what the release says', () => {
  const release = new Map([
    [A, bytes(EMPTY.hex)],
    [B, bytes(EMPTY.hex)],
  ])
  checkClosure(expected, release)
  assert.throws(() => checkClosure(expected, new Map([...release, [B, bytes(OTHER)]])), {
    code: 'NIX_NAR_MISMATCH',
    message: new RegExp(B),
  })
  assert.throws(() => checkClosure(expected, new Map([[A, bytes(EMPTY.hex)]])), {
    code: 'NIX_NAR_MISMATCH',
    message: /not in the release/,
  })
})
