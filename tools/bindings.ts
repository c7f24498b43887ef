/**
 * Writes packages/client/src/gen: TypeScript for the parts of our contracts that the client speaks to, from
 * compiled bytecode alone. For each module: its plain structs with their BCS codecs, a builder for each public
 * function, and its byte-string constants, among which the names and texts of its errors are.
 *
 * What has no plain value (generic structs, functions with type parameters or with structs by value that are
 * not objects) is left out.
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import {
  deserializeModule,
  type CompiledModule,
  type FunctionDefinition,
  type SignatureToken,
  type StructDefinition,
} from '@squid/move/binary'
import type { CompiledPackage } from '@squid/contracts/compiled-package'

/** Package → modules, `null` for all. */
const WANTED: Readonly<Record<string, readonly string[] | null>> = {
  squid: null,
  suins: ['domain', 'name_record', 'controller', 'devnet_registrar'],
  'walrus-site': ['site', 'metadata'],
}

const FOLDER = 'packages/client/src/gen'

/** Structs of the framework that BCS knows, by `address::module::Name` with short addresses → codec, type. */
const KNOWN: Readonly<Record<string, readonly [codec: string, type: string]>> = {
  '0x2::object::UID': ['address', 'string'],
  '0x2::object::ID': ['address', 'string'],
  '0x1::string::String': ['bcs.string()', 'string'],
  '0x1::ascii::String': ['bcs.string()', 'string'],
}

/** Primitive kind → codec, type. */
const PRIMITIVES: Readonly<Record<string, readonly [codec: string, type: string]>> = {
  bool: ['bcs.bool()', 'boolean'],
  u8: ['bcs.u8()', 'number'],
  u16: ['bcs.u16()', 'number'],
  u32: ['bcs.u32()', 'number'],
  u64: ['u64', 'bigint'],
  u256: ['u256', 'bigint'],
  address: ['address', 'string'],
}

/** What packages/client/src/codecs lends to generated code. */
const CODECS = 'address bytes option u64 u256 valueArgument vecMap vector'.split(' ')

/** A codec's source text and its values' type. */
interface Rendered {
  readonly codec: string
  readonly type: string
}

interface Parameter {
  readonly name: string
  readonly type: string
  readonly argument: string
}

/** For tools/gen.ts: path from the root → text. */
export async function generateBindings(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const [name, wanted] of Object.entries(WANTED)) {
    if (!existsSync(join(import.meta.dirname, `../contracts/gen/${name}.ts`))) continue
    const compiled = await loadPackage(name)
    for (const { name: module, bytecode } of compiled.modules) {
      if (wanted !== null && !wanted.includes(module)) continue
      const text = new ModuleBindings(name, deserializeModule(Buffer.from(bytecode, 'base64'))).render()
      if (text === null) continue
      const path = `${FOLDER}/${name}/${module.replaceAll('_', '-')}.ts`
      files.set(path, await formatted(path, text))
    }
  }
  return files
}

/** Loaded late: an earlier generator may just have written it. */
async function loadPackage(name: string): Promise<CompiledPackage> {
  const exported: Record<string, CompiledPackage> = await import(`@squid/contracts/${name}`)
  const constant = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  const compiled = exported[constant]
  if (compiled === undefined) throw new Error(`@squid/contracts/${name} does not export ${constant}`)
  return compiled
}

async function formatted(path: string, text: string): Promise<string> {
  const filepath = join(import.meta.dirname, '..', path)
  return format(text, { ...(await resolveConfig(filepath)), filepath })
}

class ModuleBindings {
  readonly #package: string
  readonly #module: CompiledModule
  /** Codecs that were rendered, for the import lines. */
  readonly #used = new Set<string>()

  constructor(packageName: string, module: CompiledModule) {
    this.#package = packageName
    this.#module = module
  }

