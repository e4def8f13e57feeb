import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DirectorState } from '../../../../../shared/contract/director.ts'
import type { Clock } from '../../../ports.ts'
import type { ActiveRun, RunAnswer } from '../../../run/index.ts'
import { RunCancelled } from '../../../run/index.ts'
import { EngineError } from '../../../engine-error.ts'
import type { AnsibleReader, AnsibleState } from '../dialog/ansible.ts'
import type { ScriptDeed } from '../dialog/host-state.ts'
import { hostStateOf } from '../dialog/host-state.ts'
import type { Move, Question, SetupDialog } from '../dialog/setup-dialog.ts'
import type { TerminalLog } from '../dialog/terminal-log.ts'
import type { JobEvent, JobLink, Typed } from '../job/job.ts'
import type { JobConnection } from './connection.ts'
import { note } from './journal-marks.ts'
import type { StateFile } from './state-file.ts'

type Ended = Extract<JobEvent, { is: 'ended' }>

export type ScriptWatch = {
  run: ActiveRun
  connection: JobConnection
  dialog: SetupDialog
  terminal: TerminalLog
  ansible: AnsibleReader
  state: StateFile
  clock: Clock
  learn: (secret: unknown) => void
  /** Questions for which an earlier process typed a secret, or was about to. */
  asked: ReadonlySet<string>
  /** What the script does, for the words about its hosts; absent: a restore. */
  deed?: ScriptDeed
}

/** After Ctrl-C the script gets this long to end by itself, ms. */
const patienceMs = 20_000

/**
 * Follows `setup.sh` to its end: its output into the terminal log and the counters, its questions answered or asked.
 * A lost connection is made again for as long as it takes. A cancel by the operator presses Ctrl-C and waits for the
 * end; a shutdown of Drydock leaves the script alone.
 * @throws the run's reason when Drydock shuts down; EngineError `trust.*`, `auth.*` when the host lets nobody in again
 */
export async function watchScript(watch: ScriptWatch): Promise<Ended> {
  const { run } = watch
  const leave = new AbortController()
  const onAbort = () => {
    const { reason } = run.signal as { reason: unknown }
    if (reason instanceof RunCancelled && reason.by === 'operator') stop(watch, leave.signal)
    else leave.abort(reason)
  }
  run.signal.addEventListener('abort', onAbort, { once: true })
  if (run.signal.aborted) onAbort()
  const script = new Script(watch)
  run.onAnswer(answer => script.answer(answer))
  try {
    return await watch.connection.keep(link => script.follow(link, leave.signal), leave.signal)
  } finally {
    run.signal.removeEventListener('abort', onAbort)
    leave.abort()
    await watch.terminal.flush()
  }
}

class Script {
  readonly #watch: ScriptWatch
  readonly #decoder = new StringDecoder('utf8')
  /** Of the script's whole output: how far it was read here. */
  #offset = 0
  /** The question that waits for a person. */
  #asking: Question | null = null
  /** How far an earlier process has come: what was said before that is nothing new. */
  readonly #known: number
  readonly #before: DirectorState

  constructor(watch: ScriptWatch) {
    this.#watch = watch
    this.#known = watch.terminal.rawOffset
    this.#before = watch.state.state
  }

