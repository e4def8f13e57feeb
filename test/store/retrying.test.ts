import { describe, expect, it, vi } from 'vitest'
import { EngineError } from '../../electron/engine/engine-error.ts'
import type { RetryInfo } from '../../electron/engine/store/patience.ts'
import type { RetryingOptions } from '../../electron/engine/store/retrying.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import { Fake } from '../support/fake-store.ts'

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251)

/** A store whose waits cost no time: the clock moves by as much as was asked for. */
function make(fake: Fake, options: RetryingOptions = {}) {
  let now = 0
  const waits: RetryInfo[] = []
  const store = retrying(fake, {
    clock: { now: () => now, monotonic: () => now },
    random: () => 0.5,
    delay: async (ms, signal) => {
      signal?.throwIfAborted()
      now += ms
    },
    onRetry: info => waits.push(info),
    ...options,
  })
  return { store, waits, sleep: (ms: number) => (now += ms) }
}

async function all(items: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of items) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function errorOf(work: Promise<unknown>): Promise<EngineError> {
  const err = await work.then(
    () => null,
    (e: unknown) => e,
  )
  if (!(err instanceof EngineError)) throw new Error(`an EngineError was expected, not ${String(err)}`)
  return err
}

describe('retrying', () => {
  it('waits twice as long each time, times the jitter, and never more than a minute', async () => {
    const fake = new Fake()
    fake.fail('stat', { code: 'network.unreachable', times: 9 })
    const { store, waits } = make(fake)
    expect(await store.stat('a')).toBeNull()
    expect(waits.map(w => w.waitMs)).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000])
    expect(waits[0]).toEqual({ during: 'server.stat', attempt: 1, code: 'network.unreachable', waitMs: 500 })
  })

  it('waits as long as the server asked for when that is longer', async () => {
    const fake = new Fake()
    fake.fail('put', { code: 'network.throttled', retryAfterMs: 7_000 })
    const { store, waits } = make(fake)
    await store.put('a', bytesOf(3))
    expect(waits.map(w => w.waitMs)).toEqual([7_000])
  })

  it.each([
    'auth.rejected',
    'remote.no-container',
    'remote.full',
    'data.damaged',
    'trust.certificate',
  ] as const)('does not try again after %s', async code => {
    const fake = new Fake()
    fake.fail('stat', { code })
    const { store } = make(fake)
    expect((await errorOf(store.stat('a'))).code).toBe(code)
    expect(fake.count('stat')).toBe(1)
  })

  it('throws the last error with what was tried when the time is up', async () => {
    const fake = new Fake()
    fake.fail('stat', { code: 'network.unreachable', times: Infinity, detail: 'ECONNREFUSED' })
    const { store, waits } = make(fake, { maxElapsedMs: 60_000 })
    const err = await errorOf(store.stat('a'))
    expect(err.code).toBe('network.unreachable')
    expect(err.detail).toBe('ECONNREFUSED; tried 7 times in 32 s')
    expect(waits.reduce((sum, w) => sum + w.waitMs, 0)).toBeLessThanOrEqual(60_000)
  })

  it('gives up at once when the server asks for a longer wait than the time allows', async () => {
    const fake = new Fake()
    fake.fail('stat', { code: 'network.throttled', retryAfterMs: 3_600_000 })
    const err = await errorOf(make(fake).store.stat('a'))
    expect(err.detail).toContain('1 h 0 min')
    expect(fake.count('stat')).toBe(1)
  })

  it('calls nothing when the signal has already fired', async () => {
    const fake = new Fake()
    const { store } = make(fake)
    const signal = AbortSignal.abort(new Error('operator'))
    expect((await errorOf(store.stat('a', { signal }))).code).toBe('cancelled')
    expect((await errorOf(store.put('a', bytesOf(1), { signal }))).code).toBe('cancelled')
    expect((await errorOf(all(store.read('a', { offset: 0 }, { signal })))).code).toBe('cancelled')
    expect(fake.calls).toEqual([])
  })

  it('ends its wait when the signal fires', async () => {
    const fake = new Fake()
    fake.fail('stat', { code: 'network.unreachable', times: Infinity })
    const stop = new AbortController()
    const store = retrying(fake, {
      random: () => 1,
      onRetry: () => queueMicrotask(() => stop.abort(new Error('operator'))),
    })
    const err = await errorOf(store.stat('a', { signal: stop.signal }))
    expect(err.code).toBe('cancelled')
    expect((err.cause as Error).message).toBe('operator')
    expect(fake.count('stat')).toBe(1)
  })

  it('leaves no listener on the signal of the run', async () => {
    const fake = new Fake()
    const stop = new AbortController()
    const added = vi.spyOn(stop.signal, 'addEventListener')
    const removed = vi.spyOn(stop.signal, 'removeEventListener')
    const { store } = make(fake)
    for (let i = 0; i < 5; i++) await store.put(`a${i}`, bytesOf(10), { signal: stop.signal })
    expect(added.mock.calls.length).toBeGreaterThanOrEqual(5)
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length)
  })
})

