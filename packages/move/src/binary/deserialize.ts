/**
 * Reads a Move module, binary format versions 5 to 7 as Sui writes them.
 *
 * Layout: magic, version, table directory, tables without gaps or overlaps, index of the own module handle,
 * end. Stricter than the reference in one point, always: nothing may follow. Indices into other tables are
 * checked by `@squid/move/verify`, save those that name the module itself.
 * Spec: `deserializer.rs` of move-binary-format.
 * @module
 */
import { type AbilitySet, ALL_ABILITIES } from './abilities.ts'
import { readCodeUnit } from './code-unit.ts'
import type {
  CompiledModule,
  Constant,
  DatatypeHandle,
  EnumDefinition,
  FieldDefinition,
  FunctionDefinition,
  FunctionHandle,
  Instantiation,
  Metadata,
  ModuleHandle,
  StructDefinition,
  VariantHandle,
  Visibility,
} from './compiled-module.ts'
import { BinaryCursor } from './cursor.ts'
import { DeserializationError } from './errors.ts'
import { type BinaryLimits, DEFAULT_LIMITS, MAGIC, MAX, SUI_FLAVOUR, TABLE } from './limits.ts'
import { readToken, type TokenRules } from './signature-token.ts'

const NATIVE = 2
const ENTRY = 4
const VISIBILITY: Readonly<Record<number, Visibility>> = { 0: 'private', 1: 'public', 3: 'friend' }
const identifierPattern = /^(?:[a-zA-Z][a-zA-Z0-9_]*|_[a-zA-Z0-9_]+|<SELF>(?:_[0-9]+)?)$/

interface TableEntry {
  readonly kind: number
  readonly start: number
  readonly end: number
}

function readVersion(cursor: BinaryCursor, limits: BinaryLimits): number {
  const start = cursor.position
  const raw = Number(cursor.littleEndian(4, 'version'))
  const version = raw <= 6 ? raw : raw & 0xff_ffff
  if (version < limits.minVersion || version > limits.maxVersion)
    cursor.fail(`binary version ${version} is not supported`, start)
  if (raw > 6 && raw >>> 24 !== SUI_FLAVOUR) cursor.fail(`unknown flavour ${raw >>> 24}`, start)
  return version
}

/** Reads the directory and makes sure that the tables follow each other without a gap, each kind once. */
function readDirectory(cursor: BinaryCursor): Map<number, TableEntry> {
  const start = cursor.position
  const kinds = new Set<number>(Object.values(TABLE))
  const entries = cursor.counted(MAX.tables, 'table', at => {
    const offset = at.position
    const kind = at.byte('table kind')
    if (!kinds.has(kind)) at.fail(`unknown table kind ${kind}`, offset)
    return {
      kind,
      offset: at.uleb(MAX.tableBytes, 'table offset'),
      size: at.uleb(MAX.tableBytes, 'table size'),
    }
  })
  const base = cursor.position
  const tables = new Map<number, TableEntry>()
  let next = 0
  for (const { kind, offset, size } of entries.toSorted((a, b) => a.offset - b.offset)) {
    if (tables.has(kind)) cursor.fail(`table ${kind} appears twice`, start)
    if (size === 0) cursor.fail(`table ${kind} is empty`, start)
    if (offset !== next) cursor.fail(`table ${kind} starts at ${offset} where ${next} was expected`, start)
    next += size
    if (next > cursor.end - base) cursor.fail(`table ${kind} reaches past the end`, start)
    tables.set(kind, { kind, start: base + offset, end: base + next })
  }
  cursor.position = base + next
  return tables
}

/** Reads the entries of each kind of table. */
class TableReader {
  readonly #rules: TokenRules
  readonly #limits: BinaryLimits

  constructor(version: number, limits: BinaryLimits) {
    this.#limits = limits
    this.#rules = { version, typeDepth: limits.typeDepth }
  }

  moduleHandle = (at: BinaryCursor): ModuleHandle => ({
    address: at.uleb(MAX.index, 'address'),
    name: at.uleb(MAX.index, 'identifier'),
  })

