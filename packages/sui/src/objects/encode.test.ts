/** Objects, types and digests against the official SDK's BCS. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fromBase58, toBase58 } from '@mysten/bcs'
import { bcs } from '@mysten/sui/bcs'
import type { DatatypeType, Type } from '@squid/move/vm'
import { parseAddress } from './address.ts'
import { encodeObject } from './encode.ts'
import type { Owner } from './object.ts'
import { encodeObjectType, encodeStructTag, encodeTypeTag, KNOWN_TYPE } from './type-tag.ts'

const ADDRESS = `0x${'ab'.repeat(32)}`
const DIGEST = toBase58(new Uint8Array(32).map((_, i) => i))

function primitive(kind: 'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'u256' | 'address'): Type {
  return { kind, key: kind }
}

function vector(element: Type): Type {
  return { kind: 'vector', element, key: `vector<${element.key}>` }
}

function struct(address: string, module: string, name: string, typeArguments: Type[] = []): DatatypeType {
  const args = typeArguments.length === 0 ? '' : `<${typeArguments.map(({ key }) => key).join(',')}>`
  return {
    kind: 'struct',
    address,
    module,
    name,
    typeArguments,
    abilities: 12,
    key: `${address}::${module}::${name}${args}`,
  }
}

const FRAMEWORK = parseAddress('0x2')
const SUI = struct(FRAMEWORK, 'sui', 'SUI')

suite('types', () => {
  const types: Type[] = [
    ...(['bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'address'] as const).map(primitive),
    vector(vector(primitive('u8'))),
    struct(ADDRESS, 'm', 'T', [primitive('u64'), vector(SUI)]),
  ]
  for (const type of types) {
    test(type.key, () => assert.deepEqual(encodeTypeTag(type), bcs.TypeTag.serialize(type.key).toBytes()))
  }
  test('a struct tag', () => {
    const type = struct(ADDRESS, 'm', 'T', [primitive('u64')])
    const tag = { address: ADDRESS, module: 'm', name: 'T', typeParams: [{ u64: true as const }] }
    assert.deepEqual(encodeStructTag(type), bcs.StructTag.serialize(tag).toBytes())
  })
  test('a reference has no tag', () => {
    assert.throws(() => encodeTypeTag({ kind: 'reference', to: SUI, key: `&${SUI.key}` }), TypeError)
  })
})

suite('objects', () => {
  const owners: [Owner, typeof bcs.Owner.$inferInput][] = [
    [{ kind: 'address', address: ADDRESS }, { AddressOwner: ADDRESS }],
    [{ kind: 'object', parent: ADDRESS }, { ObjectOwner: ADDRESS }],
    [{ kind: 'shared', initialSharedVersion: 7n }, { Shared: { initialSharedVersion: 7 } }],
    [{ kind: 'immutable' }, { Immutable: true }],
  ]
  const types: [DatatypeType, typeof bcs.MoveObjectType.$inferInput][] = [
    [struct(FRAMEWORK, 'coin', 'Coin', [SUI]), { GasCoin: true }],
    [struct(FRAMEWORK, 'coin', 'Coin', [struct(ADDRESS, 'wal', 'WAL')]), { Coin: `${ADDRESS}::wal::WAL` }],
    [struct(ADDRESS, 'm', 'T'), { Other: { address: ADDRESS, module: 'm', name: 'T', typeParams: [] } }],
  ]
  for (const [owner, sdkOwner] of owners) {
    for (const [type, sdkType] of types) {
      test(`${type.name} of ${owner.kind}`, () => {
        const contents = new Uint8Array(200).fill(3)
        const expected = bcs.Object.serialize({
          data: { Move: { type: sdkType, hasPublicTransfer: true, version: 9, contents } },
          owner: sdkOwner,
          previousTransaction: DIGEST,
          storageRebate: 1234,
        }).toBytes()
        const bytes = encodeObject({
          id: ADDRESS,
          version: 9n,
          owner,
          previousTransaction: DIGEST,
          storageRebate: 1234n,
          objectType: encodeObjectType(type),
          data: { kind: 'move', type: type.key, hasPublicTransfer: true, contents },
        })
        assert.deepEqual(bytes, expected)
      })
    }
  }
  test('the gas coin type is what the protocol calls it', () => {
    assert.equal(KNOWN_TYPE.gasCoin, struct(FRAMEWORK, 'coin', 'Coin', [SUI]).key)
    assert.equal(fromBase58(DIGEST).length, 32)
  })
})
