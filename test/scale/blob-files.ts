/**
 * Blobs as files, none larger than a pack: what Walrus is to a locator, without the network.
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type BlobPlace, type LocatorLink, type Placed, placeInBlob } from '@squid/formats/locator'

/** A blob that is being written or was. */
interface BlobFile {
  readonly id: Uint8Array
  readonly descriptor: number
  size: number
}

export class BlobFiles {
  readonly #folder: string
  readonly #limit: number
  readonly #blobs: BlobFile[] = []
  #open: BlobFile
  #loads = 0
  #nodes = 0
  #bytes = 0

  constructor(folder: string, limitBytes: number) {
    this.#folder = folder
    this.#limit = limitBytes
    this.#open = this.#begin()
  }

  readonly place = (node: Uint8Array): Placed => {
    const offset = this.#open.size
    if (offset + node.length > this.#limit) return { ended: this.#end() }
    writeSync(this.#open.descriptor, node, 0, node.length, offset)
    this.#open.size += node.length
    this.#nodes++
    this.#bytes += node.length
    return { offset }
  }

  readonly load = async ({ blob, offset, length }: LocatorLink): Promise<Uint8Array> => {
    this.#loads++
    const file = this.#blobs[new DataView((blob as BlobPlace).id.slice().buffer).getUint32(0)]
    const bytes = new Uint8Array(length)
    if (file === undefined || readSync(file.descriptor, bytes, 0, length, offset) !== length)
      throw new Error('no such node')
    return bytes
  }

  /** Ends the open blob, in which an update's root lies. */
  finish(root: LocatorLink): LocatorLink {
    return placeInBlob(root, this.#end())
  }

  /** What happened since the last time. */
  take(): { readonly loads: number; readonly nodes: number; readonly bytes: number; readonly blobs: number } {
    const taken = { loads: this.#loads, nodes: this.#nodes, bytes: this.#bytes, blobs: this.#blobs.length }
    this.#loads = 0
    this.#nodes = 0
    this.#bytes = 0
    return taken
  }

  [Symbol.dispose](): void {
    for (const { descriptor } of this.#blobs) closeSync(descriptor)
  }

  #begin(): BlobFile {
    const id = new Uint8Array(32)
    new DataView(id.buffer).setUint32(0, this.#blobs.length)
    const descriptor = openSync(join(this.#folder, `blob-${this.#blobs.length}`), 'w+', 0o600)
    const file = { id, descriptor, size: 0 }
    this.#blobs.push(file)
    return file
  }

  #end(): BlobPlace {
    const { id, size } = this.#open
    this.#open = this.#begin()
    return { id, size }
  }
}
