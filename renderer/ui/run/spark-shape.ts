/** `at` in ms, `value` per second. */
export type SparkPoint = { at: number; value: number }
export type SparkSpan = { from: number; to: number }

/** The top of the scale: 1, 2, 2.5 or 5 times a power of two thousand-and-some, at or above the largest value. */
export function sparkScale(points: readonly SparkPoint[]): number {
  const largest = points.reduce((most, { value }) => Math.max(most, value), 0)
  if (largest <= 0) return 0
  let step = 1
  while (step * 1024 <= largest) step *= 1024
  for (const nice of [1, 2, 4, 5, 8, 10, 16, 20, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 400, 512, 1024])
    if (nice * step >= largest) return nice * step
  return largest
}

/** The points as SVG wants them, in a field of `width` by `height`. */
export function sparkShape(
  points: readonly SparkPoint[],
  stalls: readonly SparkSpan[],
  top: number,
  width: number,
  height: number,
): { line: string; area: string; stalls: { x: number; width: number }[] } {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last || last.at <= first.at) return { line: '', area: '', stalls: [] }
  const x = (at: number) =>
    round(((Math.min(last.at, Math.max(first.at, at)) - first.at) / (last.at - first.at)) * width)
  const y = (value: number) => round(top === 0 ? height : height - (Math.min(value, top) / top) * height)
  const line = points.map(({ at, value }) => `${x(at)},${y(value)}`).join(' ')
  return {
    line,
    area: `0,${height} ${line} ${width},${height}`,
    stalls: stalls
      .map(({ from, to }) => ({ x: x(from), width: round(x(to) - x(from)) }))
      .filter(stall => stall.width > 0),
  }
}

const round = (value: number) => Math.round(value * 10) / 10
