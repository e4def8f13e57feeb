import type { PlayRecap } from '../../../../../shared/contract/director.ts'
import type { TaskResult } from './ansible-lines.ts'

type Counts = Omit<PlayRecap, 'host'>
type HostCounts = {
  /** As counted line by line, and never less than what recaps say. */
  seen: Counts
  /** The sum of all recaps: a script may play several books. */
  recapped: Counts | null
  /** `seen` when the book that plays now began. */
  before: Counts
  /** The task that `had` is about. */
  task: number
  had: Set<TaskResult>
}

/** More hosts than this are in no deployment. */
const mostHosts = 512
const none: Counts = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 }
const keys = Object.keys(none) as (keyof Counts)[]

/** What came of tasks, per host, as Ansible counts it: a task counts once per host, `ok` counts changed ones too. */
export class CountsPerHost {
  readonly #hosts = new Map<string, HostCounts>()

  get hosts(): string[] {
    return [...this.#hosts.keys()]
  }

  /** Hosts on which something was changed, or failed and may have changed something before it did. */
  get touched(): Pick<PlayRecap, 'host' | 'changed'>[] {
    return [...this.#hosts].flatMap(
      ([
        host,
        {
          seen: { changed, failed },
        },
      ]) => (changed + failed > 0 ? [{ host, changed }] : []),
    )
  }

  /** The sum over all hosts. Never falls. */
  get total(): Counts {
    const sum = { ...none }
    for (const { seen } of this.#hosts.values()) for (const key of keys) sum[key] += seen[key]
    return sum
  }

  /** Of every host that a recap named: the sum of its recaps. */
  get recap(): PlayRecap[] {
    return [...this.#hosts].flatMap(([host, { recapped }]) => (recapped ? [{ host, ...recapped }] : []))
  }

  /** @param task number of the task: each result counts once for it, however many items it has */
  count(host: string, task: number, result: TaskResult | 'ignored'): void {
    const counts = this.#of(host)
    if (!counts) return
    if (counts.task !== task) {
      counts.task = task
      counts.had.clear()
    }
    const add = (key: TaskResult, to: keyof Counts) => {
      if (counts.had.has(key)) return
      counts.had.add(key)
      counts.seen[to] += 1
    }
    if (result === 'ignored') counts.seen.ignored += 1
    if (result === 'ok' || result === 'changed' || result === 'ignored') add('ok', 'ok')
    if (result === 'changed') add('changed', 'changed')
    if (result === 'failed') add('failed', 'failed')
    if (result === 'unreachable') add('unreachable', 'unreachable')
    if (result === 'skipped') add('skipped', 'skipped')
  }

  /** Takes in a line of a recap: it knows what no line of a task tells. */
  recapped({ host, ...said }: PlayRecap): void {
    const counts = this.#of(host)
    if (!counts) return
    const { seen, before } = counts
    counts.recapped = sum(counts.recapped ?? none, said)
    for (const key of keys) seen[key] = Math.max(seen[key], before[key] + said[key])
    counts.before = { ...seen }
  }

  #of(host: string): HostCounts | undefined {
    const found = this.#hosts.get(host)
    if (found || this.#hosts.size >= mostHosts) return found
    const fresh = {
      seen: { ...none },
      recapped: null,
      before: { ...none },
      task: -1,
      had: new Set<TaskResult>(),
    }
    this.#hosts.set(host, fresh)
    return fresh
  }
}

const sum = (a: Counts, b: Counts): Counts => {
  const both = { ...a }
  for (const key of keys) both[key] += b[key]
  return both
}
