import type { ToEngine, ToPage } from '../../shared/contract/wire.ts'
import type { Failure } from '../../shared/failure.ts'
import type { Result } from '../../shared/result.ts'
import { cancelledCall, failed, type Link, type LinkState } from './rpc.ts'

const firstDelay = 250
const longestDelay = 5000
/** How long a call waits for a connection that is being made, ms. */
const patience = 8000

type Waiting = { name: string; settle: (answer: Result<unknown>) => void }

export type SocketOptions = {
  /** `ws://…/rpc` */
  url: string
  open: (url: string) => WebSocket
  /** Whether the server answers at all: a socket that is refused by a living server means there is no session. */
  alive: () => Promise<boolean>
  now: () => number
}

const lost = (during: string): Failure => ({
  code: 'network.interrupted',
  during,
  subject: 'the engine',
  detail: 'the connection of this page to it was lost',
  retry: 'now',
})

/** The link of a page in a browser: frames over `/rpc`, made again with growing delays when it breaks. */
export function socketLink({ url, open, alive, now }: SocketOptions): Link {
  const calls = new Map<string, Waiting>()
  const unsent: { id: string; text: string }[] = []
  const listeners = new Set<(name: string, payload: unknown) => void>()
  const watchers = new Set<(state: LinkState) => void>()
  let state: LinkState = { is: 'connecting' }
  let socket: WebSocket | null = null
  let delay = firstDelay
  let lostAt: number | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const become = (next: LinkState) => {
    state = next
    for (const watch of watchers) watch(next)
  }

  const settle = (id: string, answer: Result<unknown>) => {
    const waiting = calls.get(id)
    if (!waiting) return
    calls.delete(id)
    waiting.settle(answer)
  }

  const receive = (text: unknown) => {
    const frame = read(text)
    if (!frame) return
    if ('event' in frame) for (const listen of listeners) listen(frame.event, frame.payload)
    else settle(frame.id, frame.ok ? { ok: true, value: frame.value } : failed(frame.failure))
  }

  const dial = () => {
    clearTimeout(timer)
    let opened = false
    const next = open(url)
    socket = next
    next.addEventListener('open', () => {
      opened = true
      delay = firstDelay
      lostAt = null
      for (const { text } of unsent.splice(0)) next.send(text)
      become({ is: 'open' })
    })
    next.addEventListener('message', ({ data }) => receive(data))
    next.addEventListener('close', () => {
      if (socket !== next) return
      socket = null
      // What was sent may have been done or not: only the caller can decide whether to ask again.
      const held = new Set(unsent.map(({ id }) => id))
      for (const [id, { name }] of [...calls]) if (!held.has(id)) settle(id, failed(lost(name)))
      void again(opened)
    })
  }

  const again = async (hadOpened: boolean) => {
    lostAt ??= now()
    const refused = !hadOpened && (await alive().catch(() => false))
    const wait = refused ? longestDelay : delay
    delay = Math.min(longestDelay, delay * 2)
    if (refused) for (const { id } of unsent.splice(0)) settle(id, failed(lost(calls.get(id)?.name ?? 'rpc')))
    become(refused ? { is: 'refused' } : { is: 'lost', since: lostAt, next: now() + wait })
    timer = setTimeout(dial, wait)
  }

  const giveUp = (id: string) => {
    const at = unsent.findIndex(call => call.id === id)
    if (at < 0) return
    unsent.splice(at, 1)
    settle(id, failed(lost(calls.get(id)?.name ?? 'rpc')))
  }

  dial()
  return {
    call: (id, name, input) =>
      new Promise(resolve => {
        calls.set(id, { name, settle: resolve })
        const text = JSON.stringify({ call: name, id, input } satisfies ToEngine)
        if (socket?.readyState === 1) return socket.send(text)
        unsent.push({ id, text })
        setTimeout(() => giveUp(id), patience)
      }),
    cancel(id) {
      const waiting = calls.get(id)
      if (!waiting) return
      const at = unsent.findIndex(call => call.id === id)
      if (at >= 0) unsent.splice(at, 1)
      else if (socket?.readyState === 1) socket.send(JSON.stringify({ cancel: id } satisfies ToEngine))
      // The page does not wait for the engine to agree.
      settle(id, failed(cancelledCall(waiting.name)))
    },
    onEvent: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onState: watch => {
      watchers.add(watch)
      return () => watchers.delete(watch)
    },
    get state() {
      return state
    },
  }
}

function read(text: unknown): ToPage | null {
  try {
    const frame: unknown = JSON.parse(String(text))
    return typeof frame === 'object' && frame !== null ? (frame as ToPage) : null
  } catch {
    return null
  }
}
