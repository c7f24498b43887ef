/**
 * The writing half of Nix's binary cache protocol: HTTP in front of whoever takes uploads.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { Uploads } from './contract.ts'
import {
  type GatewayRequest,
  type GatewayResponse,
  NotFoundError,
  textResponse,
  UPLOAD_PREFIX,
} from './http.ts'

/** Answers GET, HEAD and PUT below the prefix. @throws {SquidError} */
export async function answerUpload(uploads: Uploads, request: GatewayRequest): Promise<GatewayResponse> {
  const path = decodedPath(request.path.slice(UPLOAD_PREFIX.length))
  const token = tokenOf(request.headers.authorization)
  return request.isPut ? await write(uploads, path, token, request) : await read(uploads, path, token)
}

async function read(uploads: Uploads, path: string, token: string | undefined): Promise<GatewayResponse> {
  const file = await uploads.read(path, token)
  if (file === undefined) throw new NotFoundError('this was not uploaded')
  const { type, size, body } = file
  return { status: 200, type, length: size, body }
}

async function write(
  uploads: Uploads,
  path: string,
  token: string | undefined,
  request: GatewayRequest,
): Promise<GatewayResponse> {
  const { 'content-length': length, 'content-encoding': encoding } = request.headers
  const size = length === undefined ? undefined : Number(length)
  await uploads.write(path, token, { size, encoding, body: request.body() })
  return textResponse(201, 'taken')
}

/** The password of Basic, as a netrc file gives it, or a bearer token. */
function tokenOf(authorization: string | undefined): string | undefined {
  const [, scheme = '', value = ''] =
    /^(Basic|Bearer) +([A-Za-z0-9+/=_.~-]{1,1024})$/i.exec(authorization ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme === '') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}

/** @throws {SquidError} `REFERENCE` */
function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new SquidError('REFERENCE', 'the address has a % that stands for no character', { cause })
  }
}
