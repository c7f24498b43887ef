/**
 * `sui.rpc.v2.MovePackageService`: what packages declare.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type { Ledger, LedgerObject } from '@squid/sui/ledger'
import { writeDatatype, writeFunction } from '../convert/move-package.ts'
import { writePackage } from '../convert/object.ts'
import { readAddress } from '../convert/transaction.ts'
import { unary, type Method } from '../web/method.ts'
import { GrpcError } from '../web/status.ts'

const { MovePackageService } = GrpcTypes

/** Every method of the service. */
export function movePackageMethods(ledger: Ledger): Method[] {
  return [
    unary(
      MovePackageService,
      'GetPackage',
      GrpcTypes.GetPackageRequest,
      GrpcTypes.GetPackageResponse,
      request => ({ package: writePackage(ledger, packageOf(ledger, request.packageId)) }),
    ),
    unary(
      MovePackageService,
      'GetDatatype',
      GrpcTypes.GetDatatypeRequest,
      GrpcTypes.GetDatatypeResponse,
      request => {
        const { id, module, name } = memberOf(ledger, request)
        const descriptor = ledger.datatypeDescriptor(id, module, name)
        if (descriptor === undefined) throw notFound(`Datatype ${id}::${module}::${name}`)
        return { datatype: writeDatatype(descriptor) }
      },
    ),
    unary(
      MovePackageService,
      'GetFunction',
      GrpcTypes.GetFunctionRequest,
      GrpcTypes.GetFunctionResponse,
      request => {
        const { id, module, name } = memberOf(ledger, request)
        const descriptor = ledger.functionDescriptor(id, module, name)
        if (descriptor === undefined) throw notFound(`Function ${id}::${module}::${name}`)
        return { function: writeFunction(descriptor) }
      },
    ),
    // Packages cannot be upgraded here: each has one version.
    unary(
      MovePackageService,
      'ListPackageVersions',
      GrpcTypes.ListPackageVersionsRequest,
      GrpcTypes.ListPackageVersionsResponse,
      request => {
        const { id, version } = packageOf(ledger, request.packageId)
        return { versions: [{ packageId: id, version }] }
      },
    ),
  ]
}

function packageOf(ledger: Ledger, packageId: string | undefined): LedgerObject {
  const id = readAddress(packageId, 'package_id')
  const object = ledger.object(id)
  if (object?.data.kind !== 'package') throw notFound(`Package ${id}`)
  return object
}

function memberOf(
  ledger: Ledger,
  request: { packageId?: string; moduleName?: string; name?: string },
): { id: string; module: string; name: string } {
  const { id } = packageOf(ledger, request.packageId)
  if (request.moduleName === undefined || request.name === undefined)
    throw new GrpcError('INVALID_ARGUMENT', 'module_name or name is missing')
  return { id, module: request.moduleName.slice(0, 128), name: request.name.slice(0, 128) }
}

function notFound(what: string): GrpcError {
  return new GrpcError('NOT_FOUND', `${what} not found`)
}
