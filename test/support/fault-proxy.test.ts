import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FaultProxy } from './fault-proxy.ts'

describe('FaultProxy', () => {
  let server: net.Server
  let proxy: FaultProxy
  /** What the real server received on each connection. */
  let received: Buffer[]
  let serverEnds: string[]

  beforeEach(async () => {
    received = []
    serverEnds = []
    server = net.createServer({ allowHalfOpen: true }, socket => {
      const index = received.push(Buffer.alloc(0)) - 1
      socket.on('error', error => serverEnds.push((error as NodeJS.ErrnoException).code ?? 'error'))
      socket.on('data', chunk => {
        received[index] = Buffer.concat([received[index] ?? Buffer.alloc(0), chunk])
        socket.write(chunk)
      })
      socket.on('end', () => {
        serverEnds.push('FIN')
        socket.end()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    proxy = await FaultProxy.start({ targetPort: (server.address() as net.AddressInfo).port })
  })

  afterEach(async () => {
    await proxy.close()
    server.close()
  })

  /** Sends `bytes`, half-closes, and tells how it ended and what came back. */
  async function exchange(bytes: Buffer): Promise<{ ended: string; echo: Buffer }> {
    const socket = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
    const echo: Buffer[] = []
    let ended = 'FIN'
    socket.on('error', error => (ended = (error as NodeJS.ErrnoException).code ?? 'error'))
    socket.on('data', chunk => echo.push(chunk))
    socket.end(bytes)
    await once(socket, 'close').catch(() => undefined)
    if (!socket.destroyed) await new Promise<void>(resolve => socket.once('close', () => resolve()))
    return { ended, echo: Buffer.concat(echo) }
  }

  const megabyte = Buffer.alloc(1_000_000, 'abcdefghij')

  it('forwards faithfully in both directions and counts without a plan', async () => {
    const { ended, echo } = await exchange(megabyte)
    expect(ended).toBe('FIN')
    expect(echo.equals(megabyte)).toBe(true)
    expect(proxy.count).toBe(1)
    expect(proxy.moved).toEqual({ up: megabyte.length, down: megabyte.length })
  })

  it('resets both sides after exactly the planned bytes, and only the planned connection', async () => {
    proxy.next({ cut: { direction: 'up', after: 123_457, how: 'reset' } })
    expect((await exchange(megabyte)).ended).toBe('ECONNRESET')
    expect(proxy.connections[0]?.moved.up).toBe(123_457)
    expect((await exchange(megabyte)).echo.length).toBe(megabyte.length)
    expect(proxy.count).toBe(2)
  })

  it('delivers exactly the planned bytes and then FIN when it closes', async () => {
    proxy.next({ cut: { direction: 'up', after: 777, how: 'close' } })
    await exchange(megabyte)
    await expect.poll(() => received[0]?.length).toBe(777)
    await expect.poll(() => serverEnds.length).toBeGreaterThan(0)
  })

  it('inverts one byte at the planned offset', async () => {
    proxy.next({ corrupt: { direction: 'down', at: 500_000 } })
    const { echo } = await exchange(megabyte)
    expect(echo.length).toBe(megabyte.length)
    expect(echo[500_000]).toBe(~(megabyte[500_000] ?? 0) & 0xff)
    expect(received[0]?.equals(megabyte)).toBe(true)
  })

  it('tells nobody when it goes half-open, and goes on when it is plugged in again', async () => {
    proxy.next({ halfOpen: { direction: 'up', after: 1000 } })
    const done = exchange(megabyte)
    await expect.poll(() => received[0]?.length).toBe(1000)
    expect(serverEnds).toEqual([])
    expect(await Promise.race([done, new Promise(resolve => setImmediate(resolve, 'pending'))])).toBe(
      'pending',
    )
    proxy.live({})
    const { ended, echo } = await done
    expect(ended).toBe('FIN')
    expect(echo.equals(megabyte)).toBe(true)
  })

  it('resets instead of passing the answer on', async () => {
    proxy.next({ resetBeforeAnswer: { afterUp: 10 } })
    const { ended, echo } = await exchange(Buffer.alloc(10))
    expect(ended).toBe('ECONNRESET')
    expect(echo.length).toBe(0)
    expect(received[0]?.length).toBe(10)
  })

  it('refuses without calling the server', async () => {
    proxy.next({ refuse: true })
    expect((await exchange(Buffer.alloc(10))).ended).toBe('ECONNRESET')
    expect(received).toEqual([])
  })

  it('holds the rate it is given', async () => {
    proxy.next({ bytesPerSecond: 200_000 })
    const start = performance.now()
    const { echo } = await exchange(megabyte.subarray(0, 40_000))
    expect(echo.length).toBe(40_000)
    expect(performance.now() - start).toBeGreaterThan(190)
  })

  it('changes the plan of a live connection', async () => {
    const socket = net.connect({ port: proxy.port, host: '127.0.0.1' })
    let code = ''
    socket.on('error', error => (code = (error as NodeJS.ErrnoException).code ?? ''))
    socket.write('hello')
    await once(socket, 'data')
    proxy.live({ cut: { direction: 'up', after: 0, how: 'reset' } })
    socket.write('again')
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    expect(code).toBe('ECONNRESET')
  })

  it('closes also while a connection hangs half-open', async () => {
    proxy.next({ halfOpen: { direction: 'up', after: 0 } })
    const socket = net.connect({ port: proxy.port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    socket.write('never arrives')
    await expect.poll(() => proxy.count).toBe(1)
    await proxy.close()
    await new Promise<void>(resolve => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))
    expect(received[0]?.length ?? 0).toBe(0)
  })
})
