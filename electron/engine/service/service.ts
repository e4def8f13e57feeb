import { randomBytes } from 'node:crypto'
import { contract } from '../../../shared/contract/index.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { Result } from '../../../shared/result.ts'
import { EngineError, isAbort, toFailure } from '../engine-error.ts'
import type { Log } from '../ports.ts'
import type { EventHub, EventListener } from './event-hub.ts'
import type { Handlers } from './handlers.ts'

/** What a shell needs of the engine: calls by name, and events. */
export type Service = {
  /** Never rejects. Unknown names and junk are `input.invalid`. */
  call(name: string, input: unknown, signal: AbortSignal): Promise<Result<unknown>>
  /** @returns ends the subscription */
  subscribe(listener: EventListener): () => void
}

type Deps = {
  handlers: Handlers
  hub: EventHub
  log: Log
  mask: (text: string) => string
}

/** Longest text of a failure, characters. */
const longestText = 16 * 1024

/** Binds the contract to its handlers: checks what goes in and what comes out, and turns errors into failures. */
export function serviceOf({ handlers, hub, log, mask }: Deps): Service {
  const clean = (text: string) => mask(text).slice(0, longestText)
  const masked = (failure: Failure): Failure => ({
    ...failure,
    ...(failure.subject === undefined ? {} : { subject: clean(failure.subject) }),
    ...(failure.detail === undefined ? {} : { detail: clean(failure.detail) }),
  })

  const failureOf = (err: unknown, name: string, signal: AbortSignal): Failure => {
    if (signal.aborted && !(err instanceof EngineError && err.code === 'internal'))
      return { code: 'cancelled', during: name, retry: 'never' }
    if ((err instanceof EngineError && err.code !== 'internal') || isAbort(err)) {
      // What was typed wrong is the page's to show; the rest may have to be explained later.
      if (!(err instanceof EngineError && err.code === 'input.invalid'))
        log('info', `${name} failed`, { err })
      return masked(toFailure(err, name))
    }
    // What nobody foresaw may hold anything in its message: people get the place in the log where it stands.
    const reference = randomBytes(4).toString('hex')
    log('error', `${name} failed unexpectedly`, { reference, err })
    return { code: 'internal', during: name, detail: `log reference ${reference}`, retry: 'never' }
  }

  const answer = async (name: string, raw: unknown, signal: AbortSignal): Promise<Result<unknown>> => {
    const entry = Object.hasOwn(contract, name) ? contract[name as keyof typeof contract] : undefined
    if (entry?.is !== 'method')
      return { ok: false, failure: refusal(clean(name).slice(0, 80), 'no such call') }
    const input = entry.input.safeParse(raw)
    if (!input.success) {
      const [issue] = input.error.issues
      const path = issue?.path.map(String).join('.') ?? ''
      return { ok: false, failure: masked(refusal(name, issue?.message ?? 'unknown shape', path)) }
    }
    signal.throwIfAborted()
    const handler = handlers[name as keyof Handlers] as (i: unknown, s: AbortSignal) => Promise<unknown>
    const value = await handler(input.data, signal)
    const output = entry.output.safeParse(value)
    if (output.success) return { ok: true, value: output.data }
    throw new EngineError('internal', name, {
      detail: `the answer did not pass the contract: ${JSON.stringify(output.error.issues.slice(0, 3))}`,
    })
  }

  return {
    async call(name, input, signal) {
      try {
        return await answer(name, input, signal)
      } catch (err) {
        return { ok: false, failure: failureOf(err, name, signal) }
      }
    },
    subscribe: listener => hub.subscribe(listener),
  }
}

function refusal(during: string, detail: string, subject?: string): Failure {
  return {
    code: 'input.invalid',
    during,
    ...(subject ? { subject: subject.slice(0, 200) } : {}),
    detail,
    retry: 'after-fix',
  }
}
