import { setTimeout as delay } from 'node:timers/promises'
import type { DirectorState } from '../../../shared/contract/director.ts'
import type { RunRecord } from '../../../shared/run.ts'
import { EngineError } from '../../engine/engine-error.ts'
import type { StartedRun, WatchedRun } from '../../engine/run/index.ts'
import { isUnderWay } from '../../engine/run/index.ts'
import { LineSplitter } from '../../engine/system/director/dialog/line-splitter.ts'
import type { CliContext } from './context.ts'
import type { Ending } from './ending.ts'
import { failedWith } from './ending.ts'
import { reportRun, runFields } from './follow-run.ts'
import type { StopReason } from './interrupts.ts'
import { ask, askYes } from './prompt.ts'
import type { Session } from './session.ts'

/** How often the terminal's text and the state are looked at, ms. */
const everyMs = 200
/** Least time between two progress lines, ms: of JSON, and on stderr when the script's output goes to a file. */
const jsonEveryMs = 500
const logEveryMs = 10_000

/**
 * Shows a Director restore until it ends: the script's terminal on stdout, its questions to the person at ours.
 * @param watched.own when the run lives in this process; Ctrl-C then asks whether the script is to be stopped
 * @param watched.from where to begin in the terminal's text, bytes
 */
export async function followDirector(
  ctx: CliContext,
  session: Session,
  watched: { run: WatchedRun; own: StartedRun | null; from?: number },
): Promise<Ending> {
  const view = new View(ctx, session, watched)
  const last = await ctx.interrupts.during(
    reason => view.stop(reason),
    () => view.follow(),
  )
  if (!last) return failedWith('cancelled')
  const state = await session.engine.directors.state(last.id)
  const { exit, recap, hostState, link } = state
  if (link === 'live' || link === 'lost')
    ctx.out.say(`setup.sh runs on, on ${state.host}. drydock director attach ${last.id} comes back to it.`)
  else ctx.out.say(hostState)
  if (last.state === 'succeeded' && last.kind === 'director-restore')
    ctx.out.say(
      `What the director and analytics pages show belongs into the report: drydock console, run ${last.id}.`,
    )
  const extra = { scriptExit: exit, recap, hostState }
  if (last.state !== 'interrupted' || !watched.own) return await reportRun(ctx, last, extra)
  // We leave, and the script runs on: nothing has failed.
  await ctx.out.event('run', runFields(last))
  return { ...failedWith('cancelled'), extra: { run: last.id, ...extra } }
}

class View {
  readonly #ctx: CliContext
  readonly #session: Session
  readonly #run: WatchedRun
  readonly #own: StartedRun | null
  readonly #away = new AbortController()
  readonly #lines: string[] = []
  readonly #splitter = new LineSplitter(line => this.#lines.push(line))
  #from: number
  #record: RunRecord | null = null
  #asked: { id: string; over: AbortController } | null = null
  #stopping = false
  /** Whether the script's cursor stands behind a question or a part of a line. */
  #withinLine = false
  #said = { progress: '', at: -Infinity }

  constructor(
    ctx: CliContext,
    session: Session,
    { run, own, from }: { run: WatchedRun; own: StartedRun | null; from?: number },
  ) {
    this.#ctx = ctx
    this.#session = session
    this.#run = run
    this.#own = own
    this.#from = from ?? 0
  }

