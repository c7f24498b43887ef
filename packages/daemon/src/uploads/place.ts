/**
 * Where one uploads to: a flake of a Space, `@alice/hello`.
 * @module
 */
import { parseSubject, type Subject } from '@squid/client/references'
import { SquidError } from '@squid/formats/errors'

/** A flake of a Space, as a person wrote it. */
export interface UploadPlace {
  /** `@alice` or the object id of a Space. */
  readonly subject: Subject
  readonly flake: string
  /** `@alice/hello`: no part of it is `.` or `..`, or has a slash in it. */
  readonly text: string
}

/** What a flake can be called, as the contract has it. */
const FLAKE = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** @throws {SquidError} `REFERENCE` */
export function parseUploadPlace(text: string): UploadPlace {
  const [space = '', flake = '', ...more] = text.split('/')
  if (more.length > 0 || !FLAKE.test(flake)) {
    throw new SquidError('REFERENCE', `'${text}' is no place to upload to: write @NAME/FLAKE`)
  }
  const subject = parseSubject(space)
  const owner = subject.kind === 'name' ? `@${subject.name}` : subject.id
  return { subject, flake, text: `${owner}/${flake}` }
}
