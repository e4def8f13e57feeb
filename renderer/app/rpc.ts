import type {
  DrydockEvent,
  DrydockMethod,
  InputOf,
  OutputOf,
  PayloadOf,
} from '../../shared/contract/index.ts'
import type { Failure } from '../../shared/failure.ts'
import type { Result } from '../../shared/result.ts'

/** What carries frames to the engine and back: a WebSocket, or Electron's bridge. */
export type Link = {
  /** Settles with the engine's answer, or with a failure of its own when the connection is lost; never rejects. */
  call(id: string, name: string, input: unknown): Promise<Result<unknown>>
  cancel(id: string): void
  /** @returns takes the listener away */
  onEvent(listener: (name: string, payload: unknown) => void): () => void
  onState(listener: (state: LinkState) => void): () => void
  readonly state: LinkState
}

/** `lost`: tried again at `next`, ms of this machine's clock. `refused`: the engine lives, and does not know this page. */
export type LinkState =
  { is: 'connecting' } | { is: 'open' } | { is: 'lost'; since: number; next: number } | { is: 'refused' }

type Rest<K extends DrydockMethod> =
  undefined extends InputOf<K>
    ? [input?: InputOf<K>, options?: CallOptions]
    : [input: InputOf<K>, options?: CallOptions]
export type CallOptions = { signal?: AbortSignal | undefined }

/** Asks the engine. Never rejects: what goes wrong comes as a failure to show beside the control that asked. */
export type Call = <K extends DrydockMethod>(name: K, ...rest: Rest<K>) => Promise<Result<OutputOf<K>>>
/** Hears what the engine tells. @returns stops hearing */
export type On = <K extends DrydockEvent>(name: K, listener: (payload: PayloadOf<K>) => void) => () => void

export const failed = (failure: Failure) => ({ ok: false, failure }) as const
export const cancelledCall = (during: string): Failure => ({ code: 'cancelled', during, retry: 'now' })

let calls = 0

/**
 * Calls over a link. The engine has checked what it says against the contract; a page checks nothing again: it comes
 * from the same program, and a console that was started anew lets no page of an earlier one in.
 */
export function connect(link: Link): { call: Call; on: On } {
  const call: Call = async (name, ...[input, options]) => {
    const signal = options?.signal
    if (signal?.aborted) return failed(cancelledCall(name))
    // One per call: two calls of one method must not share what cancels them.
    const id = `c${++calls}`
    const cancel = () => link.cancel(id)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const answer = await link.call(id, name, input)
      return answer as Result<OutputOf<typeof name>>
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }
  const on: On = (name, listener) =>
    link.onEvent((told, payload) => {
      if (told === name) listener(payload as PayloadOf<typeof name>)
    })
  return { call, on }
}