  datatypeHandle = (at: BinaryCursor): DatatypeHandle => ({
    module: at.uleb(MAX.index, 'module handle'),
    name: at.uleb(MAX.index, 'identifier'),
    abilities: this.#abilities(at),
    typeParameters: at.counted(MAX.typeParameters, 'type parameter', () => ({
      constraints: this.#abilities(at),
      isPhantom: at.uleb(1, 'phantom flag') === 1,
    })),
  })

  functionHandle = (at: BinaryCursor): FunctionHandle => ({
    module: at.uleb(MAX.index, 'module handle'),
    name: at.uleb(MAX.index, 'identifier'),
    parameters: at.uleb(MAX.index, 'parameters'),
    returns: at.uleb(MAX.index, 'results'),
    typeParameters: at.counted(MAX.typeParameters, 'type parameter', this.#abilities),
  })

  instantiation = (at: BinaryCursor): Instantiation => ({
    target: at.uleb(MAX.index, 'instantiated index'),
    typeArguments: at.uleb(MAX.index, 'type arguments'),
  })

  fieldHandle = (at: BinaryCursor): { struct: number; field: number } => ({
    struct: at.uleb(MAX.index, 'struct'),
    field: at.uleb(MAX.fieldOffset, 'field'),
  })

  variantHandle = (at: BinaryCursor): VariantHandle => ({
    enum: at.uleb(MAX.index, 'enum'),
    variant: at.uleb(MAX.variants, 'variant'),
  })

  signature = (at: BinaryCursor): CompiledModule['signatures'][number] =>
    at.counted(MAX.signatureLength, 'signature', () => readToken(at, this.#rules))

  constant = (at: BinaryCursor): Constant => ({
    type: readToken(at, this.#rules),
    data: at.take(at.uleb(MAX.constantBytes, 'constant size'), 'constant'),
  })

  metadata = (at: BinaryCursor): Metadata => {
    if (!this.#limits.allowMetadata) at.fail('metadata is not allowed')
    return {
      key: at.take(at.uleb(MAX.metadataKeyBytes, 'metadata key size'), 'metadata key'),
      value: at.take(at.uleb(MAX.metadataValueBytes, 'metadata value size'), 'metadata value'),
    }
  }

  identifier = (at: BinaryCursor): string => {
    const start = at.position
    const size = at.uleb(MAX.identifierBytes, 'identifier size')
    if (size > this.#limits.identifierBytes)
      at.fail(`identifier of ${size} bytes, more than ${this.#limits.identifierBytes}`, start)
    const text = Buffer.from(at.take(size, 'identifier')).toString('latin1')
    if (!identifierPattern.test(text)) at.fail('malformed identifier', start)
    return text
  }

  address = (at: BinaryCursor): string => `0x${Buffer.from(at.take(32, 'address')).toString('hex')}`

  struct = (at: BinaryCursor): StructDefinition => {
    const handle = at.uleb(MAX.index, 'datatype handle')
    const flag = at.byte('struct flag')
    if (flag !== 1 && flag !== 2) at.fail(`unknown struct flag ${flag}`, at.position - 1)
    return { handle, fields: flag === 1 ? null : this.#fields(at) }
  }

  enum = (at: BinaryCursor): EnumDefinition => {
    const handle = at.uleb(MAX.index, 'datatype handle')
    const flag = at.byte('enum flag')
    if (flag !== 2) at.fail(`unknown enum flag ${flag}`, at.position - 1)
    const variants = at.counted(MAX.variants, 'variant', () => ({
      name: at.uleb(MAX.index, 'identifier'),
      fields: this.#fields(at),
    }))
    return { handle, variants }
  }

  function = (at: BinaryCursor): FunctionDefinition => {
    const handle = at.uleb(MAX.index, 'function handle')
    const visibility = VISIBILITY[at.byte('visibility')]
    if (visibility === undefined) return at.fail('unknown visibility', at.position - 1)
    const flags = at.byte('function flags')
    if ((flags & ~(NATIVE | ENTRY)) !== 0) at.fail(`unknown function flags ${flags}`, at.position - 1)
    const acquires = at.counted(MAX.acquires, 'acquires', () => at.uleb(MAX.index, 'struct'))
    const code = (flags & NATIVE) === 0 ? readCodeUnit(at, this.#rules.version) : null
    return { handle, visibility, isEntry: (flags & ENTRY) !== 0, acquires, code }
  }

  #fields = (at: BinaryCursor): FieldDefinition[] =>
    at.counted(MAX.fields, 'field', () => ({
      name: at.uleb(MAX.index, 'identifier'),
      type: readToken(at, this.#rules),
    }))

  #abilities = (at: BinaryCursor): AbilitySet => at.uleb(ALL_ABILITIES, 'abilities')
}

const ENUM_TABLES: ReadonlySet<number> = new Set([
  TABLE.enums,
  TABLE.enumInstantiations,
  TABLE.variantHandles,
  TABLE.variantInstantiations,
])

/**
 * Reads a module. The result shares no memory with `bytes`.
 * @throws {DeserializationError} with the offset of what is wrong
 */
export function deserializeModule(bytes: Uint8Array, options: Partial<BinaryLimits> = {}): CompiledModule {
  const limits = { ...DEFAULT_LIMITS, ...options }
  const cursor = new BinaryCursor(bytes, 0, bytes.length)
  if (bytes.length > limits.moduleBytes)
    cursor.fail(`module of ${bytes.length} bytes, more than ${limits.moduleBytes}`)
  for (const byte of MAGIC) if (cursor.byte('magic') !== byte) cursor.fail('not a Move module', 0)
  const version = readVersion(cursor, limits)
  const directory = readDirectory(cursor)
  const selfOffset = cursor.position
  const selfModule = cursor.uleb(MAX.index, 'own module handle')
  if (!cursor.atEnd) cursor.fail('bytes after the module')

  const read = new TableReader(version, limits)
  const table = <T>(kind: number, item: (at: BinaryCursor) => T): T[] => {
    const entry = directory.get(kind)
    if (entry === undefined) return []
    if (version < 7 && ENUM_TABLES.has(kind))
      throw new DeserializationError(`enums are not known to version ${version}`, entry.start)
    return new BinaryCursor(bytes, entry.start, entry.end).all(item)
  }

  const moduleHandles = table(TABLE.moduleHandles, read.moduleHandle)
  const identifiers = table(TABLE.identifiers, read.identifier)
  const addresses = table(TABLE.addresses, read.address)
  const self = moduleHandles[selfModule]
  const address = self && addresses[self.address]
  const name = self && identifiers[self.name]
  if (address === undefined || name === undefined)
    throw new DeserializationError('own module handle names nothing', selfOffset)

  return {
    version,
    address,
    name,
    selfModule,
    moduleHandles,
    datatypeHandles: table(TABLE.datatypeHandles, read.datatypeHandle),
    functionHandles: table(TABLE.functionHandles, read.functionHandle),
    functionInstantiations: table(TABLE.functionInstantiations, read.instantiation),
    signatures: table(TABLE.signatures, read.signature),
    constants: table(TABLE.constants, read.constant),
    identifiers,
    addresses,
    structs: table(TABLE.structs, read.struct),
    structInstantiations: table(TABLE.structInstantiations, read.instantiation),
    functions: table(TABLE.functions, read.function),
    fieldHandles: table(TABLE.fieldHandles, read.fieldHandle),
    fieldInstantiations: table(TABLE.fieldInstantiations, read.instantiation),
    friends: table(TABLE.friends, read.moduleHandle),
    metadata: table(TABLE.metadata, read.metadata),
    enums: table(TABLE.enums, read.enum),
    enumInstantiations: table(TABLE.enumInstantiations, read.instantiation),
    variantHandles: table(TABLE.variantHandles, read.variantHandle),
    variantInstantiations: table(TABLE.variantInstantiations, read.variantHandle),
  }
}
