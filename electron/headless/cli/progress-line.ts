import type { Progress } from '../../../shared/run.ts'
import { arrivalRate, partDone, type RateSample, timeLeft } from '../../../shared/run-rates.ts'
import { formatBytes, formatRange } from '../../../shared/units.ts'
import { clip } from './printable.ts'

/** One line for people, at most `width` characters: what matters least is left out first. Times are monotonic ms. */
export function progressLine(
  progress: Progress,
  state: string,
  samples: readonly RateSample[],
  now: number,
  width: number,
): string {
  const running = state === 'running'
  const rate = running ? arrivalRate(samples, now) : null
  const left = running ? timeLeft(samples, progress.total, now) : null
  const part = partDone(progress, !running && state !== 'paused' && state !== 'cancelling')
  const amount =
    progress.total === null
      ? formatBytes(progress.bytes)
      : `${formatBytes(progress.bytes)} of ${formatBytes(progress.total)}`
  const percent = progress.total && part !== null ? ` (${Math.floor(part * 100)} %)` : ''
  const parts = [
    running ? progress.phase : `${state}, ${progress.phase}`,
    `${amount}${percent}`,
    progress.received ? `${formatBytes(progress.received)} more received` : '',
    progress.stalled ? `waiting: ${progress.stalled}` : '',
    rate === null ? '' : `${formatBytes(Math.round(rate))}/s`,
    left ? `${formatRange(left)} left` : '',
    progress.files > 0 ? `${progress.files} files` : '',
  ].filter(Boolean)
  let line = parts.join(' · ')
  while ([...line].length > width && parts.length > 2) {
    parts.pop()
    line = parts.join(' · ')
  }
  return clip(line, width)
}