  /** Null when there is nothing that a client could use. */
  render(): string | null {
    const parts = [...this.#structs(), ...this.#functions(), ...this.#errors()]
    if (parts.length === 0) return null
    const header = `/** From the bytecode of ${this.#package}::${this.#module.name}; written by \`npm run gen\`. */`
    return [header, ...this.#imports(parts.join('\n')), '', ...parts].join('\n')
  }

  #imports(body: string): string[] {
    const uses = (word: string): boolean => new RegExp(`\\b${word}\\b`).test(body)
    const fromBcs = [...(uses('bcs') ? ['bcs'] : []), ...(uses('BcsType') ? ['type BcsType'] : [])]
    const fromTransactions = ['Transaction', 'TransactionResult'].filter(uses)
    const fromCodecs = CODECS.filter(word => this.#used.has(word))
    const types = ['ObjectArgument', 'ValueArgument'].filter(uses).map(word => `type ${word}`)
    const line = (names: readonly string[], from: string, type = ''): string[] =>
      names.length === 0 ? [] : [`import ${type}{ ${names.join(', ')} } from '${from}'`]
    return [
      ...line(fromBcs, '@mysten/sui/bcs'),
      ...line(fromTransactions, '@mysten/sui/transactions', 'type '),
      ...line([...fromCodecs, ...types], '../../codecs/index.ts'),
    ]
  }

  #structs(): string[] {
    return this.#inOrderOfUse().flatMap(({ handle, fields }) => {
      const name = this.#datatypeName(handle)
      if (fields === null || (this.#module.datatypeHandles[handle]?.typeParameters.length ?? 0) > 0) return []
      const rendered = fields.map(field => ({
        name: this.#identifier(field.name),
        ...this.#orNothing(field.type),
      }))
      if (
        !rendered.every(
          (field): field is { name: string; codec: string; type: string } => field.codec !== undefined,
        )
      )
        return []
      const own = rendered.filter(field => field.name !== 'dummy_field' || rendered.length > 1)
      if (own.length === 0) return []
      const lines = own.map(field => `readonly ${camel(field.name)}: ${field.type}`)
      const layout = own.map(field => `${camel(field.name)}: ${this.#use(field.codec)}`)
      return [
        `export interface ${name} { ${lines.join('; ')} }`,
        `export const ${name}: BcsType<${name}, ${name}> = bcs.struct('${name}', { ${layout.join(', ')} })`,
      ]
    })
  }

  /** Structs after the ones that they hold. */
  #inOrderOfUse(): readonly StructDefinition[] {
    const ordered = new Set<StructDefinition>()
    const add = (definition: StructDefinition): void => {
      for (const field of definition.fields ?? []) this.#structsIn(field.type).forEach(add)
      ordered.add(definition)
    }
    this.#module.structs.forEach(add)
    return [...ordered]
  }

