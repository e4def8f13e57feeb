import { describe, expect, it, vi } from 'vitest'
import { connect } from '../../../renderer/app/rpc.ts'
import { socketLink } from '../../../renderer/app/socket-link.ts'

/** A socket that does what the test says. */
class FakeSocket extends EventTarget {
  readyState = 0
  sent: string[] = []
  send(text: string) {
    this.sent.push(text)
  }
  opens() {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }
  says(frame: unknown) {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
  closes() {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
}

function setUp(alive = false) {
  const sockets: FakeSocket[] = []
  const link = socketLink({
    url: 'ws://127.0.0.1:1/rpc',
    open: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket as unknown as WebSocket
    },
    alive: () => Promise.resolve(alive),
    now: () => 0,
  })
  const at = (index: number) => {
    const socket = sockets[index]
    if (!socket) throw new Error(`socket ${index} was not opened`)
    return socket
  }
  return { link, sockets, at, ...connect(link) }
}

const idOf = (socket: FakeSocket, index = 0) => (JSON.parse(socket.sent[index] ?? '{}') as { id: string }).id

describe('the link of a page in a browser', () => {
  it('sends what was asked before it was open', async () => {
    const { call, at } = setUp()
    const answer = call('folder.create', { path: '/srv/new' })
    expect(at(0).sent).toEqual([])
    at(0).opens()
    at(0).says({ id: idOf(at(0)), ok: true })
    expect(await answer).toEqual({ ok: true, value: undefined })
  })

  it('hands a failure of the engine on', async () => {
    const { call, at } = setUp()
    at(0).opens()
    const answer = call('run.cancel', { runId: 'x' })
    const failure = { code: 'run.unknown', during: 'run.cancel', retry: 'after-fix' }
    at(0).says({ id: idOf(at(0)), ok: false, failure })
    expect(await answer).toEqual({ ok: false, failure })
  })

  it('tells the engine when a call is given up, and does not wait for it', async () => {
    const { call, at } = setUp()
    at(0).opens()
    const stop = new AbortController()
    const answer = call('outage.get', undefined, { signal: stop.signal })
    stop.abort()
    expect(await answer).toMatchObject({ ok: false, failure: { code: 'cancelled' } })
    expect(JSON.parse(at(0).sent[1] ?? '')).toEqual({ cancel: idOf(at(0)) })
  })

  it('cancels one of two calls of the same method', async () => {
    const { call, at } = setUp()
    at(0).opens()
    const stop = new AbortController()
    const first = call('outage.get', undefined, { signal: stop.signal })
    const second = call('outage.get')
    stop.abort()
    at(0).says({ id: idOf(at(0), 1), ok: true, value: { outage: null } })
    expect(await first).toMatchObject({ ok: false })
    expect(await second).toEqual({ ok: true, value: { outage: null } })
  })

  it('asks nothing when the signal is aborted already', async () => {
    const { call, at } = setUp()
    at(0).opens()
    expect(await call('outage.get', undefined, { signal: AbortSignal.abort() })).toMatchObject({ ok: false })
    expect(at(0).sent).toEqual([])
  })

  it('hands the events on that are asked for, until no more', () => {
    const { on, at } = setUp()
    const heard = vi.fn()
    const off = on('point.changed', heard)
    at(0).opens()
    at(0).says({ event: 'point.changed', payload: { server: 'nas' } })
    at(0).says({ event: 'other', payload: {} })
    off()
    at(0).says({ event: 'point.changed', payload: { server: 'nas' } })
    expect(heard.mock.calls).toEqual([[{ server: 'nas' }]])
  })

  it('fails what was sent when the connection is lost, and connects again', async () => {
    vi.useFakeTimers()
    try {
      const { call, link, sockets, at } = setUp()
      at(0).opens()
      const answer = call('outage.get')
      at(0).closes()
      expect(await answer).toMatchObject({
        ok: false,
        failure: { code: 'network.interrupted', retry: 'now' },
      })
      await vi.advanceTimersByTimeAsync(0)
      expect(link.state.is).toBe('lost')
      await vi.advanceTimersByTimeAsync(250)
      expect(sockets).toHaveLength(2)
      at(1).opens()
      expect(link.state.is).toBe('open')
    } finally {
      vi.useRealTimers()
    }
  })

  it('waits longer from try to try, but not for ever', async () => {
    vi.useFakeTimers()
    try {
      const { sockets, at } = setUp()
      for (let tries = 0; tries < 12; tries++) {
        at(tries).closes()
        await vi.advanceTimersByTimeAsync(5000)
        expect(sockets.length).toBe(tries + 2)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it('knows a server that lives and refuses the page from one that is gone', async () => {
    vi.useFakeTimers()
    try {
      const { call, link, at } = setUp(true)
      const answer = call('outage.get')
      at(0).closes()
      await vi.advanceTimersByTimeAsync(0)
      expect(link.state.is).toBe('refused')
      expect(await answer).toMatchObject({ ok: false })
    } finally {
      vi.useRealTimers()
    }
  })
})
