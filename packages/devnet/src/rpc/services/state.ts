/**
 * `sui.rpc.v2.StateService`: who owns what now.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type { Balance, DynamicField, Ledger } from '@squid/sui/ledger'
import { writeCoinInfo } from '../convert/coin-info.ts'
import { writeObject } from '../convert/object.ts'
import { readAddress } from '../convert/transaction.ts'
import { writeType } from '../convert/type-name.ts'
import { FieldMask } from '../web/field-mask.ts'
import { unary, type Draft, type Method } from '../web/method.ts'
import { formatPageToken, pageSizeOf, parsePageToken } from '../web/page-token.ts'
import { GrpcError } from '../web/status.ts'

const { StateService, DynamicField_DynamicFieldKind: KIND } = GrpcTypes
const MAX_TYPE_CHARACTERS = 4096
const GENERIC_NAME = /^0x[0-9a-f]{1,64}::\w{1,128}::\w{1,128}$/i

/** Every method of the service that is supported. */
export function stateMethods(ledger: Ledger): Method[] {
  return [
    unary(
      StateService,
      'ListOwnedObjects',
      GrpcTypes.ListOwnedObjectsRequest,
      GrpcTypes.ListOwnedObjectsResponse,
      request => listOwnedObjects(ledger, request),
    ),
    unary(
      StateService,
      'ListDynamicFields',
      GrpcTypes.ListDynamicFieldsRequest,
      GrpcTypes.ListDynamicFieldsResponse,
      request => listDynamicFields(ledger, request),
    ),
    unary(StateService, 'GetBalance', GrpcTypes.GetBalanceRequest, GrpcTypes.GetBalanceResponse, request => {
      const owner = readAddress(request.owner, 'owner')
      return { balance: writeBalance(ledger.balance(owner, readType(request.coinType, 'coin_type'))) }
    }),
    unary(
      StateService,
      'ListBalances',
      GrpcTypes.ListBalancesRequest,
      GrpcTypes.ListBalancesResponse,
      request => listBalances(ledger, request),
    ),
    unary(
      StateService,
      'GetCoinInfo',
      GrpcTypes.GetCoinInfoRequest,
      GrpcTypes.GetCoinInfoResponse,
      request => {
        const coinType = readType(request.coinType, 'coin_type')
        const info = writeCoinInfo(ledger, coinType)
        if (info === undefined) throw new GrpcError('NOT_FOUND', `No coin of the type ${coinType} found`)
        return info
      },
    ),
  ]
}

function listOwnedObjects(
  ledger: Ledger,
  request: GrpcTypes.ListOwnedObjectsRequest,
): Draft<GrpcTypes.ListOwnedObjectsResponse> {
  const owner = readAddress(request.owner, 'owner')
  const type = request.objectType === undefined ? undefined : readTypeFilter(ledger, request.objectType)
  const mask = FieldMask.parse(request.readMask, GrpcTypes.Object, ['object_id', 'version', 'object_type'])
  const query = `owned ${owner} ${type}`
  const page = ledger.ownedObjects(owner, {
    type,
    cursor: parsePageToken(query, request.pageToken),
    limit: pageSizeOf(request.pageSize),
  })
  return {
    objects: page.items.map(object => writeObject(ledger, object, mask)),
    nextPageToken: page.cursor === undefined ? undefined : formatPageToken(query, page.cursor),
  }
}

function listDynamicFields(
  ledger: Ledger,
  request: GrpcTypes.ListDynamicFieldsRequest,
): Draft<GrpcTypes.ListDynamicFieldsResponse> {
  const parent = readAddress(request.parent, 'parent')
  const mask = FieldMask.parse(request.readMask, GrpcTypes.DynamicField, ['parent', 'field_id'])
  const query = `fields ${parent}`
  const page = ledger.dynamicFields(parent, {
    cursor: parsePageToken(query, request.pageToken),
    limit: pageSizeOf(request.pageSize),
  })
  return {
    dynamicFields: page.items.map(field => writeDynamicField(ledger, field, mask)),
    nextPageToken: page.cursor === undefined ? undefined : formatPageToken(query, page.cursor),
  }
}

function writeDynamicField(
  ledger: Ledger,
  field: DynamicField,
  mask: FieldMask,
): Draft<GrpcTypes.DynamicField> {
  return mask.trim<GrpcTypes.DynamicField>(GrpcTypes.DynamicField, {
    kind: field.kind === 'field' ? KIND.FIELD : KIND.OBJECT,
    parent: field.parent,
    fieldId: field.fieldId,
    fieldObject: mask.has('field_object')
      ? writeObject(ledger, field.field, mask.inside('field_object'))
      : undefined,
    name: { name: writeType(field.nameType), value: field.name },
    value: { name: writeType(field.valueType), value: field.value },
    valueType: writeType(field.valueType),
    childId: field.childId,
    childObject:
      mask.has('child_object') && field.child
        ? writeObject(ledger, field.child, mask.inside('child_object'))
        : undefined,
  })
}

/** All balances fit one answer of the ledger; pages are cut from it by coin type. */
function listBalances(
  ledger: Ledger,
  request: GrpcTypes.ListBalancesRequest,
): Draft<GrpcTypes.ListBalancesResponse> {
  const owner = readAddress(request.owner, 'owner')
  const query = `balances ${owner}`
  const after = parsePageToken(query, request.pageToken)
  const rest = ledger.balances(owner).filter(({ coinType }) => after === undefined || coinType > after)
  const page = rest.slice(0, pageSizeOf(request.pageSize))
  const last = page.at(-1)
  return {
    balances: page.map(writeBalance),
    nextPageToken: last && rest.length > page.length ? formatPageToken(query, last.coinType) : undefined,
  }
}

/** There are no address balances: everything is in coins. */
function writeBalance({ coinType, total }: Balance): Draft<GrpcTypes.Balance> {
  return { coinType: writeType(coinType), balance: total, coinBalance: total, addressBalance: 0n }
}

/** A struct type, with its arguments or without any to mean every instance. */
function readTypeFilter(ledger: Ledger, objectType: string): string {
  const text = readType(objectType, 'object_type')
  if (text.includes('<')) return ledger.type(text).key
  if (GENERIC_NAME.test(text)) return text
  throw new GrpcError(
    'INVALID_ARGUMENT',
    `object_type is not a struct type: ${JSON.stringify(text.slice(0, 200))}`,
  )
}

/** The type's text; what it means is for the ledger to say. */
function readType(text: string | undefined, what: string): string {
  if (text === undefined || text === '') throw new GrpcError('INVALID_ARGUMENT', `${what} is missing`)
  if (text.length > MAX_TYPE_CHARACTERS) throw new GrpcError('INVALID_ARGUMENT', `${what} is too long`)
  return text
}
