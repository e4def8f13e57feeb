/** Makes what could move the cursor, change colours or turn the direction of text visible. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    c => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}

/** Cuts to `width` characters with an ellipsis. Counts code points: good enough for what we print. */
export function clip(text: string, width: number): string {
  const points = [...text]
  return points.length <= width ? text : `${points.slice(0, Math.max(0, width - 1)).join('')}…`
}

/** Columns of text, padded so that they stand under each other; numbers to the right. The last one is not padded. */
export function table(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, [...cell].length)))
  return rows.map(row =>
    row
      .map((cell, i) => {
        const gap = ' '.repeat((widths[i] ?? 0) - [...cell].length)
        return right.has(i) ? gap + cell : i === row.length - 1 ? cell : cell + gap
      })
      .join('  ')
      .trimEnd(),
  )
}
