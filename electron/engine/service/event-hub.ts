import type { DrydockEvent, PayloadOf } from '../../../shared/contract/index.ts'
import { contract } from '../../../shared/contract/index.ts'
import type { Log } from '../ports.ts'

export type EventListener = (name: DrydockEvent, payload: unknown) => void

/** ms */
const settleMs = 50

/** Where all that the engine tells without being asked comes together. A listener that throws disturbs no other. */
export class EventHub {
  readonly #listeners = new Set<EventListener>()
  readonly #log: Log
  readonly #soon = new Set<string>()

  constructor(log: Log) {
    this.#log = log
  }

  emit<K extends DrydockEvent>(name: K, payload: PayloadOf<K>): void {
    if (this.#listeners.size === 0) return
    const checked = contract[name].payload.safeParse(payload)
    if (!checked.success) {
      this.#log('error', `the event ${name} did not pass the contract`, { issues: checked.error.issues })
      return
    }
    for (const listener of [...this.#listeners])
      try {
        listener(name, checked.data)
      } catch (err) {
        this.#log('error', 'a listener failed', { err })
      }
  }

  /** The same, once for all that ask for it within a moment: for events that only say that something has changed. */
  emitSoon(
    name: 'overview.changed' | 'plan.changed' | 'server.changed' | 'site.changed' | 'switch.changed',
  ): void {
    if (this.#soon.has(name)) return
    this.#soon.add(name)
    setTimeout(() => {
      this.#soon.delete(name)
      this.emit(name, undefined)
    }, settleMs).unref()
  }

  /** @returns ends the subscription */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
