import type { FileDiff } from '../../../../../shared/contract/director.ts'
import type { DirectorYamlFile } from '../../../../../shared/director.ts'
import { maskedLines } from './mask-yaml.ts'

type Line = FileDiff['lines'][number]

/** Files of so many lines are shown whole. */
const whole = 40
const context = 3
/** More changed lines than this on both sides are shown as taken out and put in, without looking for what stayed. */
const most = 1_500

/**
 * The difference between a file and what it will be, as lines without their ends. The values of secrets are masked, in
 * lines that stay too. @param options.keptAs what the present file will be kept as
 */
export function diffOf(
  file: DirectorYamlFile,
  { before, after, keptAs }: { before: string | null; after: string; keptAs: string | null },
): FileDiff {
  const old = splitLines(before ?? '')
  const now = splitLines(after)
  if (before === after) return { file, changed: 0, lines: [], keptAs: null }
  const masked = { old: maskedLines(before ?? ''), now: maskedLines(after) }
  const steps = stepsBetween(old, now)
  const lines = steps.map(({ is, line }): Line => {
    const text = (is === 'removed' ? masked.old : masked.now)[line - 1] ?? ''
    return { is, line, text }
  })
  return { file, changed: changedIn(steps), lines: near(lines), keptAs }
}

type Step = { is: Line['is']; line: number }

/** The content of each line; two that differ in their line end alone differ. */
const splitLines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

function stepsBetween(old: readonly string[], now: readonly string[]): Step[] {
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head++
  let tail = 0
  const least = Math.min(old.length, now.length) - head
  while (tail < least && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++
  const steps: Step[] = []
  const say = (is: Line['is'], from: number, to: number) => {
    for (let n = from; n < to; n++) steps.push({ is, line: n + 1 })
  }
  say('same', 0, head)
  steps.push(...middle(old, now, { head, tail }))
  say('same', now.length - tail, now.length)
  return steps
}

/** By longest common subsequence: what an operator changes is small. */
function middle(
  old: readonly string[],
  now: readonly string[],
  { head, tail }: { head: number; tail: number },
): Step[] {
  const a = old.slice(head, old.length - tail)
  const b = now.slice(head, now.length - tail)
  const removed = (i: number): Step => ({ is: 'removed', line: head + i + 1 })
  const added = (j: number): Step => ({ is: 'added', line: head + j + 1 })
  if (a.length > most || b.length > most)
    return [...a.map((_, i) => removed(i)), ...b.map((_, j) => added(j))]
  const width = b.length + 1
  const common = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const steps: Step[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      steps.push({ is: 'same', line: head + j + 1 })
      i++
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) steps.push(removed(i++))
    else steps.push(added(j++))
  }
  return steps
}

/** A line that was replaced counts once. */
function changedIn(steps: readonly Step[]): number {
  let changed = 0
  let block = { removed: 0, added: 0 }
  for (const { is } of [...steps, { is: 'same' as const }])
    if (is === 'same') {
      changed += Math.max(block.removed, block.added)
      block = { removed: 0, added: 0 }
    } else block[is]++
  return changed
}

function near(lines: Line[]): Line[] {
  if (lines.length <= whole) return lines
  return lines.filter((_, n) =>
    lines.slice(Math.max(0, n - context), n + context + 1).some(({ is }) => is !== 'same'),
  )
}
