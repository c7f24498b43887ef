/** References that must name one version. */
import { parseReference } from '@squid/client/references'
import { UsageError } from '../cli/command.ts'
import type { Session } from '../compose.ts'

/** @throws {UsageError} when the reference does not say which version */
export async function findExact(
  session: Session,
  text: string,
  command: string,
  signal: AbortSignal,
): Promise<{ readonly flake: string; readonly version: bigint }> {
  const reference = parseReference(text)
  if (reference.select.kind !== 'version') {
    throw new UsageError(`say which version: ${text.split(/[?#]/)[0]}?version=N`, command)
  }
  const { flake } = await session.resolver.findFlake(reference, signal)
  return { flake, version: reference.select.version }
}
