import { describe, expect, it } from 'vitest'
import {
  addSample,
  arrivalRate,
  historySpan,
  partDone,
  patienceWith,
  type RateSample,
  rateOver,
  ratePoints,
  stalledFor,
  stallSpans,
  timeLeft,
  typicalRate,
} from '../../shared/run-rates.ts'

const MB = 1_000_000

/** Samples at 4 Hz, as snapshots come. */
function samples(seconds: number, rate: (second: number) => number, from = 0): readonly RateSample[] {
  let list: readonly RateSample[] = [{ at: from, bytes: 0 }]
  let bytes = 0
  for (let quarter = 1; quarter <= seconds * 4; quarter++) {
    bytes += rate(quarter / 4) / 4
    list = addSample(list, { at: from + quarter * 250, bytes: Math.round(bytes) })
  }
  return list
}

describe('the history of a run', () => {
  it('keeps about one sample per second and always the newest', () => {
    const list = samples(60, () => MB)
    expect(list.length).toBeLessThan(80)
    expect(list.at(-1)).toEqual({ at: 60_000, bytes: 60 * MB })
  })

  it('forgets what is older than the last minutes', () => {
    const list = samples(historySpan / 1000 + 120, () => MB)
    const [first] = list
    expect(first?.at).toBeGreaterThanOrEqual(120_000 - 1000)
  })

  it('begins anew when bytes run backwards, because the run was taken up again', () => {
    expect(addSample([{ at: 0, bytes: 10 }], { at: 1, bytes: 5 })).toEqual([{ at: 1, bytes: 5 }])
  })
})

describe('rate', () => {
  it('is that of the last seconds', () => {
    const list = samples(30, second => (second > 20 ? 2 * MB : MB))
    expect(rateOver(list, 30_000)).toBeCloseTo(2 * MB, -5)
  })
  it('falls while no snapshot comes', () => {
    const list = samples(20, () => MB)
    expect(rateOver(list, 60_000)).toBeLessThan(0.1 * MB)
  })
  it('is unknown with a single sample', () => expect(rateOver([{ at: 0, bytes: 0 }], 100)).toBeNull())
  it('is typical without the times in which nothing moved', () => {
    const list = samples(40, second => (second > 10 && second < 30 ? 0 : 3 * MB))
    expect(typicalRate(list)).toBeCloseTo(3 * MB, -5)
  })
  it('is drawn as zero up to now while nothing comes', () => {
    expect(
      ratePoints(
        samples(10, () => MB),
        20_000,
      ).at(-1),
    ).toEqual({ at: 20_000, value: 0 })
  })
})

describe('time left', () => {
  it('is not told before 10 s were seen', () => {
    expect(
      timeLeft(
        samples(9, () => MB),
        100 * MB,
        9000,
      ),
    ).toBeNull()
    expect(
      timeLeft(
        samples(10, () => MB),
        100 * MB,
        10_000,
      ),
    ).not.toBeNull()
  })
  it('is not told without a total, at its end, or when nothing ever moved', () => {
    expect(
      timeLeft(
        samples(30, () => MB),
        null,
        30_000,
      ),
    ).toBeNull()
    expect(
      timeLeft(
        samples(30, () => MB),
        30 * MB,
        30_000,
      ),
    ).toBeNull()
    expect(
      timeLeft(
        samples(30, () => 0),
        30 * MB,
        30_000,
      ),
    ).toBeNull()
  })
  it('holds the truth for a steady rate', () => {
    const left = timeLeft(
      samples(30, () => MB),
      130 * MB,
      30_000,
    )
    expect(left?.low).toBeLessThanOrEqual(100)
    expect(left?.high).toBeGreaterThanOrEqual(100)
  })
  it('spans the fast and the slow time of an unsteady one', () => {
    const left = timeLeft(
      samples(60, second => (second > 45 ? 4 * MB : MB)),
      500 * MB,
      60_000,
    )
    const rest = 500 * MB - 105 * MB
    expect(left?.low).toBeLessThanOrEqual(rest / (4 * MB))
    expect(left?.high).toBeGreaterThanOrEqual(rest / (1.75 * MB))
  })
})

describe('stalls', () => {
  it('begin after 15 s without progress, and only while the run is meant to move', () => {
    const history = { samples: [], movedAt: 1000 }
    expect(stalledFor(history, 15_999, true)).toBeNull()
    expect(stalledFor(history, 16_000, true)).toBe(15_000)
    expect(stalledFor(history, 60_000, false)).toBeNull()
    expect(stalledFor(undefined, 60_000, true)).toBeNull()
  })
  it('are found in the history, the one that goes on too', () => {
    const list = samples(60, second => (second > 10 && second <= 30 ? 0 : MB))
    const spans = stallSpans(list, 90_000)
    expect(spans).toHaveLength(2)
    expect(spans[0]?.from).toBeLessThanOrEqual(11_000)
    expect(spans[0]?.to).toBeGreaterThanOrEqual(30_000)
    expect(spans[1]).toEqual({ from: 60_000, to: 90_000 })
  })
})

describe('the part done', () => {
  it('is never the whole before the end', () => {
    expect(partDone({ bytes: 100, total: 100 }, false)).toBe(0.99)
    expect(partDone({ bytes: 100, total: 100 }, true)).toBe(1)
  })
  it('is unknown without a total, and nothing is not everything', () => {
    expect(partDone({ bytes: 100, total: null }, false)).toBeNull()
    expect(partDone({ bytes: 0, total: 0 }, false)).toBe(0)
  })
})

describe('bytes that are received and not acknowledged', () => {
  const list: readonly RateSample[] = [0, 10, 20, 30].map(second => ({
    at: second * 1000,
    bytes: 0,
    received: second * MB,
  }))

  it('are no stall, and make a rate', () => {
    expect(stallSpans(list, 31_000)).toEqual([])
    expect(stallSpans(list, 50_000)).toEqual([{ from: 30_000, to: 50_000 }])
    expect(arrivalRate(list, 30_000, 10_000)).toBeCloseTo(MB, -5)
  })
})

describe('patience', () => {
  it('grows with a limit so low that bytes count late', () => {
    const patience = (kind: 'backup' | 'restore', limit: number | null) => patienceWith({ kind, limit })
    expect(patience('backup', null)).toBe(15_000)
    expect(patience('backup', 10 * MB)).toBe(15_000)
    expect(patience('backup', 0.2 * MB)).toBeGreaterThan(100_000)
    // What a restore receives is seen at once.
    expect(patience('restore', 0.2 * MB)).toBe(15_000)
    const history = { samples: [], movedAt: 0 }
    expect(stalledFor(history, 60_000, true, patience('backup', 0.2 * MB))).toBeNull()
    expect(stalledFor(history, 60_000, true, patience('restore', 0.2 * MB))).toBe(60_000)
  })
})
