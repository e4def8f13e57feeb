import type { Progress } from '../../../shared/run.ts'
import { formatBytes, formatSeconds } from '../../../shared/units.ts'
import { clip } from './printable.ts'

/** How fast bytes have come in lately and over all. Times are monotonic ms. */
export class Pace {
  readonly #samples: { at: number; bytes: number }[] = []

  /** Counters that go back (a run that began anew) begin a new measurement. */
  add(bytes: number, at: number): void {
    const newest = this.#samples.at(-1)
    if (newest && bytes < newest.bytes) this.#samples.length = 0
    this.#samples.push({ at, bytes })
    // One more than the window is kept, so that a rate always spans it.
    while (this.#samples.length > 2 && at - this.#samples[1]!.at > windowMs) this.#samples.splice(1, 1)
  }

  /** Bytes per second over the last 10 s and since the beginning; null until there is something to measure. */
  rates(now: number): { lately: number; overall: number } | null {
    const [first, second] = this.#samples
    const newest = this.#samples.at(-1)
    if (!first || !second || !newest || now - first.at < 1000) return null
    return {
      lately: per(newest.bytes - second.bytes, now - second.at),
      overall: per(newest.bytes - first.bytes, now - first.at),
    }
  }
}

const windowMs = 10_000
const per = (bytes: number, ms: number) => (ms > 0 ? (bytes / ms) * 1000 : 0)

/** Time left as a range, in seconds; null when it cannot be told. */
export function timeLeft(
  progress: Pick<Progress, 'bytes' | 'total'>,
  rates: { lately: number; overall: number } | null,
): [number, number] | null {
  if (progress.total === null || progress.total <= progress.bytes || !rates) return null
  const slow = Math.min(rates.lately, rates.overall)
  if (slow <= 0) return null
  const left = progress.total - progress.bytes
  return [left / Math.max(rates.lately, rates.overall), left / slow]
}

/** One line for people, at most `width` characters: what matters least is left out first. */
export function progressLine(
  progress: Progress,
  state: string,
  pace: Pace,
  now: number,
  width: number,
): string {
  const rates = pace.rates(now)
  const amount =
    progress.total === null
      ? formatBytes(progress.bytes)
      : `${formatBytes(progress.bytes)} of ${formatBytes(progress.total)}`
  const percent = progress.total
    ? ` (${Math.floor(Math.min(1, progress.bytes / progress.total) * 100)} %)`
    : ''
  const left = timeLeft(progress, rates)
  const parts = [
    state === 'running' ? progress.phase : `${state}, ${progress.phase}`,
    `${amount}${percent}`,
    progress.received ? `${formatBytes(progress.received)} more received` : '',
    progress.stalled ? `waiting: ${progress.stalled}` : '',
    rates && state === 'running' ? `${formatBytes(Math.round(rates.lately))}/s` : '',
    left && state === 'running' ? rangeText(left) : '',
    progress.files > 0 ? `${progress.files} files` : '',
  ].filter(Boolean)
  let line = parts.join(' · ')
  while ([...line].length > width && parts.length > 2) {
    parts.pop()
    line = parts.join(' · ')
  }
  return clip(line, width)
}

function rangeText([low, high]: [number, number]): string {
  const [from, to] = [formatSeconds(round(low)), formatSeconds(round(high))]
  return from === to ? `${to} left` : `${from} to ${to} left`
}

/** Steps that do not pretend to more than is known. */
function round(seconds: number): number {
  const step = seconds < 60 ? 5 : seconds < 600 ? 15 : seconds < 3600 ? 60 : 300
  return Math.max(step, Math.round(seconds / step) * step)
}
