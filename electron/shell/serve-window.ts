import type { Result } from '../../shared/result.ts'
import type { ToPage } from '../../shared/contract/wire.ts'

/** What the shell needs of the service; see electron/engine/service. */
export type Callable = {
  call(name: string, input: unknown, signal: AbortSignal): Promise<Result<unknown>>
}

type Answer = Extract<ToPage, { id: string }>

const refused = (id: string): Answer => ({
  id,
  ok: false,
  failure: { code: 'input.invalid', during: 'rpc', retry: 'never' },
})

/** The calls of one window. When it reloads or closes, `drop` ends those under way. */
export class WindowCalls {
  private readonly service: Callable
  private readonly inFlight = new Map<string, AbortController>()

  constructor(service: Callable) {
    this.service = service
  }

  async call(id: unknown, name: unknown, input: unknown): Promise<Answer> {
    if (typeof id !== 'string' || id.length > 64 || typeof name !== 'string' || this.inFlight.has(id))
      return refused(typeof id === 'string' ? id : '')
    const controller = new AbortController()
    this.inFlight.set(id, controller)
    try {
      const result = await this.service.call(name, input, controller.signal)
      return result.ok ? { id, ok: true, value: result.value } : { id, ok: false, failure: result.failure }
    } finally {
      this.inFlight.delete(id)
    }
  }

  cancel(id: unknown): void {
    if (typeof id === 'string') this.inFlight.get(id)?.abort()
  }

  drop(): void {
    for (const controller of this.inFlight.values()) controller.abort()
  }
}