describe('retrying read', () => {
  it('goes on from the byte it had reached, each time it breaks', async () => {
    const body = bytesOf(1000)
    const fake = new Fake({ piece: 64 })
    fake.objects.set('a', body)
    fake.fail('read', { code: 'network.interrupted', at: 130 })
    fake.fail('read', { code: 'network.interrupted', at: 1 })
    fake.fail('read', { code: 'network.interrupted', at: 0 })
    const { store } = make(fake)
    expect(await all(store.read('a', { offset: 10, length: 900 }))).toEqual(
      Buffer.from(body.subarray(10, 910)),
    )
    expect(fake.calls.map(({ offset, bytes }) => [offset, bytes])).toEqual([
      [10, 900],
      [140, 770],
      [141, 769],
      [141, 769],
    ])
  })

  it('ends well when all bytes had come before it broke', async () => {
    const body = bytesOf(100)
    const fake = new Fake()
    fake.objects.set('a', body)
    fake.fail('read', { code: 'network.interrupted', at: 'after', times: 2 })
    const { store } = make(fake)
    expect(await all(store.read('a', { offset: 0, length: 100 }))).toEqual(Buffer.from(body))
    expect(await all(store.read('a', { offset: 0 }))).toEqual(Buffer.from(body))
  })

  it('counts tries anew after progress', async () => {
    const fake = new Fake({ piece: 1 })
    fake.objects.set('a', bytesOf(50))
    for (let i = 0; i < 40; i++) fake.fail('read', { code: 'network.interrupted', at: 1 })
    const { store, waits } = make(fake, { maxElapsedMs: 10_000 })
    expect(await all(store.read('a', { offset: 0 }))).toHaveLength(50)
    expect(waits.every(w => w.attempt === 1)).toBe(true)
  })

  it('stops the store below when the caller stops reading', async () => {
    const fake = new Fake({ piece: 10 })
    fake.objects.set('a', bytesOf(100))
    const { store } = make(fake)
    for await (const piece of store.read('a', { offset: 0 })) {
      expect(piece).toHaveLength(10)
      break
    }
    expect(fake.count('read')).toBe(1)
  })
})

describe('retrying list', () => {
  it('starts over and leaves out names it has handed on', async () => {
    const fake = new Fake()
    for (const name of ['a1', 'a2', 'a3', 'b1']) fake.objects.set(name, bytesOf(1))
    fake.fail('list', { code: 'network.interrupted', at: 2 })
    const { store } = make(fake)
    const names: string[] = []
    for await (const { name } of store.list('a')) names.push(name)
    expect(names).toEqual(['a1', 'a2', 'a3'])
    expect(fake.count('list')).toBe(2)
  })
})

describe('retrying put', () => {
  it('takes an object with the same bytes for its own when the answer was lost', async () => {
    const fake = new Fake()
    fake.fail('put', { code: 'network.interrupted', at: 'after' })
    const { store } = make(fake)
    await store.put('a', bytesOf(100), { ifAbsent: true })
    expect(fake.count('put')).toBe(2)
  })

  it('says remote.exists when somebody else wrote other bytes meanwhile', async () => {
    const fake = new Fake()
    fake.fail('put', { code: 'network.interrupted' })
    const store = retrying(fake, { delay: async () => void fake.objects.set('a', bytesOf(101).subarray(1)) })
    expect((await errorOf(store.put('a', bytesOf(100), { ifAbsent: true }))).code).toBe('remote.exists')
  })

  it('says remote.exists at the first try even when the bytes are the same', async () => {
    const fake = new Fake()
    fake.objects.set('a', bytesOf(100))
    expect((await errorOf(make(fake).store.put('a', bytesOf(100), { ifAbsent: true }))).code).toBe(
      'remote.exists',
    )
  })
})

