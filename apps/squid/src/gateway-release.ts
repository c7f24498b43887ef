/**
 * From what the ledger says of a release to what the gateway serves.
 * @module
 */
import type { Resolution, RootLink } from '@squid/client/resolve'
import { linkFromLedger, ReleaseContents, type WalrusStorage } from '@squid/client/storage'
import type { GatewayRelease } from '@squid/daemon/gateway'
import { formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'

/** Two are equal where the links are. */
function formatRootLink({ blobId, offset, length, sha256 }: RootLink): string {
  return `${blobId} ${offset} ${length} ${formatHex(sha256)}`
}

/** A resolution as the gateway wants it; its contents are opened at most once. */
export function gatewayRelease(storage: WalrusStorage, resolution: Resolution): GatewayRelease {
  const { release, locator, space, flake, flakeName, name, warnings } = resolution
  let opening: Promise<ReleaseContents> | undefined
  const open = async (): Promise<ReleaseContents> => {
    if (locator.link === undefined) {
      throw new SquidError(
        'SOURCE_MISSING',
        `the Space ${space} stores nothing; ask its publisher to publish again`,
      )
    }
    return await ReleaseContents.open(storage, linkFromLedger(locator.link), release.manifest)
  }
  return {
    space,
    flake,
    flakeName,
    name,
    version: release.version,
    sourceNarHash: release.sourceNarHash,
    manifest: release.manifest,
    lastModified: release.lastModified,
    revision: release.revision,
    yanked: release.yanked,
    warnings,
    locator: locator.link === undefined ? '' : formatRootLink(locator.link),
    contents: () => {
      opening ??= open().catch((error: unknown) => {
        opening = undefined
        throw error
      })
      return opening
    },
  }
}
