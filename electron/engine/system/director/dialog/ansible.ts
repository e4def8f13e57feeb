import type { PlayRecap } from '../../../../../shared/contract/director.ts'
import type { AnsibleLine, TaskResult } from './ansible-lines.ts'
import { isOpenHeading, readAnsibleLine } from './ansible-lines.ts'
import { failureMessage, oneLine } from './failure-message.ts'
import { CountsPerHost } from './host-counts.ts'
import { LineSplitter } from './line-splitter.ts'

/** A task that failed on a host, or a host that a task did not reach. Texts are bounded and masked. */
export type AnsibleFailure = {
  /** null: it failed outside of any host. */
  host: string | null
  play: string | null
  task: string | null
  /** The task's number, from 1; 0 before the first. */
  number: number
  unreachable: boolean
  message: string
}

/** What `DirectorState` tells of the plays, and what is needed to say how the hosts stand. */
export type AnsibleState = {
  play: string | null
  task: string | null
  /** Tasks that have begun. */
  tasks: number
  /** Counted per task and host; they never fall. `ok` holds changed ones too. */
  ok: number
  changed: number
  unreachable: number
  failed: number
  ignored: number
  /** Per host the sum of all recaps so far. */
  recap: PlayRecap[]
  /** Whether a task is under way: none is after a recap. */
  busy: boolean
  hosts: string[]
  /** Those of `hosts` on which something was changed or failed, and how much was changed there. */
  touched: Pick<PlayRecap, 'host' | 'changed'>[]
  failure: AnsibleFailure | null
}

/** A failure that `...ignoring` may still follow: at once, or after the last item of a loop. */
type Pending = { host: string; unreachable: boolean; printed: string; number: number; item: boolean }

/** What is kept of a failure's text, characters; and failures at all. */
const mostPrinted = 64 * 1024
const mostFailures = 256
const longestName = 200

/**
 * Reads the course of things out of Ansible's output, in pieces of any length. It is told by the default output of
 * Ansible; anything else between its lines is no harm.
 */
export class AnsibleReader {
  readonly #mask: (text: string) => string
  readonly #lines = new LineSplitter(line => this.#line(line))
  readonly #counts = new CountsPerHost()
  /** By host the last failure that was not ignored: earlier ones of the same host were rescued. */
  readonly #failures = new Map<string, AnsibleFailure>()
  #error: AnsibleFailure | null = null
  #play: string | null = null
  #task: string | null = null
  #tasks = 0
  #busy = false
  /** A heading that is cut off. */
  #heading = ''
  /** The newest last. */
  #pending: Pending[] = []

  /** @param mask takes secrets out of names and messages */
  constructor(mask: (text: string) => string = text => text) {
    this.#mask = mask
  }

  get state(): AnsibleState {
    const { ok, changed, unreachable, failed, ignored } = this.#counts.total
    return {
      play: this.#play,
      task: this.#task,
      tasks: this.#tasks,
      ...{ ok, changed, unreachable, failed, ignored },
      recap: this.#counts.recap.map(line => ({ ...line, host: this.#words(line.host) })),
      busy: this.#busy,
      hosts: this.#counts.hosts.map(host => this.#words(host)),
      touched: this.#counts.touched.map(one => ({ ...one, host: this.#words(one.host) })),
      failure: this.#failure,
    }
  }

  /** What failed first, in a sentence; null when nothing did. */
  get trouble(): string | null {
    const failure = this.#failure
    if (!failure) return null
    const { host, task, number, unreachable, message } = failure
    const at = task === null ? '' : ` at “${task}” (task ${number})`
    const what =
      host === null ? 'Ansible failed' : unreachable ? `${host} could not be reached` : `${host} failed`
    return `${what}${at}${message === '' ? '' : `: ${message}`}`
  }

  feed(text: string): void {
    this.#lines.feed(text)
  }

  /** No more comes: what was open is decided. */
  end(): void {
    this.#lines.end()
    this.#settle()
  }

