import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { EventListener, Service } from '../../electron/engine/service/index.ts'
import { logIn } from '../support/console-client.ts'
import { openTestConsole, silentService } from './support.ts'

describe('a page that reads slowly', () => {
  it('misses snapshots in between, gets the last, and takes no memory that grows', async () => {
    const listeners: EventListener[] = []
    const service: Service = {
      ...silentService,
      subscribe: listener => {
        listeners.push(listener)
        return () => {}
      },
    }
    const server = await openTestConsole(service)
    const cookie = await logIn(server.url())
    const socket = new WebSocket(`ws://${server.host}/rpc`, { headers: { origin: server.origin, cookie } })
    await once(socket, 'open')
    socket.pause()
    const padding = 'x'.repeat(10_000)
    const before = process.memoryUsage().rss
    const count = 30_000
    for (let seq = 0; seq < count; seq++) {
      for (const listener of listeners) listener('run.changed', { id: `run-${seq % 2}`, seq, padding })
      if (seq % 100 === 0) await turn()
    }
    // 300 MB were told; what waits is one of each run, and what the system's own buffers hold.
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
    const seen: number[] = []
    const last = new Promise<void>(resolve => {
      socket.on('message', (data: Buffer) => {
        const { payload } = JSON.parse(data.toString('utf8')) as { payload: { seq: number } }
        seen.push(payload.seq)
        if (seen.includes(count - 1) && seen.includes(count - 2)) resolve()
      })
    })
    socket.resume()
    await last
    expect(seen.length).toBeLessThan(count / 2)
    socket.terminate()
  })
})