  /** @returns the run's last record; null when only the watching ended */
  async follow(): Promise<RunRecord | null> {
    const { signal } = this.#away
    const ended = new AbortController()
    const watching = this.#watch(signal).finally(() => ended.abort())
    while (!ended.signal.aborted) {
      await this.#look()
      await delay(everyMs, undefined, { signal: ended.signal }).catch(() => {})
    }
    this.#asked?.over.abort()
    await watching
    await this.#look(true)
    if (this.#ctx.out.json) this.#splitter.end()
    await this.#tellLines()
    if (signal.aborted && (!this.#record || isUnderWay(this.#record))) return null
    if (this.#own) return await this.#own.done
    return await this.#session.engine.runs.get(this.#run.id)
  }

  /** Ctrl-C, or the end of this process. What runs on a host is not ended by either without a word. */
  stop(reason: StopReason): void {
    const { out } = this.#ctx
    if (!this.#own) {
      out.say(`drydock: stopped watching; run ${this.#run.id} goes on`)
      return this.#away.abort()
    }
    if (reason === 'operator' && this.#session.mayAsk) void this.#askToStop(this.#own)
    else this.#own.stop('shutdown')
  }

  async #askToStop(own: StartedRun): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    const { out } = this.#ctx
    try {
      this.#asked?.over.abort()
      out.say((await this.#session.engine.directors.state(own.id)).hostState)
      if (await askYes('Stop setup.sh there now?')) return own.stop('operator')
      out.say('It runs on. Ctrl-C again ends only this command.')
    } catch {
      // Ctrl-C to that question, too: whoever wants out gets out, and the script is left alone.
      own.stop('shutdown')
    } finally {
      this.#stopping = false
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for await (const record of this.#run.snapshots(signal)) this.#record = record
  }

  /** @param last whatever was said just now, the end is said too */
  async #look(last = false): Promise<void> {
    const { directors } = this.#session.engine
    for (;;) {
      const { text, next } = await directors.terminal(this.#run.id, this.#from)
      if (text === '') break
      this.#from = next
      if (this.#ctx.out.json) {
        this.#splitter.feed(text)
        await this.#tellLines()
      } else await this.#show(text)
    }
    const state = await directors.state(this.#run.id)
    await this.#tellProgress(state, last)
    await this.#put(state.asking)
  }

  async #show(text: string): Promise<void> {
    await this.#ctx.out.terminal(text)
    this.#withinLine = !/\n(?:\x1b\[[\d;:]*[mK])*$/.test(text)
  }

  async #tellLines(): Promise<void> {
    for (const text of this.#lines.splice(0)) await this.#ctx.out.event('line', { run: this.#run.id, text })
  }

  async #tellProgress(state: DirectorState, last: boolean): Promise<void> {
    const { out } = this.#ctx
    const { link, play, task, tasks, ok, changed, unreachable, failed } = state
    const phase = this.#record?.progress.phase ?? null
    const stalled = this.#record?.progress.stalled
    const fields = {
      ...{ run: this.#run.id, phase, link, play, task, tasks, ok, changed, unreachable, failed },
      ...(stalled === undefined ? {} : { stalled }),
    }
    const said = JSON.stringify(fields)
    const now = performance.now()
    const every = out.json ? jsonEveryMs : logEveryMs
    if (said === this.#said.progress || (!last && now - this.#said.at < every)) return
    this.#said = { progress: said, at: now }
    await out.event('progress', fields)
    // At a terminal the script's own output is there to see.
    if (out.json || out.columns !== null) return
    const at = task === null ? (phase ?? 'starting') : `task ${tasks}, ${task}`
    out.say(`${at} · ${ok} ok · ${changed} changed · ${unreachable} unreachable · ${failed} failed`)
  }

  /** Puts a question of the script to the person here, once; takes it back when it is over. */
  async #put(asking: DirectorState['asking']): Promise<void> {
    if (this.#asked && this.#asked.id !== asking?.id) {
      this.#asked.over.abort()
      this.#asked = null
    }
    if (!asking || this.#asked || this.#stopping) return
    const over = new AbortController()
    this.#asked = { id: asking.id, over }
    await this.#ctx.out.event('ask', { run: this.#run.id, ...asking })
    if (this.#withinLine) await this.#show('\r\n')
    void this.#ask(asking, over.signal)
  }

  async #ask({ id, text, hidden }: NonNullable<DirectorState['asking']>, signal: AbortSignal): Promise<void> {
    const { out, masker } = this.#ctx
    for (const line of text.split('\n')) out.say(`setup.sh asks: ${line}`)
    if (!this.#session.mayAsk)
      return out.say(
        `Answer it in the console, or with drydock director attach ${this.#run.id} at a terminal.`,
      )
    try {
      const typed = await ask(hidden ? 'Your answer (not shown):' : 'Your answer:', { hidden, signal })
      if (hidden) masker.learn(typed)
      await this.#run.answer({ question: id, text: typed, hidden })
    } catch (err) {
      if (signal.aborted) return
      if (err instanceof EngineError && err.code === 'cancelled') return this.stop('operator')
      out.say(`Not typed: ${err instanceof EngineError ? (err.detail ?? err.code) : 'it could not be sent'}`)
      // Asked again when it still waits.
      this.#asked = null
    }
  }
}