  get #failure(): AnsibleFailure | null {
    const all = [...this.#failures.values()]
    const lost = new Set(
      this.#counts.recap.flatMap(({ host, failed, unreachable }) => (failed + unreachable > 0 ? [host] : [])),
    )
    // A recap knows which failures were made good again by a rescue.
    const first = all.find(({ host }) => host !== null && lost.has(host)) ?? all[0] ?? this.#error
    return first ? { ...first, host: first.host === null ? null : this.#words(first.host) } : null
  }

  #line(line: string): void {
    if (this.#heading !== '') {
      const whole = `${this.#heading}${line.startsWith('*') ? '' : ' '}${line}`
      this.#heading = ''
      if (!isOpenHeading(whole)) return this.#line(whole)
      // Two lines are a heading that was cut in two; three are something else.
    }
    if (isOpenHeading(line)) {
      this.#heading = line.slice(0, 1000)
      return
    }
    const said = readAnsibleLine(line)
    if (said?.is === 'ignoring') this.#ignore()
    else if (said) {
      const within = said.is === 'result' || said.is === 'included'
      this.#settle(within ? ({ item }) => !item : undefined)
      this.#take(said)
    } else this.#more(line)
  }

  #take(said: AnsibleLine): void {
    switch (said.is) {
      case 'play':
        this.#play = this.#words(said.name)
        this.#task = null
        this.#busy = true
        return
      case 'task':
        this.#task = this.#words(said.name)
        this.#tasks += 1
        this.#busy = true
        return
      case 'recap':
        this.#busy = false
        return
      case 'host':
        // Other programs print columns too; only the lines below the heading count.
        if (!this.#busy) this.#counts.recapped(said.recap)
        return
      case 'included':
        for (const host of said.hosts) this.#counts.count(host, this.#tasks, 'ok')
        return
      case 'error':
        this.#error ??= {
          ...{ host: null, play: this.#play, task: this.#task, number: this.#tasks, unreachable: false },
          message: this.#message(said.message),
        }
        return
      case 'result':
        return this.#result(said.host, said.result, said.rest)
      case 'ignoring':
    }
  }

  #result(host: string, result: TaskResult, rest: string): void {
    const number = this.#tasks
    if (result !== 'failed' && result !== 'unreachable') return this.#counts.count(host, number, result)
    const earlier = this.#pending.findIndex(one => one.host === host && one.number === number)
    const [first] = earlier < 0 ? [] : this.#pending.splice(earlier, 1)
    const item = rest.startsWith('(item=')
    this.#pending.push(first ?? { host, unreachable: result === 'unreachable', printed: rest, number, item })
  }

  /** A further line of a failure's text: JSON or YAML over several lines. An empty one ends it. */
  #more(line: string): void {
    const pending = this.#pending.at(-1)
    if (!pending) return
    if (line === '' && !/^(?:=>)?\s*$/u.test(pending.printed)) this.#settle(({ item }) => !item)
    else if (pending.printed.length < mostPrinted) pending.printed += `\n${line}`
  }

  #ignore(): void {
    const pending = this.#pending.pop()
    if (pending) this.#counts.count(pending.host, pending.number, 'ignored')
  }

  /** Those that nothing was said about failed. */
  #settle(which: (pending: Pending) => boolean = () => true): void {
    if (this.#pending.length === 0) return
    const over = this.#pending.filter(which)
    this.#pending = this.#pending.filter(one => !which(one))
    for (const { host, unreachable, printed, number } of over) {
      this.#counts.count(host, number, unreachable ? 'unreachable' : 'failed')
      const known = this.#failures.get(host)
      if (known?.number === number || (!known && this.#failures.size >= mostFailures)) continue
      // Moves to the end: the order is that of the failures that count.
      this.#failures.delete(host)
      this.#failures.set(host, {
        ...{ host, play: this.#play, task: this.#task, number, unreachable },
        message: this.#message(printed),
      })
    }
  }

  #message(printed: string): string {
    // Masked before it is cut: half a secret is no longer found.
    return oneLine(this.#mask(failureMessage(printed)))
  }

  #words(name: string): string {
    return oneLine(this.#mask(name), longestName)
  }
}
