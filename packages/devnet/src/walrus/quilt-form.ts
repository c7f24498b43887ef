/**
 * The files of `PUT /v1/quilts`: a multipart form with a file for each identifier, and tags in the field `_metadata`.
 *
 * Spec: Walrus's quilt HTTP API; RFC 7578.
 * @module
 */
import type { QuiltFile } from './coder.ts'
import { malformed, NodeError } from './errors.ts'

const METADATA = '_metadata'
const MAX_IDENTIFIER_BYTES = 0xffff

/**
 * Reads the form.
 * @param contentType of the request, with the boundary
 * @throws {NodeError} `MALFORMED_REQUEST`, `INVALID_QUILT`
 */
export async function parseQuiltForm(
  body: Uint8Array<ArrayBuffer>,
  contentType: string | undefined,
): Promise<readonly QuiltFile[]> {
  const form = await readForm(body, contentType)
  const tags = parseTags(form.getAll(METADATA))
  const files: QuiltFile[] = []
  for (const [identifier, value] of form) {
    if (identifier === METADATA) continue
    assertIdentifier(identifier, files)
    const contents = typeof value === 'string' ? Buffer.from(value) : await value.bytes()
    files.push({ identifier, contents: Uint8Array.from(contents), tags: tags.get(identifier) ?? {} })
    tags.delete(identifier)
  }
  if (files.length === 0) throw invalid('there is no file in the form')
  const [unknown] = tags.keys()
  if (unknown !== undefined) throw invalid(`${METADATA} names ${JSON.stringify(unknown)}, which is no file`)
  return files
}

async function readForm(body: Uint8Array<ArrayBuffer>, contentType: string | undefined): Promise<FormData> {
  if (contentType?.startsWith('multipart/form-data') !== true) throw malformed('content-type')
  try {
    return await new Response(body, { headers: { 'content-type': contentType } }).formData()
  } catch {
    throw malformed('multipart form')
  }
}

function assertIdentifier(identifier: string, files: readonly QuiltFile[]): void {
  const length = Buffer.byteLength(identifier)
  if (length === 0 || length > MAX_IDENTIFIER_BYTES) throw invalid('an identifier has 1 to 65535 bytes')
  if (identifier.startsWith('_')) throw invalid('an identifier does not begin with _')
  if (files.some(file => file.identifier === identifier))
    throw invalid(`two files have the identifier ${JSON.stringify(identifier)}`)
}

function parseTags(fields: readonly (File | string)[]): Map<string, Readonly<Record<string, string>>> {
  const tags = new Map<string, Readonly<Record<string, string>>>()
  if (fields.length === 0) return tags
  const [field] = fields
  const entries = typeof field === 'string' && fields.length === 1 ? parseJson(field) : undefined
  if (!Array.isArray(entries)) throw malformed(METADATA)
  for (const entry of entries as readonly unknown[]) {
    if (!isRecord(entry) || typeof entry['identifier'] !== 'string') throw malformed(METADATA)
    const own = entry['tags'] ?? {}
    if (!isRecord(own) || !Object.values(own).every(value => typeof value === 'string'))
      throw malformed(METADATA)
    tags.set(entry['identifier'], own as Readonly<Record<string, string>>)
  }
  return tags
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed(METADATA)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'INVALID_QUILT', message)
}
