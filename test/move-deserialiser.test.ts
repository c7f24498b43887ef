/**
 * Our reader of Move bytecode against the real one (`@mysten/move-bytecode-template` is the Rust deserialiser
 * in WebAssembly): the same tables for every module of our contracts and of random programs, and the same
 * verdict on damaged bytes.
 */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { deserialize } from '@mysten/move-bytecode-template'
import type { CompiledPackage } from '@squid/contracts/compiled-package'
import { framework } from '@squid/contracts/framework'
import { squid } from '@squid/contracts/squid'
import { suins } from '@squid/contracts/suins'
import { wal } from '@squid/contracts/wal'
import { walrus } from '@squid/contracts/walrus'
import {
  type CompiledModule,
  DeserializationError,
  deserializeModule,
  type Instruction,
  opcodeRow,
  type SignatureToken,
} from '@squid/move/binary'
import { Random, randomModule } from '@squid/move/testing'
import { checkModule, VerificationError } from '@squid/move/verify'
import { compilePackage } from '../tools/move-build.ts'

const MUTATIONS = Number(process.env['SQUID_MUTATIONS'] ?? 4000)

const capital = (text: string): string => text[0]?.toUpperCase() + text.slice(1)

function tokenJson(token: SignatureToken): unknown {
  switch (token.kind) {
    case 'vector':
      return { Vector: tokenJson(token.element) }
    case 'reference':
    case 'mutableReference':
      return { [capital(token.kind)]: tokenJson(token.to) }
    case 'typeParameter':
      return { TypeParameter: token.index }
    case 'datatype':
      return token.typeArguments.length === 0
        ? { Datatype: token.handle }
        : { DatatypeInstantiation: [token.handle, token.typeArguments.map(tokenJson)] }
    default:
      return capital(token.kind)
  }
}

function instructionJson({ op, index, value }: Instruction): unknown {
  const { operand } = opcodeRow(op)
  if (operand === 'none') return op
  if (operand === 'signatureAndCount') return { [op]: [index, value] }
  if (operand === 'u256')
    return { [op]: Array.from({ length: 32 }, (_, i) => (value >> BigInt(8 * i)) & 0xffn) }
  return { [op]: /^u\d/.test(operand) ? value : index }
}

/** Our module in the words of the real one. */
function moduleJson(m: CompiledModule): Record<string, unknown> {
  const fields = (list: readonly { name: number; type: SignatureToken }[]): unknown =>
    list.map(({ name, type }) => ({ name, signature: tokenJson(type) }))
  return {
    version: m.version,
    self_module_handle_idx: m.selfModule,
    module_handles: m.moduleHandles,
    datatype_handles: m.datatypeHandles.map(({ typeParameters, ...handle }) => ({
      ...handle,
      type_parameters: typeParameters.map(({ constraints, isPhantom }) => ({
        constraints,
        is_phantom: isPhantom,
      })),
    })),
    function_handles: m.functionHandles.map(({ returns, typeParameters, ...handle }) => ({
      ...handle,
      return_: returns,
      type_parameters: typeParameters,
    })),
    field_handles: m.fieldHandles.map(({ struct, field }) => ({ owner: struct, field })),
    friend_decls: m.friends,
    struct_def_instantiations: m.structInstantiations.map(i => ({
      def: i.target,
      type_parameters: i.typeArguments,
    })),
    function_instantiations: m.functionInstantiations.map(i => ({
      handle: i.target,
      type_parameters: i.typeArguments,
    })),
    field_instantiations: m.fieldInstantiations.map(i => ({
      handle: i.target,
      type_parameters: i.typeArguments,
    })),
    signatures: m.signatures.map(signature => signature.map(tokenJson)),
    identifiers: m.identifiers,
    address_identifiers: m.addresses.map(address => address.slice(2)),
    constant_pool: m.constants.map(({ type, data }) => ({ type_: tokenJson(type), data: [...data] })),
    metadata: m.metadata.map(({ key, value }) => ({ key: [...key], value: [...value] })),
    struct_defs: m.structs.map(struct => ({
      struct_handle: struct.handle,
      field_information: struct.fields === null ? 'Native' : { Declared: fields(struct.fields) },
    })),
    function_defs: m.functions.map(({ handle, visibility, isEntry, acquires, code }) => ({
      function: handle,
      visibility: capital(visibility),
      is_entry: isEntry,
      acquires_global_resources: acquires,
      code: code && {
        locals: code.locals,
        code: code.instructions.map(instructionJson),
        jump_tables: code.jumpTables.map(table => ({
          head_enum: table.enum,
          jump_table: { Full: table.offsets },
        })),
      },
    })),
    enum_defs: m.enums.map(({ handle, variants }) => ({
      enum_handle: handle,
      variants: variants.map(variant => ({ variant_name: variant.name, fields: fields(variant.fields) })),
    })),
    enum_def_instantiations: m.enumInstantiations.map(i => ({
      def: i.target,
      type_parameters: i.typeArguments,
    })),
    variant_handles: m.variantHandles.map(v => ({ enum_def: v.enum, variant: v.variant })),
    variant_instantiation_handles: m.variantInstantiations.map(v => ({
      enum_def: v.enum,
      variant: v.variant,
    })),
  }
}

