import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatheringSocket } from '../../electron/engine/ssh/gathering-socket.ts'

describe('gatheringSocket', () => {
  let server: Server
  let peer: Promise<Socket>
  beforeEach(async () => {
    server = createServer()
    peer = new Promise(resolve => server.once('connection', resolve))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => void server.close())
  const port = () => (server.address() as AddressInfo).port

  it('hands everything written in one turn to the kernel at once', async () => {
    const { socket } = gatheringSocket('127.0.0.1', port())
    const calls: number[] = []
    const inner = socket as unknown as { _writev(chunks: unknown[], done: () => void): void }
    const writev = inner._writev.bind(socket)
    inner._writev = (chunks, done) => {
      calls.push(chunks.length)
      writev(chunks, done)
    }
    const far = await peer
    for (let i = 0; i < 3; i += 1) for (const size of [4, 32_768, 16]) socket.write(Buffer.alloc(size))
    let got = 0
    far.on('data', bytes => {
      got += bytes.length
      if (got === 3 * 32_788) far.destroy()
    })
    await new Promise(resolve => far.once('close', resolve))
    socket.destroy()
    expect(calls).toEqual([9])
  })

  it('gives each read memory of its own until it is told that memory may be reused', async () => {
    const gathering = gatheringSocket('127.0.0.1', port())
    const { socket } = gathering
    const seen: Buffer[] = []
    let wake = () => {}
    socket.on('data', bytes => {
      seen.push(bytes)
      wake()
    })
    const far = await peer
    const say = async (text: string) => {
      const arrived = new Promise<void>(resolve => (wake = resolve))
      far.write(text)
      await arrived
    }
    await say('one')
    await say('two')
    expect(seen.map(String)).toEqual(['one', 'two'])
    gathering.reuseMemory()
    for (const text of ['old', 'new', 'own']) await say(text)
    expect(seen.at(-1)?.buffer).toBe(seen.at(-2)?.buffer)
    expect(String(seen.at(-1))).toBe('own')
    socket.destroy()
    far.destroy()
  })
})
