import type { Measured } from '../bench.ts'

export function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

export const spread = (list: readonly number[], unit: Measured['unit']): Measured => ({
  median: median(list),
  min: Math.min(...list),
  max: Math.max(...list),
  unit,
})

/** Speed of ours through speed of theirs, round by round: what disturbs a moment disturbs both. */
export const speedRatios = (ours: readonly number[], theirs: readonly number[]): Measured =>
  spread(
    ours.map((seconds, round) => (theirs[round] ?? NaN) / seconds),
    '×',
  )

/** `412 MB/s (398–420)`, from the seconds that `bytes` took. */
export function speedText(bytes: number, seconds: readonly number[]): string {
  const speeds = seconds.map(s => bytes / 1e6 / s)
  return `${median(speeds).toFixed(0)} MB/s (${Math.min(...speeds).toFixed(0)}–${Math.max(...speeds).toFixed(0)})`
}
