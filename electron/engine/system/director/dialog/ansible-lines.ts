import type { PlayRecap } from '../../../../../shared/contract/director.ts'

/** How a task went on a host. `failed` may still turn out to be ignored. */
export type TaskResult = 'ok' | 'changed' | 'skipped' | 'failed' | 'unreachable'

/** What a line of Ansible's default output says. */
export type AnsibleLine =
  | { is: 'play' | 'task'; name: string }
  | { is: 'recap' }
  | { is: 'result'; result: TaskResult; host: string; rest: string }
  | { is: 'included'; hosts: string[] }
  | { is: 'host'; recap: PlayRecap }
  | { is: 'ignoring' }
  /** It fails before, or outside of, any task. */
  | { is: 'error'; message: string }

const heading = /^(PLAY RECAP|PLAY|TASK|RUNNING HANDLER|HANDLER)\s*(?:\[(.*)\])?\s*\**\s*$/su
/** Longest line that is looked at as a heading, characters: a hostile one must not cost seconds. */
const longestHeading = 2000
const opening = /^(?:PLAY|TASK|RUNNING HANDLER|HANDLER) \[/u
const closed = /\]\s*\**\s*$|\]\s*\*{2,}/u
const result =
  /^(ok|changed|skipping|fatal|failed): \[([^\]\s]+)(?: -> [^\]]+)?\](?::? ?)(FAILED!|UNREACHABLE!)?(.*)$/su
const recapped = /^(\S+)\s+: (ok=\d.*)$/u
const words = { ok: 'ok', changed: 'changed', skipping: 'skipped', failed: 'failed' } as const

/** @param line without escape sequences; null for what says nothing about the course of things */
export function readAnsibleLine(line: string): AnsibleLine | null {
  const first = line[0]
  // Most of a long output is none of these: one look at its first letter.
  if (first === undefined || first === ' ') return null
  const head = heading.exec(line.slice(0, longestHeading))
  if (head?.[1] === 'PLAY RECAP') return { is: 'recap' }
  if (head) {
    const is = head[1] === 'PLAY' ? 'play' : 'task'
    // A play without a name has no brackets; a line with the bare word TASK is something else.
    return head[2] === undefined && (is === 'task' || !line.includes('*'))
      ? null
      : { is, name: (head[2] ?? '').replace(/\s+/gu, ' ').trim() }
  }
  const done = result.exec(line)
  if (done) {
    const [, word = '', host = '', how, rest = ''] = done
    if (word !== 'fatal')
      return { is: 'result', result: words[word as keyof typeof words], host, rest: rest.trim() }
    return {
      is: 'result',
      result: how === 'UNREACHABLE!' ? 'unreachable' : 'failed',
      host,
      rest: rest.trim(),
    }
  }
  if (line.startsWith('...ignoring')) return { is: 'ignoring' }
  const included = /^included: .* for ([^\s,]+(?:, ?[^\s,]+)*)/u.exec(line)
  if (included) return { is: 'included', hosts: (included[1] ?? '').split(/, ?/u) }
  const counts = recapped.exec(line)
  if (counts) return { is: 'host', recap: readCounts(counts[1] ?? '', counts[2] ?? '') }
  const error = /^(?:ERROR!|\[ERROR\]:) ?(.+)$/su.exec(line)
  return error ? { is: 'error', message: error[1] ?? '' } : null
}

/** Whether a heading is cut off: a terminal that is too narrow, or a name with a line feed in it. */
export const isOpenHeading = (line: string): boolean =>
  opening.test(line) && !closed.test(line.slice(0, longestHeading))

function readCounts(host: string, text: string): PlayRecap {
  const of = (key: string) => {
    const number = Number(new RegExp(`\\b${key}=(\\d{1,9})\\b`, 'u').exec(text)?.[1] ?? 0)
    return Number.isSafeInteger(number) ? number : 0
  }
  return {
    host,
    ok: of('ok'),
    changed: of('changed'),
    unreachable: of('unreachable'),
    failed: of('failed'),
    skipped: of('skipped'),
    rescued: of('rescued'),
    ignored: of('ignored'),
  }
}
