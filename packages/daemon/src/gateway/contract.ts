/**
 * What the gateway needs of the world. The app wires these to the ledger and to Walrus; tests to memory.
 * @module
 */
import type { Manifest, ManifestEntry } from '@squid/formats/manifest'
import type { Reference } from '@squid/client/references'

/** What a release holds. Nothing is handed out that the manifest digest on the ledger does not commit to. */
export interface ReleaseContents {
  readonly manifest: Manifest
  /** @param hash the 20 bytes of a store path's hash part */
  lookupHash(hash: Uint8Array, signal?: AbortSignal): Promise<ManifestEntry | undefined>
  /** Every path. */
  list(signal?: AbortSignal): AsyncIterable<ManifestEntry>
  /**
   * The NAR of a path. Each piece is verified before it is handed out, the last one only when size and hash of the
   * whole are right; throws otherwise.
   */
  nar(entry: ManifestEntry, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** What the build printed, for a derivation whose entry has a log; each piece is verified. */
  log(entry: ManifestEntry, signal?: AbortSignal): AsyncIterable<Uint8Array>
}

/** One release as the ledger has it, and its contents. */
export interface GatewayRelease {
  /** Object id of the Space. */
  readonly space: string
  /** Object id of the flake. */
  readonly flake: string
  readonly flakeName: string
  /** The name by which it was asked for, without `@`; undefined when an id was used. */
  readonly name: string | undefined
  readonly version: bigint
  /** SHA-256 of the source's NAR. */
  readonly sourceNarHash: Uint8Array
  /** Digest of the manifest, as on the ledger. */
  readonly manifest: Uint8Array
  /** Seconds since 1970. */
  readonly lastModified: bigint
  readonly revision: string
  readonly yanked: boolean
  /** Sentences for the person who asked. */
  readonly warnings: readonly string[]
  /** Where the Space's index lies. When that is another place, what is open may read from blobs that are gone. */
  readonly locator: string
  /** Opens the contents; many calls open once. */
  readonly contents: (signal?: AbortSignal) => Promise<ReleaseContents>
}

/** From references to releases. Refuses what is revoked, expired, bound elsewhere. */
export interface Releases {
  resolve(reference: Reference, signal?: AbortSignal): Promise<GatewayRelease>
}

/** The Spaces to which the person subscribed, whose releases are believed in every call of Nix. */
export interface Subscriptions {
  /**
   * Tells when what is subscribed to was changed: two calls give equal texts when nothing was. Cheap.
   */
  stamp(): Promise<string>
  /** Every release of those Spaces that is not revoked, by the ledger as it is now. */
  releases(signal: AbortSignal): Promise<readonly GatewayRelease[]>
}

/** This machine's trust policy. */
export interface TrustPolicy {
  /**
   * Is what this release says of this path accepted, so that this machine's key may vouch for it? Asked each time that
   * it vouches.
   */
  accepts(release: GatewayRelease, entry: ManifestEntry): Promise<boolean>
}

/** A file of a staging area. */
export interface UploadedFile {
  readonly type: string
  /** Bytes. */
  readonly size: number
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
}

/** What Nix uploads until it is released. Refusals are errors of the codes `UPLOAD_…`. */
export interface Uploads {
  /**
   * @param path `@alice/hello/FILE`, FILE as in a binary cache
   * @param token undefined when none was sent
   */
  read(path: string, token: string | undefined): Promise<UploadedFile | undefined>
  /** Takes a file; it is there, and whole, when this resolves. */
  write(
    path: string,
    token: string | undefined,
    incoming: {
      readonly size: number | undefined
      /** As HTTP's Content-Encoding has it. */
      readonly encoding: string | undefined
      readonly body: AsyncIterable<Uint8Array>
    },
  ): Promise<void>
}

/** A storage node that gave wrong bytes or none. */
export interface SetAsideNode {
  readonly node: string
  readonly reason: string
}

/** What storage cost so far. */
export interface StorageReport {
  readonly requests: number
  /** Bytes received from storage nodes. */
  readonly bytes: number
  readonly setAside: readonly SetAsideNode[]
}

/** One line about what happened, for the daemon's log. */
export type Log = (line: string) => void