  async follow(link: JobLink, signal: AbortSignal): Promise<Ended> {
    const { connection, state, run, clock } = this.#watch
    for await (const event of link.follow(this.#offset, signal)) {
      connection.alive()
      if (state.state.link !== 'live') {
        const { state: seen } = this.#watch.ansible
        const hostState = this.#hostState(seen)
        state.change({ link: 'live', nextTry: null, hostState })
        run.progress({ stalled: null })
      }
      if (event.is === 'ended') {
        this.#finish(event)
        return event
      }
      if (event.is === 'quiet') await this.#quiet(link, event.ms, event.echo)
      else await this.#output(event.bytes, clock.now())
    }
    throw new EngineError('network.interrupted', 'director.script', {
      detail: 'the connection ended before the script did',
    })
  }

  async answer({ question, text, hidden }: RunAnswer): Promise<void> {
    const { connection, dialog, state, learn } = this.#watch
    const asking = this.#asking
    if (asking?.id !== question) throw notAsked('it asks something else by now, or nothing')
    // A secret that the terminal shows is one all the same.
    if (hidden || asking.why === 'echo') learn({ answer: text })
    const typed = await connection.link.type(text, { secret: hidden, at: this.#offset })
    if (typed === 'echo-is-on')
      throw notAsked('the terminal would show what is typed now; send it as plain text if that is meant')
    if (typed !== 'sent') throw notAsked('the script went on meanwhile')
    dialog.answered(asking.id)
    this.#asking = null
    state.change({ asking: null })
  }

  #hostState(ansible: AnsibleState, ended: Ended | null = null, lost = false): string {
    return hostStateOf({ ansible, started: true, ended, lost, deed: this.#watch.deed ?? 'restore' })
  }

  async #output(bytes: Uint8Array, now: number): Promise<void> {
    const { terminal, dialog, ansible, state } = this.#watch
    await terminal.write(this.#offset, bytes)
    this.#offset += bytes.length
    const text = this.#decoder.write(Buffer.from(bytes))
    dialog.output(text)
    ansible.feed(text)
    // What was said answers for the operator: the question is gone.
    this.#asking = null
    const { play, task, tasks, ok, changed, unreachable, failed, recap } = ansible.state
    const { run } = this.#watch
    state.change({
      ...{ play, task, tasks, ok, changed, unreachable, failed, recap },
      lastOutput: this.#offset > this.#known ? new Date(now).toISOString() : this.#before.lastOutput,
      asking: null,
      hostState: this.#hostState(ansible.state),
    })
    run.progress({ files: tasks, stalled: null })
  }

  async #quiet(link: JobLink, ms: number, echo: boolean): Promise<void> {
    const { dialog, run } = this.#watch
    if (run.signal.aborted) return
    const move = dialog.quiet(ms, echo)
    if (move.do === 'type' && move.secret && this.#watch.asked.has(move.question)) {
      // Typed twice, it would answer the next question. Whether it went in, nobody can tell from here.
      this.#ask({ id: move.question, text: typedBefore, hidden: true, why: 'again' })
    } else if (move.do === 'type') {
      const typed = await this.#type(link, move)
      if (typed === 'sent') dialog.answered(move.question)
      else dialog.refused(move.question, typed)
      const outcome = typed === 'sent' ? 'answered' : `not answered, ${typed}`
      run.log(`setup.sh asked ${move.question.split('@')[0] ?? ''}: ${outcome}`)
    } else if (move.do === 'ask' && this.#asking?.id !== move.question.id) this.#ask(move.question)
  }

  /** @throws EngineError `network.*`: nobody knows whether it went in; then the question is looked at again, or put to a person */
  async #type(link: JobLink, move: Extract<Move, { do: 'type' }>): Promise<Typed> {
    const { dialog, run } = this.#watch
    const { question, line, secret } = move
    if (secret) await note(run, { mark: 'typing', question })
    try {
      return await link.type(line, { secret, at: this.#offset })
    } catch (err) {
      // What is echoed shows by itself whether it went in. A secret does not.
      if (secret) this.#ask({ id: question, text: typedBefore, hidden: true, why: 'again' })
      else dialog.refused(question, 'output-moved')
      throw err
    }
  }

  #ask(question: Question): void {
    const { run, state, clock } = this.#watch
    const { id, text, hidden } = question
    this.#asking = question
    run.log(`setup.sh asks the operator: ${text}`)
    const asked = this.#before.asking
    const since = asked?.id === id ? asked.since : new Date(clock.now()).toISOString()
    state.change({ asking: { id, text, hidden, since } })
    run.progress({ stalled: `setup.sh asks: ${text}`, asks: true })
  }

  #finish(event: Ended): void {
    const { ansible, state } = this.#watch
    ansible.end()
    const lost = event.lost === true
    state.change({
      link: 'ended',
      asking: null,
      exit: event.exit,
      hostState: this.#hostState(ansible.state, event, lost),
    })
  }
}

/**
 * Ctrl-C, and the end of everything it started when that does not help. While the connection is lost it is tried again:
 * a cancel that the script never hears of would be none.
 */
function stop({ connection, run }: ScriptWatch, over: AbortSignal): void {
  const press = async (how: 'interrupt' | 'kill') => {
    await connection.keep(link => link.stop(how), over)
    run.log(
      how === 'interrupt' ? 'Ctrl-C was pressed for setup.sh' : 'setup.sh and all it started were ended',
    )
  }
  const pressed = async () => {
    await press('interrupt')
    await sleep(patienceMs, undefined, { signal: over })
    await press('kill')
  }
  pressed().catch((err: unknown) => {
    if (!over.aborted) run.log(`setup.sh could not be stopped: ${String(err)}`)
  })
}

const typedBefore =
  'The connection was lost while the answer to this was typed. Look at the terminal: only answer if it still waits.'

const notAsked = (detail: string) => new EngineError('run.conflict', 'director.answer', { detail })
