import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { limiting } from '../../electron/engine/store/limiting.ts'
import { RateLimiter } from '../../electron/engine/store/rate-limiter.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import { Fake } from '../support/fake-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** How long `work` takes in the test's time, in ms. */
async function timed(work: Promise<unknown>, stepMs = 10): Promise<number> {
  const start = performance.now()
  let end: number | null = null
  const done = work.then(() => (end = performance.now()))
  for (let steps = 0; end === null && steps < 100_000; steps++) await vi.advanceTimersByTimeAsync(stepMs)
  await done
  return (end ?? Infinity) - start
}

const between = (value: number, low: number, high: number) => {
  expect(value).toBeGreaterThanOrEqual(low)
  expect(value).toBeLessThanOrEqual(high)
}

describe('RateLimiter', () => {
  it('lets everything pass at once without a limit', () => {
    expect(new RateLimiter().take(1e12)).toBeUndefined()
  })

  it('holds many takers together to one rate', async () => {
    const limiter = new RateLimiter(1_000_000)
    const worker = async () => {
      for (let i = 0; i < 10; i++) await limiter.take(100_000)
    }
    between(await timed(Promise.all([worker(), worker(), worker(), worker()])), 3_900, 4_100)
  })

  it('lets at most a tenth of a second pass at once after a long pause', async () => {
    const limiter = new RateLimiter(1_000_000)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(limiter.take(100_000)).toBeUndefined()
    expect(limiter.take(1_000)).toBeInstanceOf(Promise)
  })

  it('lets at most 256 KiB pass at once however high the rate', async () => {
    const limiter = new RateLimiter(1_000_000_000)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(limiter.take(256 * 1024)).toBeUndefined()
    expect(limiter.take(256 * 1024)).toBeInstanceOf(Promise)
  })

  it('does not make up in one burst for a machine that slept while somebody waited', async () => {
    let now = 0
    let ring = () => {}
    const limiter = new RateLimiter(1_000, {
      clock: { now: () => now, monotonic: () => now },
      schedule: (_ms, run) => {
        ring = run
        return () => {}
      },
    })
    const waits = [limiter.take(1_000), limiter.take(1_000), limiter.take(1_000)]
    let passed = 0
    for (const wait of waits) void wait?.then(() => passed++)
    now = 3_600_000
    ring()
    await Promise.resolve()
    await Promise.resolve()
    expect(passed).toBe(1)
  })

  it('speeds up and slows down those who already wait', async () => {
    const limiter = new RateLimiter(1_000)
    const first = limiter.take(1_000_000)
    await vi.advanceTimersByTimeAsync(1_000)
    limiter.set(1_000_000)
    between(await timed(Promise.resolve(first)), 980, 1_020)
    const second = limiter.take(1_000_000)
    await vi.advanceTimersByTimeAsync(500)
    limiter.set(100_000)
    between(await timed(Promise.resolve(second)), 4_800, 5_100)
  })

  it('lets all who wait go at once when the limit is lifted', async () => {
    const limiter = new RateLimiter(1)
    const first = limiter.take(1e9)
    const second = limiter.take(1e9)
    limiter.set(null)
    await first
    await second
    expect(vi.getTimerCount()).toBe(0)
  })

  it('rejects a taker whose signal fires and gives its place to the next', async () => {
    const limiter = new RateLimiter(1_000)
    const stop = new AbortController()
    const first = limiter.take(1_000_000, stop.signal)
    const second = limiter.take(1_000)
    stop.abort(new Error('operator'))
    await expect(first).rejects.toThrow('operator')
    between(await timed(Promise.resolve(second)), 800, 1_100)
    await expect(limiter.take(1, stop.signal)).rejects.toThrow('operator')
  })

  it.each([0, -1, Number.NaN])('refuses a rate of %s', rate => {
    expect(() => new RateLimiter(rate)).toThrow(RangeError)
  })
})

describe('limiting', () => {
  const MB = 1_000_000

  it('holds puts, parts and reads of several stores to one rate together', async () => {
    const limiter = new RateLimiter(MB)
    const fake = new Fake({ piece: 10_000 })
    const one = limiting(fake, limiter)
    const other = limiting(new Fake({ piece: 10_000 }), limiter)
    fake.objects.set('r', new Uint8Array(MB))
    const read = async () => {
      let bytes = 0
      for await (const piece of one.read('r', { offset: 0 })) bytes += piece.byteLength
      expect(bytes).toBe(MB)
    }
    const write = async () => {
      const upload = await other.upload('w')
      await upload.write({ index: 0, offset: 0, bytes: new Uint8Array(MB) })
    }
    between(await timed(Promise.all([read(), write(), one.put('p', new Uint8Array(MB))])), 2_850, 3_100)
  })

  it('calls the gate of the caller with every byte', async () => {
    const fake = new Fake({ piece: 1_000 })
    let passed = 0
    await limiting(fake, new RateLimiter(null)).put('a', new Uint8Array(12_345), {
      gate: bytes => void (passed += bytes),
    })
    expect(passed).toBe(12_345)
  })

  it('is no stall to the watchdog, however slow', async () => {
    const limiter = new RateLimiter(100)
    const fake = new Fake()
    fake.objects.set('r', new Uint8Array(100_000))
    const store = retrying(limiting(fake, limiter), { stallMs: 60_000 })
    const read = async () => {
      for await (const piece of store.read('r', { offset: 0 })) expect(piece).toHaveLength(100_000)
    }
    await timed(Promise.all([store.put('a', new Uint8Array(100_000)), read()]), 1_000)
    expect(fake.calls.map(call => call.method).sort()).toEqual(['put', 'read'])
  })
})
