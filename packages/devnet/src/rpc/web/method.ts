/**
 * A gRPC method as the server sees it: bytes in, bytes out, with the typed handler closed over.
 * @module
 */
import { GrpcError } from './status.ts'

/** The part of a protobuf-ts service descriptor that is read here. */
export interface Service {
  readonly typeName: string
  readonly methods: readonly { readonly name: string; readonly serverStreaming: boolean }[]
}

/** The part of a protobuf-ts message type that is read here. */
export interface Codec<T> {
  readonly typeName: string
  readonly fields: readonly Field[]
  fromBinary(bytes: Uint8Array): T
  toBinary(message: T): Uint8Array
  create(value: Draft<T>): T
}

/** Reflection data of one message field. */
export interface Field {
  /** As in the .proto file: `object_id`. */
  readonly name: string
  /** As in TypeScript: `objectId`. */
  readonly localName: string
  readonly kind: string
  /** Local name of the group when the field belongs to a oneof. */
  readonly oneof: string | undefined
  /** For `kind` `message`, a function that returns the field's message type. */
  readonly T?: unknown
}

type Scalar = string | number | bigint | boolean | Uint8Array

/** A message being built: every field may be left out or undefined, at any depth. */
export type Draft<T> = T extends Scalar
  ? T
  : T extends readonly (infer U)[]
    ? readonly Draft<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
      : T

/** What a handler knows of its call. */
export interface Call {
  /** Aborts when the client has gone, its deadline has passed or the server stops. */
  readonly signal: AbortSignal
}

/** One entry of the server's table. */
export interface Method {
  /** `/sui.rpc.v2.LedgerService/GetObject` */
  readonly path: string
  /** Answers a request message with one or more response messages. */
  readonly answer: (message: Uint8Array, call: Call) => Promise<Uint8Array> | AsyncIterable<Uint8Array>
}

/** A method with one answer. */
export function unary<I extends object, O extends object>(
  service: Service,
  name: string,
  request: Codec<I>,
  response: Codec<O>,
  handle: (request: I, call: Call) => Draft<O> | Promise<Draft<O>>,
): Method {
  return {
    path: pathOf(service, name, false),
    answer: async (message, call) => {
      const draft = await handle(decode(request, message), call)
      return response.toBinary(response.create(draft))
    },
  }
}

/** A method with a stream of answers. */
export function serverStream<I extends object, O extends object>(
  service: Service,
  name: string,
  request: Codec<I>,
  response: Codec<O>,
  handle: (request: I, call: Call) => AsyncIterable<Draft<O>> | Iterable<Draft<O>>,
): Method {
  return {
    path: pathOf(service, name, true),
    answer: async function* (message, call) {
      for await (const draft of handle(decode(request, message), call))
        yield response.toBinary(response.create(draft))
    },
  }
}

function decode<I>(codec: Codec<I>, message: Uint8Array): I {
  try {
    return codec.fromBinary(message)
  } catch (error) {
    throw new GrpcError('INVALID_ARGUMENT', `the request is not a ${codec.typeName}`, { cause: error })
  }
}

/** Asserts that the descriptor has the method, so that a misspelt name fails at start. */
function pathOf(service: Service, name: string, serverStreaming: boolean): string {
  const known = service.methods.some(
    method => method.name === name && method.serverStreaming === serverStreaming,
  )
  if (!known) throw new TypeError(`${service.typeName} has no such method: ${name}`)
  return `/${service.typeName}/${name}`
}
