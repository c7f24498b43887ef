/**
 * Move values as JSON, for the `json` fields of objects and events: structs become objects, integers of 64 bits and
 * more and addresses become strings, byte vectors base64, and the framework's ids, strings, options and balances
 * become what they stand for.
 * @module
 */
import type { GrpcTypes } from '@mysten/sui/grpc'
import type { DatatypeType, Type, Value } from '@squid/move/vm'
import type { Ledger } from '@squid/sui/ledger'
import type { Draft } from '../web/method.ts'

/** `google.protobuf.Value`, which the SDK does not export by name. */
type Json = Draft<NonNullable<GrpcTypes.Object['json']>>
type Fields = readonly { readonly name: string; readonly type: Type }[]

/** The only value of `google.protobuf.NullValue`. */
const NULL = 0 as NonNullable<Extract<Json['kind'], { oneofKind?: 'nullValue' }>['nullValue']>
const ONE = `0x${'1'.padStart(64, '0')}`
const TWO = `0x${'2'.padStart(64, '0')}`
const STRINGS = new Set([`${ONE}::string::String`, `${ONE}::ascii::String`])

/**
 * Renders the BCS bytes of a value of a type on the ledger.
 * @param type - canonical name
 */
export function renderJson(ledger: Ledger, type: string, bytes: Uint8Array): Json {
  const known = ledger.type(type)
  return render(ledger, known, ledger.decode(known, bytes))
}

function render(ledger: Ledger, type: Type, value: Value): Json {
  switch (type.kind) {
    case 'bool':
      return { kind: { oneofKind: 'boolValue', boolValue: value === true } }
    case 'u8':
    case 'u16':
    case 'u32':
      return { kind: { oneofKind: 'numberValue', numberValue: Number(value) } }
    case 'vector':
      return renderVector(ledger, type.element, value as Value[])
    case 'struct':
    case 'enum':
      return renderDatatype(ledger, type, value as Value[])
    default:
      return text((value as string | bigint).toString())
  }
}

function renderVector(ledger: Ledger, element: Type, values: readonly Value[]): Json {
  if (element.kind === 'u8') return text(Buffer.from(values as number[]).toString('base64'))
  const list = values.map(value => render(ledger, element, value))
  return { kind: { oneofKind: 'listValue', listValue: { values: list } } }
}

function renderDatatype(ledger: Ledger, type: DatatypeType, value: readonly Value[]): Json {
  const special = renderSpecial(ledger, type, value)
  if (special !== undefined) return special
  const layout = ledger.layout(type)
  if (layout?.kind !== 'enum') return struct(renderFields(ledger, layout?.fields ?? [], value))
  const [tag, ...fields] = value
  const variant = layout.variants[Number(tag)]
  return struct({
    '@variant': text(variant?.name ?? ''),
    ...renderFields(ledger, variant?.fields ?? [], fields),
  })
}

/** Framework types that stand for something simpler. Each is a struct around one field. */
function renderSpecial(ledger: Ledger, type: DatatypeType, value: readonly Value[]): Json | undefined {
  const name = `${type.address}::${type.module}::${type.name}`
  const inner = value[0]
  if (STRINGS.has(name)) return text(Buffer.from(inner as number[]).toString())
  if (name === `${TWO}::url::Url`) return text(Buffer.from((inner as Value[])[0] as number[]).toString())
  if (name === `${TWO}::object::ID`) return text(inner as string)
  if (name === `${TWO}::object::UID`) return text((inner as Value[])[0] as string)
  if (name === `${TWO}::balance::Balance`) return text((inner as bigint).toString())
  if (name !== `${ONE}::option::Option`) return undefined
  const [held] = inner as Value[]
  const element = type.typeArguments[0]
  return held === undefined || element === undefined
    ? { kind: { oneofKind: 'nullValue', nullValue: NULL } }
    : render(ledger, element, held)
}

function renderFields(ledger: Ledger, fields: Fields, values: readonly Value[]): Record<string, Json> {
  return Object.fromEntries(
    fields.map(({ name, type }, index) => [name, render(ledger, type, values[index] as Value)]),
  )
}

function text(value: string): Json {
  return { kind: { oneofKind: 'stringValue', stringValue: value } }
}

function struct(fields: Readonly<Record<string, Json>>): Json {
  return { kind: { oneofKind: 'structValue', structValue: { fields } } }
}
