/**
 * Tables of a ledger. Digests, ids and addresses are BLOBs of 32 bytes; types are canonical text.
 * @module
 */

/** Changes with every change of the tables: another version is refused. */
export const SCHEMA_VERSION = 1

/** How an id stands at a version. */
export const STATE = { live: 0, deleted: 1, wrapped: 2 } as const

/** Owner kinds in the tables; the numbers are Sui's. */
export const OWNER = { address: 0, object: 1, shared: 2, immutable: 3 } as const

/**
 * `objects` keeps every version, `live` points to the present one. A coin's balance is 8 big-endian bytes, as SQLite
 * has no unsigned 64-bit integers. `events.emitter` is `package::module`.
 */
export const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE objects (
  id BLOB NOT NULL, version INTEGER NOT NULL, state INTEGER NOT NULL, digest BLOB,
  owner_kind INTEGER, owner BLOB, shared_version INTEGER, previous BLOB NOT NULL, rebate INTEGER,
  type TEXT, public INTEGER, contents BLOB,
  PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE live (
  id BLOB PRIMARY KEY, version INTEGER NOT NULL, owner_kind INTEGER NOT NULL, owner BLOB, type TEXT, balance BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX live_by_owner ON live (owner, owner_kind, type, id) WHERE owner IS NOT NULL;
CREATE INDEX live_by_type ON live (type, id);
CREATE TABLE transactions (
  sequence INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, checkpoint INTEGER NOT NULL, position INTEGER NOT NULL,
  sender BLOB NOT NULL, bytes BLOB NOT NULL, signatures BLOB NOT NULL, effects BLOB NOT NULL, effects_digest BLOB NOT NULL,
  events BLOB NOT NULL, failure TEXT
) STRICT;
CREATE INDEX transactions_by_sender ON transactions (sender, sequence);
CREATE INDEX transactions_by_checkpoint ON transactions (checkpoint, sequence);
CREATE TABLE events (
  sequence INTEGER NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL, emitter TEXT NOT NULL, sender BLOB NOT NULL,
  contents BLOB NOT NULL, PRIMARY KEY (sequence, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_type ON events (type, sequence, position);
CREATE INDEX events_by_emitter ON events (emitter, sequence, position);
CREATE TABLE checkpoints (
  sequence INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, summary BLOB NOT NULL, contents BLOB NOT NULL
) STRICT;
`
