/**
 * What this machine thinks of each storage node: who is asked, who is left alone for a while, who is never asked
 * again. A publisher whose index points to nonsense must not be able to blacken honest nodes, so that a node which
 * says "I have no such sliver" is blamed only once the blob turned out to be there.
 * @module
 */
import type { StorageNode } from './committee.ts'

export interface SetAside {
  readonly node: StorageNode
  readonly reason: string
}

interface Ban {
  readonly reason: string
  readonly until: number
}

/** Blobs of which denials are remembered. */
const MAX_DENIED = 1000

export class NodeStanding {
  /** Milliseconds of a steady clock. */
  readonly #now: () => number
  readonly #silentForMs: number
  readonly #bans = new Map<StorageNode, Ban>()
  readonly #everSetAside = new Map<StorageNode, string>()
  /** Blob → who denied having slivers of it. */
  readonly #denials = new Map<string, Map<StorageNode, string>>()

  /** @param silentForMs how long a node that did not answer is left alone */
  constructor(now: () => number, silentForMs: number) {
    this.#now = now
    this.#silentForMs = silentForMs
  }

  /** Every node that was ever set aside, with the last reason. */
  get setAside(): readonly SetAside[] {
    return [...this.#everSetAside].map(([node, reason]) => ({ node, reason }))
  }

  isLiar(node: StorageNode): boolean {
    return this.#bans.get(node)?.until === Number.POSITIVE_INFINITY
  }

  /** Is it left alone now? */
  isAside(node: StorageNode): boolean {
    const ban = this.#bans.get(node)
    if (ban === undefined) return false
    if (ban.until > this.#now()) return true
    this.#bans.delete(node)
    return false
  }

  /** It did not answer: left alone for a while. */
  silent(node: StorageNode, reason: string): void {
    this.#ban(node, reason, this.#now() + this.#silentForMs)
  }

  /** It gave bytes that were proven wrong: not asked again. */
  lied(node: StorageNode): void {
    this.#ban(node, 'gave wrong bytes', Number.POSITIVE_INFINITY)
  }

  /** It answers again. */
  answered(node: StorageNode): void {
    if (!this.isLiar(node)) this.#bans.delete(node)
  }

  /** It says that it has no such sliver; perhaps nobody has. */
  denied(blob: string, node: StorageNode, reason: string): void {
    const known = this.#denials.get(blob) ?? new Map<StorageNode, string>()
    this.#denials.delete(blob)
    this.#denials.set(blob, known.set(node, reason))
    for (const oldest of this.#denials.keys()) {
      if (this.#denials.size <= MAX_DENIED) break
      this.#denials.delete(oldest)
    }
  }

  /** The blob is there: whoever denied it is left alone for a while. */
  exists(blob: string): void {
    for (const [node, reason] of this.#denials.get(blob) ?? []) this.silent(node, reason)
    this.#denials.delete(blob)
  }

  #ban(node: StorageNode, reason: string, until: number): void {
    const before = this.#bans.get(node)
    if (before !== undefined && before.until > until) return
    this.#bans.set(node, { reason, until })
    this.#everSetAside.set(node, reason)
  }
}
