/**
 * Events of one transaction while it runs.
 * @module
 */
import { NativeFailure } from '@squid/move/vm'
import { LIMITS } from '../protocol.ts'
import type { DatatypeType } from '@squid/move/vm'

/** An event before the command that emitted it is known to have called which module. */
export interface EmittedEvent {
  readonly type: DatatypeType
  readonly contents: Uint8Array
}

/** An event with the function's module that the transaction called. */
export interface AttributedEvent extends EmittedEvent {
  readonly packageId: string
  readonly module: string
}

/** Collects events; the limits are those of the whole transaction. */
export class EventLog {
  #pending: EmittedEvent[] = []
  readonly #attributed: AttributedEvent[] = []
  #bytes = 0

  /** @throws {NativeFailure} when there are too many or too large events */
  emit(type: DatatypeType, contents: Uint8Array): void {
    if (this.#attributed.length + this.#pending.length >= LIMITS.events) {
      throw new NativeFailure('native', `more than ${LIMITS.events} events in one transaction`)
    }
    if (contents.length > LIMITS.eventBytes) {
      throw new NativeFailure(
        'native',
        `an event of ${contents.length} bytes, more than ${LIMITS.eventBytes}`,
      )
    }
    this.#bytes += contents.length
    if (this.#bytes > LIMITS.totalEventBytes) {
      throw new NativeFailure(
        'native',
        `more than ${LIMITS.totalEventBytes} bytes of events in one transaction`,
      )
    }
    this.#pending.push({ type, contents })
  }

  /** Attributes what was emitted since the last call to the module whose function was called. */
  attribute(packageId: string, module: string): void {
    for (const event of this.#pending) this.#attributed.push({ ...event, packageId, module })
    this.#pending = []
  }

  /** Everything that was attributed, in order. */
  finish(): readonly AttributedEvent[] {
    return this.#attributed
  }
}
