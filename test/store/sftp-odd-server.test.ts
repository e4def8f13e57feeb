import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Pace, RequestWindow } from '../../electron/engine/store/sftp/request-window.ts'
import { SftpStore } from '../../electron/engine/store/sftp/sftp-store.ts'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { MiB } from '../../shared/units.ts'
import { all } from '../conformance/object-store.ts'
import { startFakeSftp } from '../support/servers/fake-sftp.ts'

function openFake(port: number): SftpStore {
  const record = {
    type: 'sftp',
    name: 'fake',
    added: '',
    learned: {},
    host: '127.0.0.1',
    port,
    user: 'u',
    path: '/',
  } as const
  const context = { env: { HOME: '/nowhere' }, log: () => {}, confirmHostKey: async () => true }
  return new SftpStore({ ...record, learned: {} }, { password: 'any' }, context)
}

describe('sftp: a server (a fake) that answers reads short and takes only 32 KiB', () => {
  it('delivers every byte once and in order', async () => {
    const file = randomBytes(2 * MiB + 11)
    const fake = await startFakeSftp(file)
    const store = openFake(fake.port)
    expect((await all(store.read('f', { offset: 0 }))).equals(file)).toBe(true)
    expect((await all(store.read('f', { offset: 7, length: MiB }))).equals(file.subarray(7, 7 + MiB))).toBe(
      true,
    )
    expect(fake.largestRead()).toBeLessThanOrEqual(32 * 1024)
    expect(fake.largestRead()).toBeGreaterThan(30 * 1024)
    await store.close()
    await fake.stop()
  })

  it('says network.interrupted when the file ends before its promised size', async () => {
    const fake = await startFakeSftp(randomBytes(100_000), { promise: 200_000 })
    const store = openFake(fake.port)
    await expect(all(store.read('f', { offset: 0 }))).rejects.toMatchObject({ code: 'network.interrupted' })
    await store.close()
    await fake.stop()
  })
})

describe('Pace', () => {
  it('widens while answers come quickly, up to 32, and halves when they take long', () => {
    let now = 0
    const pace = new Pace(() => now)
    const answer = (ms: number) => {
      const answered = pace.begin()
      now += ms
      answered()
    }
    expect(pace.width).toBe(4)
    for (let i = 0; i < 100; i += 1) answer(10)
    expect(pace.width).toBe(32)
    answer(3_000)
    expect(pace.width).toBe(32)
    answer(6_000)
    expect(pace.width).toBe(16)
    for (let i = 0; i < 10; i += 1) answer(6_000)
    expect(pace.width).toBe(2)
  })
})

describe('RequestWindow', () => {
  const cancelled = () => new EngineError('cancelled', 'test')

  it('gives room up to the width of its pace and ends waiting with the first failure', async () => {
    const window = new RequestWindow(new Pace(), undefined, cancelled)
    const answers = Array.from({ length: 4 }, () => window.begin())
    const room = window.room()
    const drained = expect(window.drained()).rejects.toThrow('first')
    answers[0]?.()
    await room
    answers[1]?.(new Error('first'))
    answers[2]?.(new Error('second'))
    await drained
  })

  it('ends waiting when the signal fires', async () => {
    const stop = new AbortController()
    const window = new RequestWindow(new Pace(), stop.signal, cancelled)
    window.begin()
    const drained = expect(window.drained()).rejects.toMatchObject({ code: 'cancelled' })
    stop.abort()
    await drained
  })
})
