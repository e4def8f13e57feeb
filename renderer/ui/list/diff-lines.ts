/** A line of a difference, with its number in the file it stands in. */
export type DiffLine = { is: 'same' | 'removed' | 'added'; line: number; text: string }

/** Lines within reach of a change; `null` where some are left out. */
export function near(lines: readonly DiffLine[], around: number): (DiffLine | null)[] {
  const shown: (DiffLine | null)[] = []
  let last = -1
  lines.forEach((line, index) => {
    const from = Math.max(0, index - around)
    const inReach = lines.slice(from, index + around + 1).some(({ is }) => is !== 'same')
    if (!inReach) return
    if (index > last + 1) shown.push(null)
    shown.push(line)
    last = index
  })
  if (last >= 0 && last < lines.length - 1) shown.push(null)
  return shown
}

/** A value that was changed beside what it was: as many lines taken out as put in, one after the other, are paired. */
export function paired(lines: readonly DiffLine[]): DiffLine[] {
  const shown: DiffLine[] = []
  for (let at = 0; at < lines.length;) {
    const out = runOf(lines, at, 'removed')
    const into = runOf(lines, at + out.length, 'added')
    if (out.length > 0 && out.length === into.length)
      out.forEach((line, index) => shown.push(line, into[index] ?? line))
    else shown.push(...out, ...into)
    at += out.length + into.length
    for (const same of runOf(lines, at, 'same')) {
      shown.push(same)
      at++
    }
  }
  return shown
}

function runOf(lines: readonly DiffLine[], from: number, is: DiffLine['is']): readonly DiffLine[] {
  const end = lines.findIndex((line, index) => index >= from && line.is !== is)
  return lines.slice(from, end < 0 ? lines.length : end)
}
