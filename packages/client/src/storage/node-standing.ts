/**
 * What this machine thinks of each storage node: who is asked, who is left alone for a while. Everybody comes back:
 * after a pause that doubles each time, or earlier, when a node that was needed after all gave what is right.
 *
 * A publisher whose index points to nonsense must not be able to blacken honest nodes, so that a node which says "I
 * have no such sliver" is blamed only once the blob turned out to be there, and a liar is one whose sliver is not
 * the one that the blob's id commits to.
 * @module
 */
import type { StorageNode } from './committee.ts'

export interface SetAside {
  readonly node: StorageNode
  readonly reason: string
}

interface Ban extends SetAside {
  readonly isLiar: boolean
  /** Until when the node is left alone, and for how long that is. */
  readonly until: number
  readonly pauseMs: number
}

export interface StandingOptions {
  /** How long a node that did not answer is left alone at first. */
  readonly silentForMs: number
}

/** A liar is left alone so many times as long as a node that was silent. */
const LIAR_FACTOR = 10
const MAX_PAUSE_MS = 24 * 60 * 60 * 1000
/** Blobs of which denials are remembered. */
const MAX_DENIED = 1000

export class NodeStanding {
  /** Milliseconds of a steady clock. */
  readonly #now: () => number
  readonly #options: StandingOptions
  /** By node; stays after its end, for the next pause and for the history. */
  readonly #bans = new Map<StorageNode, Ban>()
  /** Blob → who denied having slivers of it. */
  readonly #denials = new Map<string, Map<StorageNode, string>>()

  constructor(now: () => number, options: StandingOptions) {
    this.#now = now
    this.#options = options
  }

  /** Who is left alone now, and why. */
  get setAside(): readonly SetAside[] {
    return [...this.#bans.values()].filter(ban => this.#lasts(ban)).map(shown)
  }

  /** Who was left alone at any time and is not now, with the last reason. */
  get setAsideBefore(): readonly SetAside[] {
    return [...this.#bans.values()].filter(ban => !this.#lasts(ban)).map(shown)
  }

  isLiar(node: StorageNode): boolean {
    const ban = this.#bans.get(node)
    return ban !== undefined && ban.isLiar && this.#lasts(ban)
  }

  /** Is it left alone now? */
  isAside(node: StorageNode): boolean {
    const ban = this.#bans.get(node)
    return ban !== undefined && this.#lasts(ban)
  }

  /** It did not answer, or too late. */
  silent(node: StorageNode, reason: string): void {
    if (!this.isAside(node)) this.#ban(node, reason, false)
  }

  /** It gave bytes that were proven wrong. */
  lied(node: StorageNode): void {
    if (!this.isLiar(node)) this.#ban(node, 'gave wrong bytes', true)
  }

  /** It answers again. */
  answered(node: StorageNode): void {
    if (!this.isLiar(node)) this.#return(node)
  }

  /** It gave bytes that were proven right. */
  provenRight(node: StorageNode): void {
    this.#return(node)
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

  #lasts({ until }: Ban): boolean {
    return until > this.#now()
  }

  #return(node: StorageNode): void {
    const ban = this.#bans.get(node)
    if (ban !== undefined && this.#lasts(ban)) this.#bans.set(node, { ...ban, until: this.#now() })
  }

  #ban(node: StorageNode, reason: string, isLiar: boolean): void {
    const first = this.#options.silentForMs * (isLiar ? LIAR_FACTOR : 1)
    const before = this.#bans.get(node)
    // Whoever behaved for as long as the pause was begins anew.
    const isAgain = before !== undefined && this.#now() - before.until < before.pauseMs
    const pauseMs = Math.min(MAX_PAUSE_MS, Math.max(first, isAgain ? before.pauseMs * 2 : 0))
    this.#bans.set(node, { node, reason, isLiar, pauseMs, until: this.#now() + pauseMs })
  }
}

function shown({ node, reason }: Ban): SetAside {
  return { node, reason }
}
