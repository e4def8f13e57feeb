import type { Failure } from '../../../shared/failure.ts'
import type { Around } from '../../../shared/failure-copy.ts'
import { describeFailure } from '../../../shared/failure-copy.ts'
import type { Output } from './output.ts'

/** Three short lines for people: what happened, what is still safe, what to do; with `--verbose` the causes too. */
export function reportFailure(
  out: Output,
  mask: (text: string) => string,
  failure: Failure,
  around: Around,
  err?: unknown,
): void {
  const { title, safe, todo } = describeFailure(failure, around)
  out.say(mask(`drydock: ${title}`))
  out.say(mask(`  Safe: ${safe}`))
  if (todo !== '') out.say(mask(`  To do: ${todo}`))
  if (!out.verbose) return
  out.say(`  [${failure.code} during ${failure.during}]`)
  for (const line of causesOf(err)) out.say(mask(`  ${line}`))
}

/** The error and what caused it, outermost first, each with where it was thrown. */
export function causesOf(err: unknown): string[] {
  const lines: string[] = []
  let cause = err
  // A chain may be a ring.
  for (let depth = 0; cause !== undefined && cause !== null && depth < 8; depth++) {
    const text =
      cause instanceof Error
        ? (cause.stack ?? cause.message)
        : typeof cause === 'string'
          ? cause
          : 'unknown error'
    lines.push(...text.split('\n').map((line, i) => (i === 0 && depth > 0 ? `caused by ${line}` : line)))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return lines
}
