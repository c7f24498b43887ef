/**
 * The trust policy of a home as squidd follows it. What it accepts is written down before it is signed, so that
 * `squid trust explain` and `squid verify-store` know what came from which release.
 * @module
 */
import type { Home } from '@squid/client/home'
import {
  accepts,
  type Policy,
  policyStamp,
  readPolicy,
  VouchedPaths,
  type VouchingRelease,
} from '@squid/client/trust'
import type { GatewayRelease, TrustPolicy } from '@squid/daemon/gateway'

/** What trust.toml says: read once for many paths, and anew when it was changed. @throws {TrustError} STATE_DAMAGED */
export function homePolicy(home: Home, chainId: string): TrustPolicy {
  const vouched = VouchedPaths.open(home)
  const vouching = new Map<string, VouchingRelease>()
  let read: { readonly policy: Promise<Policy>; readonly stamp: string } | undefined
  const policy = (): Promise<Policy> => {
    const stamp = policyStamp(home)
    if (read?.stamp !== stamp) read = { policy: readPolicy(home), stamp }
    return read.policy
  }
  return {
    accepts: async (release, entry) => {
      if (!accepts(await policy(), entry)) return false
      const key = `${release.flake} ${release.version} ${release.name ?? ''}`
      const known = vouching.get(key) ?? vouchingOf(release, chainId)
      vouching.set(key, known)
      await vouched.record(known, entry)
      return true
    },
  }
}

function vouchingOf(
  { space, flake, flakeName, name, version, manifest }: GatewayRelease,
  chainId: string,
): VouchingRelease {
  return { chainId, space, flake, flakeName, name, version, manifest }
}
