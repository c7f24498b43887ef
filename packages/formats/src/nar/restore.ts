/**
 * Archives become file trees, without trusting the archive: every file, directory and link is created exclusively,
 * nothing is followed, and names were checked by the parser. Two names that a file system folds into one (by case,
 * say) therefore fail instead of overwriting each other.
 * @module
 */
import { Buffer } from 'node:buffer'
import * as fs from 'node:fs'
import { SquidError } from '../errors/index.ts'
import type { NarEvent } from './event.ts'

const SLASH = Buffer.from('/')
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants

/** Applies events below one path that must not exist yet. Nobody else may write there meanwhile. */
export class TreeWriter {
  readonly #root: Buffer
  readonly #directories: Buffer[] = []
  #created = false
  #file: number | undefined
  #left = 0

  constructor(root: string) {
    this.#root = Buffer.from(root)
  }

  /** @throws {SquidError} `NAR_RESTORE` when the file system refuses */
  apply(event: NarEvent): void {
    try {
      this.#apply(event)
    } catch (cause) {
      throw new SquidError('NAR_RESTORE', `The archive can not be restored: ${(cause as Error).message}.`, {
        cause,
      })
    }
    this.#created = true
  }

  /** Closes what is open and removes what was created. */
  undo(): void {
    this.#closeFile()
    if (this.#created) fs.rmSync(this.#root.toString(), { recursive: true, force: true })
  }

  #apply(event: NarEvent): void {
    switch (event.kind) {
      case 'directory': {
        const path = this.#pathOf(event.name)
        fs.mkdirSync(path)
        this.#directories.push(path)
        break
      }
      case 'end':
        this.#directories.pop()
        break
      case 'symlink':
        fs.symlinkSync(Buffer.from(event.target), this.#pathOf(event.name))
        break
      case 'file':
        this.#openFile(this.#pathOf(event.name), event.executable, event.size)
        break
      case 'data':
        this.#write(event.bytes)
        break
    }
  }

  #pathOf(name: Uint8Array): Buffer {
    const parent = this.#directories.at(-1)
    return parent === undefined ? this.#root : Buffer.concat([parent, SLASH, name])
  }

  #openFile(path: Buffer, executable: boolean, size: number): void {
    this.#file = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, executable ? 0o777 : 0o666)
    this.#left = size
    if (size === 0) this.#closeFile()
  }

  #write(bytes: Uint8Array): void {
    if (this.#file === undefined) throw new Error('data outside of a file')
    for (let done = 0; done < bytes.length;) done += fs.writeSync(this.#file, bytes, done)
    this.#left -= bytes.length
    if (this.#left === 0) this.#closeFile()
  }

  #closeFile(): void {
    if (this.#file === undefined) return
    fs.closeSync(this.#file)
    this.#file = undefined
  }
}
