/**
 * Functions and datatypes as the RPC describes them.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import { abilityNames, type AbilitySet } from '@squid/move/binary'
import type {
  DatatypeDescriptor,
  FieldDescriptor,
  FunctionDescriptor,
  OpenSignature,
  OpenType,
} from '@squid/sui/ledger'
import type { Draft } from '../web/method.ts'

const { Ability, FunctionDescriptor_Visibility: VISIBILITY, OpenSignatureBody_Type: TYPE } = GrpcTypes
const { DatatypeDescriptor_DatatypeKind: KIND, OpenSignature_Reference: REFERENCE } = GrpcTypes

export function writeFunction(descriptor: FunctionDescriptor): Draft<GrpcTypes.FunctionDescriptor> {
  const { name, visibility, isEntry, typeParameters, parameters, returns } = descriptor
  return {
    name,
    visibility: { private: VISIBILITY.PRIVATE, friend: VISIBILITY.FRIEND, public: VISIBILITY.PUBLIC }[
      visibility
    ],
    isEntry,
    typeParameters: typeParameters.map(constraints => ({ constraints: writeAbilities(constraints) })),
    parameters: parameters.map(writeSignature),
    returns: returns.map(writeSignature),
  }
}

export function writeDatatype(descriptor: DatatypeDescriptor): Draft<GrpcTypes.DatatypeDescriptor> {
  const { packageId, module, name, kind, abilities, typeParameters, fields, variants } = descriptor
  return {
    typeName: `${packageId}::${module}::${name}`,
    definingId: packageId,
    module,
    name,
    abilities: writeAbilities(abilities),
    typeParameters: typeParameters.map(({ constraints, isPhantom }) => ({
      constraints: writeAbilities(constraints),
      isPhantom,
    })),
    kind: kind === 'struct' ? KIND.STRUCT : KIND.ENUM,
    fields: writeFields(fields),
    variants: variants.map((variant, position) => ({
      name: variant.name,
      position,
      fields: writeFields(variant.fields),
    })),
  }
}

function writeFields(fields: readonly FieldDescriptor[]): Draft<GrpcTypes.FieldDescriptor>[] {
  return fields.map(({ name, type }, position) => ({ name, position, type: writeBody(type) }))
}

function writeSignature({ reference, body }: OpenSignature): Draft<GrpcTypes.OpenSignature> {
  return {
    reference: { none: undefined, immutable: REFERENCE.IMMUTABLE, mutable: REFERENCE.MUTABLE }[reference],
    body: writeBody(body),
  }
}

const PRIMITIVES = {
  address: TYPE.ADDRESS,
  bool: TYPE.BOOL,
  u8: TYPE.U8,
  u16: TYPE.U16,
  u32: TYPE.U32,
  u64: TYPE.U64,
  u128: TYPE.U128,
  u256: TYPE.U256,
  /** The RPC has no word for it: only system code takes signers. */
  signer: TYPE.TYPE_UNKNOWN,
} as const

function writeBody(type: OpenType): Draft<GrpcTypes.OpenSignatureBody> {
  switch (type.kind) {
    case 'vector':
      return { type: TYPE.VECTOR, typeParameterInstantiation: [writeBody(type.element)] }
    case 'datatype':
      return {
        type: TYPE.DATATYPE,
        typeName: type.typeName,
        typeParameterInstantiation: type.typeArguments.map(writeBody),
      }
    case 'typeParameter':
      return { type: TYPE.TYPE_PARAMETER, typeParameter: type.index }
    default:
      return { type: PRIMITIVES[type.kind] }
  }
}

const ABILITIES = { copy: Ability.COPY, drop: Ability.DROP, store: Ability.STORE, key: Ability.KEY }

function writeAbilities(set: AbilitySet): GrpcTypes.Ability[] {
  return abilityNames(set).map(name => ABILITIES[name])
}
