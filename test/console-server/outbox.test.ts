import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { Outbox } from '../../electron/headless/console-server/outbox.ts'

/** A fake socket whose reader takes nothing until it is told to. */
class SlowSocket {
  readonly OPEN = 1
  readyState = 1
  readonly sent: string[] = []
  #waiting: { text: string; taken: () => void }[] = []

  get bufferedAmount(): number {
    return this.#waiting.reduce((sum, { text }) => sum + text.length, 0)
  }

  send(text: string, taken: () => void): void {
    this.#waiting.push({ text, taken })
  }

  read(): void {
    while (this.#waiting.length > 0) {
      const [next] = this.#waiting.splice(0, 1)
      this.sent.push(next!.text)
      next!.taken()
    }
  }
}

const open = () => {
  const socket = new SlowSocket()
  return { socket, outbox: new Outbox(socket as unknown as WebSocket) }
}

describe('Outbox', () => {
  it('keeps the newest event of each kind for a slow reader, and never more than the socket’s own share', () => {
    const { socket, outbox } = open()
    const filler = 'x'.repeat(2 * 1024 * 1024)
    outbox.answer(filler, () => {})
    for (let i = 0; i < 10_000; i++)
      expect(outbox.event(`run.changed ${i % 3}`, `run ${i % 3} at ${i}`)).toBe(true)
    expect(socket.bufferedAmount).toBe(filler.length)
    socket.read()
    expect(socket.sent.slice(1).sort()).toEqual(['run 0 at 9999', 'run 1 at 9997', 'run 2 at 9998'])
  })

  it('sends answers in their order, all of them', () => {
    const { socket, outbox } = open()
    const big = 'x'.repeat(1024 * 1024)
    for (let i = 0; i < 10; i++) outbox.answer(`${i}${big}`, () => {})
    expect(socket.bufferedAmount).toBeLessThan(2.1 * 1024 * 1024)
    socket.read()
    expect(socket.sent.map(text => text[0])).toEqual([...'0123456789'])
  })

  it('says that a reader is too slow when too many things wait for it', () => {
    const { outbox } = open()
    outbox.answer('x'.repeat(2 * 1024 * 1024), () => {})
    const taken = Array.from({ length: 3000 }, (_, i) => outbox.event(`run.changed ${i}`, 'x'))
    expect(taken.filter(Boolean)).toHaveLength(2000)
  })

  it('lets go of everything when the socket has closed', () => {
    const { socket, outbox } = open()
    let told = 0
    for (let i = 0; i < 5; i++) outbox.answer('x'.repeat(1024 * 1024), () => told++)
    socket.readyState = 3
    socket.read()
    outbox.event('x', 'x')
    expect(told).toBe(5)
    expect(socket.bufferedAmount).toBe(0)
  })
})