describe('retrying upload', () => {
  it('sends a part again to its place and commits again after a lost answer', async () => {
    const fake = new Fake()
    fake.fail('write', { code: 'network.interrupted', at: 100 })
    fake.fail('write', { code: 'remote.failed', at: 'after' })
    fake.fail('commit', { code: 'network.interrupted', at: 'after' })
    const { store } = make(fake)
    const body = bytesOf(400)
    const upload = await store.upload('a')
    await upload.write({ index: 0, offset: 0, bytes: body.subarray(0, 300) })
    await upload.write({ index: 1, offset: 300, bytes: body.subarray(300) })
    await upload.commit({ bytes: 400, parts: 2 })
    expect(Buffer.from(fake.objects.get('a') ?? [])).toEqual(Buffer.from(body))
    expect(fake.calls.filter(c => c.method === 'write').map(c => c.index)).toEqual([0, 0, 0, 1])
  })

  it('takes an upload up again in a new store', async () => {
    const fake = new Fake()
    const upload = await make(fake).store.upload('a')
    await upload.write({ index: 0, offset: 0, bytes: bytesOf(300) })
    const again = await make(new Fake({ disk: fake.disk })).store.upload('a', { resume: upload.token })
    expect(again.confirmed).toEqual({ bytes: 300, parts: 1 })
  })

  it('never throws from abort', async () => {
    const fake = new Fake()
    fake.fail('abort', { code: 'network.unreachable' })
    const upload = await make(fake).store.upload('a')
    await upload.abort()
    expect(fake.disk.uploads.size).toBe(0)
  })
})

describe('retrying watchdog', () => {
  const fakeTime = async (work: () => Promise<void>) => {
    vi.useFakeTimers()
    try {
      await work()
    } finally {
      vi.useRealTimers()
    }
  }
  const options = (waits: RetryInfo[]): RetryingOptions => ({
    stallMs: 60_000,
    delay: async () => {},
    onRetry: info => waits.push(info),
  })

  it.each(['stat', 'put', 'upload', 'remove', 'read'] as const)(
    'aborts a %s in which nothing moves and tries again',
    async method => {
      await fakeTime(async () => {
        const fake = new Fake()
        fake.objects.set('a', bytesOf(10))
        fake.hang(method)
        const waits: RetryInfo[] = []
        const store = retrying(fake, options(waits))
        const calls = {
          stat: () => store.stat('a'),
          put: () => store.put('a', bytesOf(10)),
          upload: () => store.upload('a'),
          remove: () => store.remove('a'),
          read: () => all(store.read('a', { offset: 0 })),
        }
        const done = calls[method]()
        await vi.advanceTimersByTimeAsync(59_999)
        expect(waits).toEqual([])
        await vi.advanceTimersByTimeAsync(1)
        await done
        expect(waits.map(w => w.code)).toEqual(['network.stalled'])
        expect(fake.count(method)).toBe(2)
      })
    },
  )

  it('leaves a call that does not even stop when told to, after a while', async () => {
    await fakeTime(async () => {
      const fake = new Fake()
      fake.objects.set('a', bytesOf(10))
      fake.hang('read', { deaf: true })
      const waits: RetryInfo[] = []
      const done = all(retrying(fake, options(waits)).read('a', { offset: 0 }))
      await vi.advanceTimersByTimeAsync(60_000)
      expect(waits).toEqual([])
      await vi.advanceTimersByTimeAsync(5_000)
      expect(await done).toHaveLength(10)
    })
  })

  it('is content as long as pieces pass the gate', async () => {
    await fakeTime(async () => {
      const fake = new Fake({ piece: 1 })
      const slow = slowly(fake, 50_000)
      const done = retrying(slow, options([])).put('a', bytesOf(10))
      await vi.advanceTimersByTimeAsync(500_000)
      await done
      expect(fake.count('put')).toBe(1)
    })
  })

  it('takes a gate that holds a paused transfer for no stall', async () => {
    await fakeTime(async () => {
      const fake = new Fake()
      const open = Promise.withResolvers<void>()
      const done = retrying(fake, options([])).put('a', bytesOf(10), { gate: () => open.promise })
      await vi.advanceTimersByTimeAsync(3_600_000)
      open.resolve()
      await done
      expect(fake.count('put')).toBe(1)
    })
  })

  it('does not run while the caller looks at a piece', async () => {
    await fakeTime(async () => {
      const fake = new Fake({ piece: 5 })
      fake.objects.set('a', bytesOf(10))
      const seen: number[] = []
      for await (const piece of retrying(fake, options([])).read('a', { offset: 0 })) {
        await vi.advanceTimersByTimeAsync(120_000)
        seen.push(piece.byteLength)
      }
      expect(seen).toEqual([5, 5])
      expect(fake.count('read')).toBe(1)
    })
  })

  it('leaves no timer behind', async () => {
    await fakeTime(async () => {
      const fake = new Fake()
      fake.objects.set('a', bytesOf(10))
      const store = retrying(fake, options([]))
      await store.stat('a')
      await all(store.read('a', { offset: 0 }))
      expect(vi.getTimerCount()).toBe(0)
    })
  })
})

/** Each piece takes `ms` on its way. */
function slowly(fake: Fake, ms: number): Fake {
  const put = fake.put.bind(fake)
  fake.put = (name, body, options = {}) =>
    put(name, body, {
      ...options,
      gate: async bytes => {
        await new Promise(resolve => setTimeout(resolve, ms))
        await options.gate?.(bytes)
      },
    })
  return fake
}