/** Brings what JSON says in two ways to one: all numbers wide, absent code as null. */
function normalize(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value)
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(normalize)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalize(item)]))
}

function assertSameTables(bytes: Uint8Array): void {
  assert.deepEqual(normalize(moduleJson(deserializeModule(bytes))), normalize(deserialize(bytes)))
}

async function randomPrograms(count: number): Promise<CompiledPackage> {
  const random = new Random(99)
  const files: Record<string, string> = {
    'Move.toml': `[package]\nname = "oracle"\nversion = "0.1.0"\nedition = "2024"\n\n[addresses]\noracle = "0x77"\n`,
  }
  for (let i = 0; i < count; i++) files[`sources/p${i}.move`] = randomModule(`oracle::p${i}`, random)
  return compilePackage(files)
}

const bytecodes = (packages: readonly CompiledPackage[]): Uint8Array[] =>
  packages.flatMap(({ modules }) => modules.map(({ bytecode }) => Buffer.from(bytecode, 'base64')))

/** Ours is stricter on purpose: nothing may follow the module, names have 128 bytes, no global storage. */
function isStricter(error: unknown): boolean {
  return (
    error instanceof DeserializationError &&
    /bytes after the module|identifier of|op code 0x(?:29|2[a-d]|3[b-f])/.test(error.message)
  )
}

/** What our checks say of what the real deserialiser refuses because of an index. */
function isBoundsError(error: unknown): boolean {
  return error instanceof VerificationError && ['index', 'signature', 'limit'].includes(error.rule)
}

/** One byte changed, put in, or left out; or the end cut off. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  switch (random.below(6)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at)])
    default: {
      const copy = Uint8Array.from(bytes)
      copy[at] = random.chance(50) ? random.below(256) : (copy[at] as number) ^ (1 << random.below(8))
      return copy
    }
  }
}

suite('the real deserialiser agrees with ours', () => {
  test('on every module of our contracts', () => {
    const modules = bytecodes([...framework, wal, walrus, suins, squid])
    assert.ok(modules.length > 50)
    for (const bytes of modules) assertSameTables(bytes)
  })

  test('on random programs and on what is left of them after damage', async t => {
    const modules = bytecodes([await randomPrograms(30)])
    for (const bytes of modules) assertSameTables(bytes)
    const random = new Random(5)
    let accepted = 0
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutate(random.pick(modules), random)
      let theirs: unknown
      try {
        theirs = deserialize(bytes)
      } catch {
        theirs = null
      }
      try {
        const module = deserializeModule(bytes)
        if (theirs === null) {
          // The real one checks indices as well; ours does that in the checks that follow.
          assert.throws(() => checkModule(module, () => undefined), isBoundsError)
        } else {
          accepted++
          assert.deepEqual(normalize(moduleJson(module)), normalize(theirs))
        }
      } catch (error) {
        if (!(error instanceof DeserializationError)) throw error
        assert.ok(theirs === null || isStricter(error), `only ours refuses: ${error.message}`)
      }
    }
    t.diagnostic(`${accepted} of ${MUTATIONS} damaged modules are still modules`)
    assert.ok(accepted > MUTATIONS / 10 && accepted < MUTATIONS)
  })

  test('and a difference would be seen', () => {
    const [bytes] = bytecodes(framework)
    assert.ok(bytes)
    const module = deserializeModule(bytes)
    const tampered = {
      ...module,
      identifiers: module.identifiers.map((name, i) => (i === 0 ? `${name}_` : name)),
    }
    assert.throws(() => assert.deepEqual(normalize(moduleJson(tampered)), normalize(deserialize(bytes))))
  })
})
