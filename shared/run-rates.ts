import type { RunSnapshot } from './contract/run.ts'
import { drivesScript } from './run.ts'

/**
 * What follows from the acknowledged bytes of a run over time. Pure: `now` and samples come from outside. The pages and
 * `drydock runs watch` tell the same rate and the same time left.
 */

/** `at` in ms of one clock, of the day or since a start, `bytes` acknowledged until then, `received` on their way beyond them. */
export type RateSample = { at: number; bytes: number; received?: number }
/** `movedAt`: when bytes (acknowledged or received), files or phase last changed. */
export type RunHistory = { samples: readonly RateSample[]; movedAt: number }

/** How much is kept, ms. */
export const historySpan = 10 * 60_000
/** Without progress for this long a run is stalled, ms. */
export const stallAfter = 15_000
/** No time left is shown before this much was seen, ms. */
const basis = 10_000

/** A server acknowledges parts, and several are under way at once: about so many bytes pass before they count. */
const uncounted = 32 * 1024 * 1024
/** A restore tells what it receives piece by piece. */
const unseen = 1024 * 1024

/** How long it may take until the next bytes count, ms, because of a limit alone. */
export const lateUnder = (limit: number): number => (uncounted / limit) * 1000

/** How long nothing may seem to move, ms, before a run is stalled: a low limit alone makes it look so. */
export const patienceWith = ({ kind, limit }: Pick<RunSnapshot, 'kind' | 'limit'>): number => {
  // A task of the vendor's script may take as long as it takes: the run itself says when it waits for something.
  if (drivesScript(kind)) return Infinity
  // A dump says nothing while it looks around; one that hangs is ended by its own time limit.
  if (kind === 'director-backup') return Infinity
  if (limit === null) return stallAfter
  return Math.max(stallAfter, kind === 'restore' ? (unseen / limit) * 1000 : lateUnder(limit))
}

/** Adds a sample; one per second is kept, and no more than the last minutes. */
export function addSample(samples: readonly RateSample[], next: RateSample): readonly RateSample[] {
  const last = samples.at(-1)
  // Bytes never run backwards; if they do, it is another run of the same id (taken up again).
  if (last && next.bytes < last.bytes) return [next]
  const before = samples.at(-2)
  const kept = last && before && last.at - before.at < 1000 ? samples.slice(0, -1) : samples
  const from = kept.findIndex(({ at }) => next.at - at <= historySpan)
  return [...(from > 0 ? kept.slice(from) : kept), next]
}

/** Bytes per second over the last `span` ms; null without two samples apart. */
export function rateOver(samples: readonly RateSample[], now: number, span = 5000): number | null {
  const last = samples.at(-1)
  if (!last) return null
  const first = samples.find(({ at }) => now - at <= span) ?? last
  const previous = samples[samples.indexOf(first) - 1] ?? first
  // A quiet time counts: no snapshot comes while nothing moves.
  const ms = Math.max(now, last.at) - previous.at
  return ms < 500 ? null : ((last.bytes - previous.bytes) / ms) * 1000
}

/** The median of the rates while something moved; null without any. */
export function typicalRate(samples: readonly RateSample[]): number | null {
  const rates = rates_(samples)
    .map(({ value }) => value)
    .filter(value => value > 0)
    .sort((a, b) => a - b)
  return rates[Math.floor(rates.length / 2)] ?? null
}

/** A rate per step, for the chart, up to `now`. */
export function ratePoints(samples: readonly RateSample[], now: number): { at: number; value: number }[] {
  const last = samples.at(-1)
  const points = rates_(samples)
  return last && now - last.at > 2000
    ? [...points, { at: last.at + 1000, value: 0 }, { at: now, value: 0 }]
    : points
}

/** What servers acknowledge comes in parts: a rate of less than this would be all peaks and gaps, ms. */
const smooth = 5000

function rates_(samples: readonly RateSample[]): { at: number; value: number }[] {
  const points: { at: number; value: number }[] = []
  let from = 0
  for (let index = 1; index < samples.length; index++) {
    const here = samples[index]
    // The newest sample that is far enough back, or the first.
    while (here && here.at - (samples[from + 1]?.at ?? here.at) >= smooth) from++
    const before = samples[from]
    if (before && here && here.at > before.at)
      points.push({ at: here.at, value: ((here.bytes - before.bytes) / (here.at - before.at)) * 1000 })
  }
  return points
}

/** Times of this history in which nothing moved for long enough to be called stalled. */
export function stallSpans(
  samples: readonly RateSample[],
  now: number,
  patience = stallAfter,
): { from: number; to: number }[] {
  const spans: { from: number; to: number }[] = []
  let from = samples[0]?.at ?? now
  let last = samples[0]
  const end: RateSample = { at: now, bytes: Number.POSITIVE_INFINITY }
  for (const sample of [...samples, end]) {
    if (sample.bytes === last?.bytes && sample.received === last.received) continue
    if (sample.at - from >= patience) spans.push({ from, to: sample.at })
    from = sample.at
    last = sample
  }
  return spans
}

/**
 * Seconds left, as a range from recent and overall rates; null when there is no basis for one (yet): under 10 s seen,
 * an unknown total, nothing moving.
 */
export function timeLeft(
  samples: readonly RateSample[],
  total: number | null,
  now: number,
): { low: number; high: number } | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (!first || !last || total === null || last.at - first.at < basis) return null
  const left = total - last.bytes
  if (left <= 0) return null
  const overall = ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
  const rates = [
    overall,
    rateOver(samples, last.at, 10_000),
    rateOver(samples, last.at, 60_000),
    typicalRate(samples),
  ]
    .filter(rate => rate !== null)
    .filter(rate => rate > 0)
  if (rates.length === 0) return null
  // What has passed since the last snapshot is time that ran, not time that is left.
  const gone = Math.max(0, (now - last.at) / 1000)
  const low = left / Math.max(...rates)
  const high = (left / Math.min(...rates)) * 1.1
  return { low: Math.max(0, low - gone), high: Math.max(1, high) }
}

/** How long nothing has moved, ms; null while it moves or is not meant to. */
export function stalledFor(
  history: RunHistory | undefined,
  now: number,
  running: boolean,
  patience = stallAfter,
): number | null {
  if (!running || !history) return null
  const still = now - history.movedAt
  return still >= patience ? still : null
}

/** The rate that is shown as that of now is of the last so many ms. */
const lately = 10_000

/** Bytes per second that come in, acknowledged or not, over the last `span` ms. */
export const arrivalRate = (samples: readonly RateSample[], now: number, span = lately): number | null => {
  const all = samples.map(({ at, bytes, received = 0 }) => ({ at, bytes: bytes + received }))
  const rate = rateOver(all, now, span)
  return rate === null ? null : Math.max(0, rate)
}

/** Part of one; never the whole while it still goes on; null when the total is not known. */
export function partDone(progress: { bytes: number; total: number | null }, over: boolean): number | null {
  if (progress.total === null) return null
  if (progress.total === 0) return over ? 1 : 0
  return Math.min(over ? 1 : 0.99, progress.bytes / progress.total)
}
