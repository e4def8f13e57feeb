import type { RawData, WebSocket } from 'ws'
import { z } from 'zod'
import type { ToPage } from '../../../shared/contract/wire.ts'
import type { Service } from '../../engine/service/index.ts'
import { Outbox } from './outbox.ts'

/** How many calls of one page go on at once. */
const mostCalls = 256
/** How often a page is asked whether it is there, ms; by the next time it must have answered. */
const pingMs = 20_000
/** Close codes of RFC 6455. */
const violation = 1008
const overloaded = 1013

const frame = z.union([
  z.strictObject({ call: z.string().max(100), id: z.string().min(1).max(64), input: z.unknown().optional() }),
  z.strictObject({ cancel: z.string().min(1).max(64) }),
])

/** Serves one page until its socket closes; its calls that go on then are cancelled. */
export function serveRpc(socket: WebSocket, service: Service): void {
  const calls = new Map<string, AbortController>()
  const outbox = new Outbox(socket)
  const answer = (message: ToPage, sent: () => void) => outbox.answer(JSON.stringify(message), sent)

  const call = async (name: string, id: string, input: unknown) => {
    const refuse = (detail: string) => {
      const failure = { code: 'input.invalid', during: 'rpc', detail, retry: 'never' } as const
      answer({ id, ok: false, failure }, () => {})
    }
    if (calls.has(id)) return refuse('a call of this id goes on already')
    if (calls.size >= mostCalls) return socket.close(violation, 'too many calls at once')
    const controller = new AbortController()
    calls.set(id, controller)
    const result = await service.call(name, input, controller.signal)
    // Until it is on its way: answers that nobody reads count as calls that go on.
    const sent = () => calls.delete(id)
    if (result.ok) answer({ id, ok: true, value: result.value }, sent)
    else answer({ id, ok: false, failure: result.failure }, sent)
  }

  socket.on('message', (data: RawData, isBinary) => {
    const parsed = isBinary ? null : frame.safeParse(parseJson(textOf(data)))
    if (!parsed?.success) return socket.close(violation, 'not a frame')
    const said = parsed.data
    if ('cancel' in said) calls.get(said.cancel)?.abort()
    else void call(said.call, said.id, said.input)
  })

  let alive = true
  socket.on('pong', () => (alive = true))
  const ping = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, pingMs).unref()

  const end = service.subscribe((name, payload) => {
    if (!outbox.event(keyOf(name, payload), JSON.stringify({ event: name, payload })))
      socket.close(overloaded, 'too slow')
  })
  // `ws` closes the socket after an error: there is nothing more to do about it.
  socket.on('error', () => {})
  socket.on('close', () => {
    end()
    clearInterval(ping)
    for (const controller of calls.values()) controller.abort()
  })
}

/** What an event tells about: the newest one of each is enough. */
function keyOf(name: string, payload: unknown): string {
  if (typeof payload !== 'object' || payload === null) return name
  const { id, server, line } = payload as { id?: unknown; server?: unknown; line?: { id?: unknown } }
  return [name, id, server, line?.id].map(part => (typeof part === 'string' ? part : '')).join(' ')
}

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8')

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
