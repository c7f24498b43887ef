import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Registration } from './chain.ts'
import { blobStatus } from './status.ts'

const permanent: Registration = {
  objectId: '0x1',
  deletable: false,
  size: 1,
  registeredEpoch: 1,
  endEpoch: 9,
  certifiedEpoch: undefined,
  event: { txDigest: 'd', eventSeq: '0' },
}
const certified: Registration = { ...permanent, endEpoch: 5, certifiedEpoch: 2 }
const deletable: Registration = { ...permanent, deletable: true, certifiedEpoch: 3 }

test('nobody pays', () => assert.equal(blobStatus([]), 'nonexistent'))

test('deletable only', () => {
  assert.deepEqual(blobStatus([deletable, { ...deletable, certifiedEpoch: undefined }]), {
    deletable: {
      initialCertifiedEpoch: 3,
      deletableCounts: { count_deletable_total: 2, count_deletable_certified: 1 },
    },
  })
})

test('a certified permanent blob counts before one that lasts longer', () => {
  assert.deepEqual(blobStatus([permanent, certified, deletable]), {
    permanent: {
      endEpoch: 5,
      isCertified: true,
      statusEvent: { txDigest: 'd', eventSeq: '0' },
      deletableCounts: { count_deletable_total: 1, count_deletable_certified: 1 },
      initialCertifiedEpoch: 2,
    },
  })
})

test('not certified yet', () => {
  assert.deepEqual(blobStatus([permanent]), {
    permanent: {
      endEpoch: 9,
      isCertified: false,
      statusEvent: { txDigest: 'd', eventSeq: '0' },
      deletableCounts: { count_deletable_total: 0, count_deletable_certified: 0 },
      initialCertifiedEpoch: null,
    },
  })
})
