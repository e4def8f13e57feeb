import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { DrydockMethod, InputOf, OutputOf } from '../../shared/contract/index.ts'
import type { Result } from '../../shared/result.ts'
import type { ToPage } from '../../shared/contract/wire.ts'

export type ConsoleEvent = { event: string; payload?: unknown }

/** A page of the console, without a browser: logs in with a URL's token and speaks over the socket. */
export class ConsoleClient {
  readonly socket: WebSocket
  readonly events: ConsoleEvent[] = []
  #calls = 0
  readonly #waiting = new Map<string, (answer: Result<unknown>) => void>()
  readonly #wake = new Set<() => void>()

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => this.#heard(JSON.parse(data.toString('utf8')) as ToPage))
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const answer of this.#waiting.values())
        answer({ ok: false, failure: { code: 'network.interrupted', during: 'test', retry: 'never' } })
    })
  }

  static async open(url: string): Promise<ConsoleClient> {
    const { origin } = new URL(url)
    const cookie = await logIn(url)
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/rpc`, { headers: { origin, cookie } })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return new ConsoleClient(socket)
  }

  /** The answer of any call, also of one that does not exist. */
  ask(name: string, input?: unknown): Promise<Result<unknown>> {
    const id = String(++this.#calls)
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.socket.send(JSON.stringify({ call: name, id, input }))
    })
  }

  /** The value of a call that must go well. */
  async call<K extends DrydockMethod>(name: K, input?: InputOf<K>): Promise<OutputOf<K>> {
    const answer = await this.ask(name, input)
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.failure)}`)
    return answer.value as OutputOf<K>
  }

  /** The first event, past or to come, that `wanted` takes. */
  async sees<T>(event: string, wanted: (payload: T) => boolean): Promise<T> {
    for (;;) {
      const found = this.events.find(one => one.event === event && wanted(one.payload as T))
      if (found) return found.payload as T
      await new Promise<void>(resolve => this.#wake.add(resolve))
    }
  }

  #heard(said: ToPage): void {
    if ('event' in said) {
      this.events.push(said)
      for (const wake of this.#wake) wake()
      this.#wake.clear()
      return
    }
    const { id, ...answer } = said
    this.#waiting.get(id)?.(answer as Result<unknown>)
    this.#waiting.delete(id)
  }
}

/** Trades a URL's token for a cookie. */
export async function logIn(url: string): Promise<string> {
  const { origin, hash } = new URL(url)
  const token = new URLSearchParams(hash.slice(1)).get('token')
  const answer = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin },
    body: JSON.stringify({ token }),
  })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0]
  if (answer.status !== 204 || !cookie) throw new Error(`not let in: ${answer.status}`)
  return cookie
}
