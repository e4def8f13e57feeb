import type { DirectorLine } from '../../../../../shared/contract/director.ts'
import type { Verdict } from '../../../../../shared/contract/restore.ts'
import { describeFailure } from '../../../../../shared/failure-copy.ts'
import { EngineError, toFailure } from '../../../engine-error.ts'
import { raced } from '../../../restore/raced.ts'

/** A line without the time it took. */
export type Finding = Omit<DirectorLine, 'took'>

/** What lines begin with, in the order in which they are shown. */
const order = [
  'host',
  'folder',
  'tools',
  'lock',
  'restore.yml',
  'master.yml',
  'verb',
  'first',
  'mode',
  'modes',
  'site',
  'pair',
  'server',
  'backup-site',
  'portal',
  'backup',
  'answers',
  'files',
  'content',
  'fetch',
  'safety',
  'analytics',
  'hosts',
  'ssh',
  'key',
  'login',
  'clock',
  'disk',
  'version',
  'command',
  'running',
  'last',
  'vault',
  'time',
]
/** Without these nothing can be restored, or switched over: not to know is to stop. What the others cannot tell is a warning. */
const needed = new Set([
  ...['host', 'folder', 'tools', 'lock', 'restore.yml', 'master.yml', 'mode', 'server', 'files', 'content'],
  ...['fetch', 'hosts', 'ssh', 'key', 'login', 'verb', 'backup'],
])

/** `login` of `login:192.0.2.11:22`; `master.yml` of `master.yml/3`. */
const kindOf = (id: string): string => id.split(/[:/]/, 1)[0] ?? id

/** The worst line decides. */
export function verdictOf(lines: readonly Pick<Finding, 'id' | 'state'>[]): Verdict {
  const stops = ({ id, state }: Pick<Finding, 'id' | 'state'>) =>
    state === 'stop' || (state === 'not-tried' && needed.has(kindOf(id)))
  if (lines.some(stops)) return 'NO-GO'
  return lines.every(({ state }) => state === 'pass') ? 'GO' : 'GO WITH WARNINGS'
}

export const pass = (id: string, title: string, finding: string): Finding => ({
  id,
  title,
  state: 'pass',
  finding,
})
export const warn = (id: string, title: string, finding: string, fix: string): Finding => ({
  ...{ id, title, state: 'warn' as const, finding, fix },
})
export const stop = (id: string, title: string, finding: string, fix: string): Finding => ({
  ...{ id, title, state: 'stop' as const, finding, fix },
})
export const notTried = (id: string, title: string, finding: string): Finding => ({
  ...{ id, title, state: 'not-tried' as const, finding },
})

/** What happened, and the detail that helps: `The login was refused: tried password`. Never holds a secret. */
export function wordsOf(err: unknown): string {
  const failure = toFailure(err, 'director.preflight')
  const { title } = describeFailure(failure)
  const detail = failure.code === 'internal' || failure.code === 'cancelled' ? undefined : failure.detail
  // A login or an address keeps its letters.
  const said = /^\S*[@:]/.test(title) ? title : `${title.charAt(0).toUpperCase()}${title.slice(1)}`
  return detail && !said.includes(detail) ? `${said}: ${detail}.` : `${said}.`
}

/** The lines of a preflight as they become known, each told at once, and how long each may take. */
export class Board {
  readonly #lines = new Map<string, DirectorLine>()
  readonly #told: (line: DirectorLine) => void
  readonly #signal: AbortSignal
  readonly #begin = performance.now()

  constructor(options: { signal: AbortSignal; told: (line: DirectorLine) => void }) {
    this.#signal = options.signal
    this.#told = options.told
  }

  /** @param since of `performance.now()`, when looking at it began */
  add(since: number, finding: Finding): void {
    const { id } = finding
    // The first word counts: what comes after a deadline is too late.
    if (this.#lines.has(id) || this.#signal.aborted) return
    const line = { ...finding, took: Math.max(0, Math.round(performance.now() - since)) }
    this.#lines.set(id, line)
    this.#told(line)
  }

  /** Whether there is a line of this kind. */
  has(kind: string): boolean {
    return [...this.#lines.keys()].some(id => kindOf(id) === kind)
  }

  /** Fires `ms` after the preflight began, or when it is cancelled. */
  until(ms: number): AbortSignal {
    const left = Math.max(1, Math.ceil(this.#begin + ms - performance.now()))
    return AbortSignal.any([this.#signal, AbortSignal.timeout(left)])
  }

  /** Fires when `outer` does, or after `ms` from now. */
  within(ms: number, outer: AbortSignal): AbortSignal {
    return AbortSignal.any([outer, AbortSignal.timeout(ms)])
  }

  get sorted(): DirectorLine[] {
    const rank = ({ id }: DirectorLine) => order.indexOf(kindOf(id))
    return [...this.#lines.values()].sort((a, b) => rank(a) - rank(b))
  }
}

/**
 * Waits for `work` until the signal fires.
 * @throws EngineError `network.stalled` instead of the timer's own error
 */
export async function inTime<T>(
  work: Promise<T>,
  signal: AbortSignal,
  detail = 'no answer in time',
): Promise<T> {
  try {
    return await raced(work, signal)
  } catch (err) {
    if (err instanceof Error && err.name === 'TimeoutError')
      throw new EngineError('network.stalled', 'director.preflight', { detail })
    // A call that heard the same signal says "cancelled" for the same reason.
    const late = signal.aborted && (signal.reason as Error | undefined)?.name === 'TimeoutError'
    if (late && err instanceof EngineError && err.code === 'cancelled')
      throw new EngineError('network.stalled', 'director.preflight', { detail })
    throw err
  }
}
