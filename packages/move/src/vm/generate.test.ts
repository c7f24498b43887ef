import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { CompiledModule } from '../binary/index.ts'
import { arithmeticModule, assembleModule, datatypeModule, instruction as i } from '../testing/index.ts'
import { checkModule } from '../verify/index.ts'
import { generateFunction } from './generate.ts'
import { ModuleRegistry } from './module-registry.ts'
import { TypeTable } from './type-table.ts'

/** Sources of all functions of a module, type parameters filled with `u64`. */
function sources(module: CompiledModule): string[] {
  const modules = new ModuleRegistry()
  const types = new TypeTable(modules)
  modules.add([checkModule(module, () => undefined)])
  const loaded = modules.find(module.address, module.name)
  assert.ok(loaded)
  const u64 = types.primitive('u64')
  const constant = (owner: CompiledModule, index: number): { type: typeof u64; value: number[] } => ({
    type: types.resolve(owner, owner.constants[index]?.type ?? { kind: 'u8' }, []),
    value: [1, 2, 3],
  })
  return [...loaded.functions.values()].map(fn => {
    assert.ok(fn.definition.code)
    const typeArguments = fn.info.typeParameters.map(() => u64)
    return generateFunction({ modules, types, constant }, fn, fn.definition.code, typeArguments).source
  })
}

// Everything that may stand in generated source: fixed words, one-letter names, digits, operators.
const WORDS =
  /^(?:use|strict|const|let|return|function|self|if|case|switch|for|continue|pc|link|undefined|true|false|new|Ref|BigInt|Number|asUintN|frames|limit|remaining|length|push|pop|container|index|copyFlat|copyDeep|equal|abort|arithmetic|popEmpty|unpackLength|variant|outOfGas|stackOverflow|valueDepth|[KDTgdxotnm]|[lspifk]\d+|\d+n?)$/

suite('generated code', () => {
  test('is made of fixed words and numbers', () => {
    const named = assembleModule({
      name: 'constructor',
      constants: [
        { type: { kind: 'vector', element: { kind: 'u8' } }, data: Uint8Array.of(3, 0x22, 0x3b, 0x60) },
      ],
      structs: [{ name: '__proto__', abilities: 7, fields: [{ kind: 'u8' }] }],
      functions: [
        { name: 'process', code: [i('Call', 1), i('LdConst', 0), i('Pop'), i('Ret')] },
        { name: '__proto__', code: [i('LdU8', 0, 1n), i('Pack', 0), i('Pop'), i('Ret')] },
      ],
    })
    const all = [arithmeticModule(), datatypeModule(), named].flatMap(sources)
    assert.equal(all.length, 11)
    for (const source of all) {
      assert.match(source, /^"use strict";[\w\s=>(){}[\];:,.+\-*/%<!&|^?]*$/)
      for (const word of source.match(/\w+/g) ?? []) assert.match(word, WORDS)
    }
  })

  test('of a leaf function is one straight line', () => {
    const source = sources(
      assembleModule({
        functions: [
          {
            name: 'f',
            parameters: [{ kind: 'u8' }, { kind: 'u8' }],
            returns: [{ kind: 'u8' }],
            code: [i('MoveLoc', 0), i('MoveLoc', 1), i('Add'), i('Ret')],
          },
        ],
      }),
    )
    assert.deepEqual(source, [
      '"use strict";const D=1;return function self(l0,l1){if((d.frames+=D)>d.limit)x.stackOverflow();' +
        'let t,n,m,s0,s1;if((g.remaining-=4)<0)x.outOfGas(0);s0=l0;s1=l1;s0=s0+s1;' +
        'if(s0>255)x.arithmetic(2);d.frames-=D;return s0;}',
    ])
  })
})