  /** The own module's structs that a type mentions: never in a circle, Move has no recursive types. */
  #structsIn(token: SignatureToken): StructDefinition[] {
    if (token.kind === 'vector') return this.#structsIn(token.element)
    if (token.kind !== 'datatype') return []
    const own = this.#module.structs.filter(definition => definition.handle === token.handle)
    return [...own, ...token.typeArguments.flatMap(argument => this.#structsIn(argument))]
  }

  #functions(): string[] {
    return this.#module.functions.flatMap(definition => {
      const handle = this.#module.functionHandles[definition.handle]
      if (handle === undefined || definition.visibility !== 'public' || handle.typeParameters.length > 0)
        return []
      const parameters = this.#parameters(handle.parameters)
      return parameters === null ? [] : [this.#builder(definition, this.#identifier(handle.name), parameters)]
    })
  }

  #builder(
    definition: FunctionDefinition,
    name: string,
    parameters: readonly (Parameter | string)[],
  ): string {
    const named = parameters.filter(parameter => typeof parameter !== 'string')
    const list = named.map(({ name, type }) => `, ${name}: ${type}`).join('')
    const values = parameters.map(parameter =>
      typeof parameter === 'string' ? parameter : parameter.argument,
    )
    return `/** Calls \`${this.#module.name}::${name}(${this.#signature(definition)})\`. */
export function ${this.#functionName(name)}(transaction: Transaction, packageId: string${list}): TransactionResult {
  return transaction.moveCall({ target: \`\${packageId}::${this.#module.name}::${name}\`, arguments: [${values.join(', ')}] })
}`
  }

  /** `new` is no name in JavaScript: it becomes, say, `newSpace`. */
  #functionName(name: string): string {
    return name === 'new' ? camel(`new_${this.#module.name}`) : camel(name)
  }

  /** A string is an argument that nobody chooses. Null when a parameter has no plain value and is no object. */
  #parameters(signature: number): (Parameter | string)[] | null {
    const parameters: (Parameter | string)[] = []
    const names = new Map<string, number>()
    for (const token of this.#module.signatures[signature] ?? []) {
      const target = token.kind === 'reference' || token.kind === 'mutableReference' ? token.to : token
      const struct = target.kind === 'datatype' ? this.#qualifiedName(target.handle) : undefined
      if (struct === '0x2::tx_context::TxContext') continue
      if (struct === '0x2::clock::Clock') parameters.push('transaction.object.clock()')
      else {
        const parameter = this.#parameter(target, names)
        if (parameter === null) return null
        parameters.push(parameter)
      }
    }
    return parameters
  }

  /** Bytecode has no parameter names: objects are called after their type, values after their place. */
  #parameter(token: SignatureToken, names: Map<string, number>): Parameter | null {
    if (token.kind === 'datatype' && this.#qualifiedName(token.handle) === '0x2::object::UID') return null
    const rendered = this.#orNothing(token)
    const isStruct = token.kind === 'datatype' && !(this.#qualifiedName(token.handle) in KNOWN)
    const isOption = token.kind === 'datatype' && this.#qualifiedName(token.handle) === '0x1::option::Option'
    if (!isStruct || isOption) {
      if (rendered.codec === undefined) return null
      this.#use('valueArgument')
      const name = unique('value', names, true)
      return {
        name,
        type: `ValueArgument<${rendered.type}>`,
        argument: `valueArgument<${rendered.type}>(transaction, ${this.#use(rendered.codec)}, ${name})`,
      }
    }
    const name = unique(lowerFirst(this.#datatypeName(token.handle)), names, false)
    return { name, type: 'ObjectArgument', argument: `transaction.object(${name})` }
  }

  #errors(): string[] {
    const texts = this.#module.constants.map(({ type, data }) =>
      type.kind === 'vector' && type.element.kind === 'u8' ? printable(data) : null,
    )
    if (!texts.some(text => text !== null && /^E[A-Z]\w+$/.test(text))) return []
    return [
      `/** By place in the constant pool, as abort codes refer to them: names and texts of errors. */`,
      `export const constants: readonly (string | null)[] = ${JSON.stringify(texts)}`,
    ]
  }

  #signature(definition: FunctionDefinition): string {
    const handle = this.#module.functionHandles[definition.handle]
    const tokens = this.#module.signatures[handle?.parameters ?? 0] ?? []
    return tokens.map(token => this.#describe(token)).join(', ')
  }

  #describe(token: SignatureToken): string {
    switch (token.kind) {
      case 'reference':
        return `&${this.#describe(token.to)}`
      case 'mutableReference':
        return `&mut ${this.#describe(token.to)}`
      case 'vector':
        return `vector<${this.#describe(token.element)}>`
      case 'datatype': {
        const parameters = token.typeArguments.map(argument => this.#describe(argument)).join(', ')
        return this.#datatypeName(token.handle) + (parameters === '' ? '' : `<${parameters}>`)
      }
      case 'typeParameter':
        return `T${token.index}`
      default:
        return token.kind
    }
  }

  #orNothing(token: SignatureToken): Rendered | { readonly codec?: undefined; readonly type?: undefined } {
    return this.#rendered(token) ?? {}
  }

  #rendered(token: SignatureToken): Rendered | null {
    if (token.kind === 'vector')
      return token.element.kind === 'u8' ? plain(['bytes', 'Uint8Array']) : this.#vector(token.element)
    if (token.kind !== 'datatype') return plain(PRIMITIVES[token.kind])
    const name = this.#qualifiedName(token.handle)
    if (name === '0x1::option::Option') return this.#option(token.typeArguments[0])
    if (name === '0x2::vec_map::VecMap') return this.#vecMap(token.typeArguments)
    if (name in KNOWN) return plain(KNOWN[name])
    if (token.typeArguments.length > 0 || this.#structsIn(token).length === 0) return null
    const own = this.#datatypeName(token.handle)
    return { codec: own, type: own }
  }

  #vector(token: SignatureToken): Rendered | null {
    const element = this.#rendered(token)
    return element && { codec: `vector(${element.codec})`, type: `${element.type}[]` }
  }

  #option(token: SignatureToken | undefined): Rendered | null {
    const element = token === undefined ? null : this.#rendered(token)
    return element && { codec: `option(${element.codec})`, type: `${element.type} | null` }
  }

  #vecMap([key, value]: readonly SignatureToken[]): Rendered | null {
    const keys = key === undefined ? null : this.#rendered(key)
    const values = value === undefined ? null : this.#rendered(value)
    if (keys === null || values === null) return null
    const type = `{ readonly key: ${keys.type}; readonly value: ${values.type} }[]`
    return { codec: `vecMap(${keys.codec}, ${values.codec})`, type }
  }

  #use(codec: string): string {
    for (const [word] of codec.matchAll(/\w+/g)) this.#used.add(word)
    return codec
  }

  #qualifiedName(handle: number): string {
    const datatype = this.#module.datatypeHandles[handle]
    const module = this.#module.moduleHandles[datatype?.module ?? -1]
    const at = this.#module.addresses[module?.address ?? -1] ?? ''
    return `${at.replace(/^0x0+/, '0x')}::${this.#identifier(module?.name ?? -1)}::${this.#datatypeName(handle)}`
  }

  #datatypeName(handle: number): string {
    return this.#identifier(this.#module.datatypeHandles[handle]?.name ?? -1)
  }

  #identifier(index: number): string {
    const found = this.#module.identifiers[index]
    if (found === undefined) throw new Error(`${this.#module.name}: no identifier ${index}`)
    return found
  }
}

function plain(entry: readonly [string, string] | undefined): Rendered | null {
  return entry === undefined ? null : { codec: entry[0], type: entry[1] }
}

function unique(base: string, names: Map<string, number>, numbered: boolean): string {
  const count = (names.get(base) ?? 0) + 1
  names.set(base, count)
  return numbered || count > 1 ? `${base}${count}` : base
}

function camel(name: string): string {
  return name.replace(/_+$/, '').replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** The text of a BCS byte vector, when it is printable ASCII. */
function printable(data: Uint8Array): string | null {
  const length = (data[0] ?? 0) < 0x80 ? 1 : 2
  const text = Buffer.from(data.subarray(length)).toString('latin1')
  return /^[ -~]+$/.test(text) ? text : null
}
