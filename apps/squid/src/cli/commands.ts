/**
 * Every command and where it is. Loading is left to the moment when one is needed, so that a run starts fast.
 * @module
 */
import type { Command } from './command.ts'

/** A group of commands, or one. */
export interface CommandEntry {
  readonly name: string
  readonly load: () => Promise<Command>
  /** Not shown. */
  readonly hidden?: boolean
}

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', load: async () => (await import('../commands/init.ts')).init },
  { name: 'name claim', load: async () => (await import('../commands/name-claim.ts')).nameClaim },
  { name: 'publish', load: async () => (await import('../commands/publish.ts')).publish },
  { name: 'run', load: async () => (await import('../commands/run.ts')).run },
  { name: 'build', load: async () => (await import('../commands/build.ts')).build },
  { name: 'shell', load: async () => (await import('../commands/shell.ts')).shell },
  {
    name: 'profile install',
    load: async () => (await import('../commands/profile-install.ts')).profileInstall,
  },
  { name: 'profile list', load: async () => (await import('../commands/profile-list.ts')).profileList },
  {
    name: 'profile upgrade',
    load: async () => (await import('../commands/profile-upgrade.ts')).profileUpgrade,
  },
  { name: 'profile remove', load: async () => (await import('../commands/profile-remove.ts')).profileRemove },
  {
    name: 'profile rollback',
    load: async () => (await import('../commands/profile-rollback.ts')).profileRollback,
  },
  { name: 'resolve', load: async () => (await import('../commands/resolve.ts')).resolve },
  { name: 'releases', load: async () => (await import('../commands/releases.ts')).releases },
  { name: 'yank', load: async () => (await import('../commands/yank.ts')).yank },
  { name: 'revoke', load: async () => (await import('../commands/revoke.ts')).revoke },
  { name: 'storage list', load: async () => (await import('../commands/storage-list.ts')).storageList },
  { name: 'storage cost', load: async () => (await import('../commands/storage-cost.ts')).storageCost },
  { name: 'storage renew', load: async () => (await import('../commands/storage-renew.ts')).storageRenew },
  { name: 'storage verify', load: async () => (await import('../commands/storage-verify.ts')).storageVerify },
  { name: 'storage repack', load: async () => (await import('../commands/storage-repack.ts')).storageRepack },
  { name: 'storage pin', load: async () => (await import('../commands/storage-pin.ts')).storagePin },
  { name: 'storage export', load: async () => (await import('../commands/storage-export.ts')).storageExport },
  { name: 'storage import', load: async () => (await import('../commands/storage-import.ts')).storageImport },
  { name: 'site publish', load: async () => (await import('../commands/site-publish.ts')).sitePublish },
  { name: 'site show', load: async () => (await import('../commands/site-show.ts')).siteShow },
  { name: 'site key', load: async () => (await import('../commands/site-key.ts')).siteKeyCommand },
  { name: 'site rm', load: async () => (await import('../commands/site-rm.ts')).siteRm },
  { name: 'site serve', load: async () => (await import('../commands/site-serve.ts')).siteServe },
  { name: 'trust show', load: async () => (await import('../commands/trust-show.ts')).trustShow },
  { name: 'trust set', load: async () => (await import('../commands/trust-set.ts')).trustSet },
  { name: 'trust explain', load: async () => (await import('../commands/trust-explain.ts')).trustExplain },
  { name: 'trust accept', load: async () => (await import('../commands/trust-accept.ts')).trustAccept },
  {
    name: 'trust rotate-key',
    load: async () => (await import('../commands/trust-rotate-key.ts')).trustRotateKey,
  },
  { name: 'verify-store', load: async () => (await import('../commands/verify-store.ts')).verifyStore },
  { name: 'subscribe', load: async () => (await import('../commands/subscribe.ts')).subscribe },
  { name: 'subscribe list', load: async () => (await import('../commands/subscribe-list.ts')).subscribeList },
  {
    name: 'subscribe remove',
    load: async () => (await import('../commands/subscribe-remove.ts')).subscribeRemove,
  },
  { name: 'token create', load: async () => (await import('../commands/token-create.ts')).tokenCreate },
  { name: 'token list', load: async () => (await import('../commands/token-list.ts')).tokenList },
  { name: 'token revoke', load: async () => (await import('../commands/token-revoke.ts')).tokenRevoke },
  { name: 'install', load: async () => (await import('../commands/install.ts')).install },
  { name: 'uninstall', load: async () => (await import('../commands/uninstall.ts')).uninstall },
  { name: 'shim install', load: async () => (await import('../commands/shim-install.ts')).shimInstall },
  { name: 'status', load: async () => (await import('../commands/status.ts')).status },
  { name: 'doctor', load: async () => (await import('../commands/doctor.ts')).doctor },
  { name: 'devnet', load: async () => (await import('../commands/devnet.ts')).devnet },
  { name: 'completion', load: async () => (await import('../commands/completion.ts')).completion },
  { name: 'nix-shim', load: async () => (await import('../commands/nix-shim.ts')).nixShim, hidden: true },
]

/**
 * The command that the words begin with, the longest name first.
 * @returns the command and how many words were its name, or undefined
 */
export function findCommand(words: readonly string[]): readonly [CommandEntry, number] | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const entry = words.length >= length ? COMMANDS.find(candidate => candidate.name === name) : undefined
    if (entry !== undefined) return [entry, length]
  }
  return undefined
}
