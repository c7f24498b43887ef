/**
 * Field masks: which fields of a message the client asked for.
 * Spec: https://protobuf.dev/reference/protobuf/google.protobuf/#field-mask; a path through a repeated field applies
 * to each element, as Sui's own servers do.
 * @module
 */
import type { Codec, Draft, Field } from './method.ts'
import { GrpcError } from './status.ts'

const MAX_PATHS = 256

/** What is read of `google.protobuf.FieldMask`. */
interface MaskMessage {
  readonly paths: readonly string[]
}

interface MessageInfo {
  readonly typeName: string
  readonly fields: readonly Field[]
}

type Bag = Readonly<Record<string, unknown>>

/** A validated mask over one message type. */
export class FieldMask {
  /** The wanted fields by .proto name; null = all of them. */
  #children: Map<string, FieldMask> | null

  private constructor(children: Map<string, FieldMask> | null) {
    this.#children = children
  }

  /** Wants everything. */
  static readonly ALL: FieldMask = new FieldMask(null)

  /**
   * The mask that a request carries, or the method's default when it carries none.
   * @param type - message that the paths start from
   * @throws {GrpcError} `INVALID_ARGUMENT` naming the path that the type does not have
   */
  static parse<T>(mask: MaskMessage | undefined, type: Codec<T>, byDefault: readonly string[]): FieldMask {
    const paths = mask?.paths ?? byDefault
    if (paths.length > MAX_PATHS)
      throw new GrpcError('INVALID_ARGUMENT', `read_mask has more than ${MAX_PATHS} paths`)
    if (paths.includes('*')) return FieldMask.ALL
    const root = new FieldMask(new Map())
    for (const path of paths) root.#insert(path.split('.'), type, path)
    return root
  }

  /** Whether any part of the field (by its .proto name) is wanted. */
  has(name: string): boolean {
    return this.#children === null || this.#children.has(name)
  }

  /** The mask inside a field; wants nothing where `has` is false. */
  inside(name: string): FieldMask {
    return this.#children === null ? FieldMask.ALL : (this.#children.get(name) ?? new FieldMask(new Map()))
  }

  /** Whether nothing but (parts of) the named fields is wanted. */
  isWithin(names: readonly string[]): boolean {
    return this.#children !== null && this.#children.keys().every(name => names.includes(name))
  }

  /** `draft` with only the wanted fields, at every depth. */
  trim<T>(type: Codec<T>, draft: Draft<T>): Draft<T> {
    return this.#trimMessage(type, draft as Bag) as Draft<T>
  }

  #insert(names: readonly string[], type: MessageInfo | undefined, path: string): void {
    const [name = '', ...rest] = names
    const field = type?.fields.find(candidate => candidate.name === name)
    if (field === undefined)
      throw new GrpcError(
        'INVALID_ARGUMENT',
        `read_mask has no such path: ${JSON.stringify(path.slice(0, 200))}`,
      )
    if (this.#children === null) return
    const child = this.#children.get(name) ?? new FieldMask(new Map())
    this.#children.set(name, child)
    if (rest.length === 0) child.#children = null
    else child.#insert(rest, messageOf(field), path)
  }

  #trimMessage(type: MessageInfo, message: Bag): Bag {
    if (this.#children === null) return message
    const kept: Record<string, unknown> = {}
    for (const field of type.fields) {
      const child = this.#children.get(field.name)
      if (child === undefined) continue
      if (field.oneof === undefined) kept[field.localName] = child.#trimField(field, message[field.localName])
      else {
        const group = message[field.oneof] as Bag | undefined
        if (group?.['oneofKind'] === field.localName)
          kept[field.oneof] = { ...group, [field.localName]: child.#trimField(field, group[field.localName]) }
      }
    }
    return kept
  }

  #trimField(field: Field, value: unknown): unknown {
    const type = messageOf(field)
    if (type === undefined || value === undefined || value === null) return value
    if (Array.isArray(value)) return value.map(element => this.#trimMessage(type, element as Bag))
    return this.#trimMessage(type, value as Bag)
  }
}

function messageOf(field: Field): MessageInfo | undefined {
  return field.kind === 'message' ? (field.T as () => MessageInfo)() : undefined
}
