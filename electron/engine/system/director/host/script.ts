import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { EngineError } from '../../../engine-error.ts'
import type { HostResult, HostRun, HostStream } from './host.ts'

/** A script that runs now, here or at the other end of an ssh connection. */
export type Script = {
  stdin: Writable
  stdout: AsyncIterable<Uint8Array>
  stderr: Readable
  /** How it ended. @throws EngineError when the connection to it was lost */
  ended: Promise<{ exit: number | null; signal: string | null }>
  /** Ends it and what it started; may be called at any time, and more than once. */
  kill(): void
}

export const during = 'director.host'
/** What a script may say, bytes, and how long it may take, ms, unless the caller knows better. */
const usual = { maxOutput: 1024 * 1024, timeoutMs: 20_000 }
/** How much of what a streaming script complains about is kept: its last words matter most. */
const keptComplaints = 16 * 1024

/** Waits for a script, with everything it says. @throws as `Host.run` */
export async function runScript(
  start: (signal: AbortSignal) => Promise<Script>,
  about: string,
  options: HostRun = {},
): Promise<HostResult> {
  const { maxOutput, timeoutMs } = { ...usual, ...options }
  const stop = new Stop(about, options.signal)
  const timer = setTimeout(
    () =>
      stop.with(
        new EngineError('network.stalled', during, {
          subject: about,
          detail: `no answer within ${Math.round(timeoutMs / 1000)} s`,
        }),
      ),
    timeoutMs,
  )
  try {
    const script = await started(stop, start)
    try {
      const tooMuch = () =>
        stop.with(
          new EngineError('remote.limit', during, {
            subject: about,
            detail: `it says more than ${maxOutput} bytes`,
          }),
        )
      const input = options.input
      const said = Promise.all([
        gather(script.stdout, maxOutput, tooMuch),
        gather(script.stderr, maxOutput, tooMuch),
        feed(script, input ? [input] : []),
      ])
      const [stdout, stderr] = await stop.guard(said)
      const { exit, signal } = await stop.guard(script.ended)
      return { exit, signal, stdout, stderr: stderr.toString('utf8') }
    } catch (err) {
      script.kill()
      throw err
    }
  } finally {
    clearTimeout(timer)
    stop.done()
  }
}

/** Passes a script's output on as it comes; no more is read than is asked for. @throws as `Host.stream` */
export async function* streamScript(
  start: (signal: AbortSignal) => Promise<Script>,
  about: string,
  options: HostStream = {},
): AsyncGenerator<Uint8Array, { exit: number | null; stderr: string }> {
  const stop = new Stop(about, options.signal)
  let script: Script | null = null
  let finished = false
  try {
    script = await started(stop, start)
    const complaints = lastWords(script.stderr, options.complain)
    // What it cannot be given ends it: half an input must not look like a whole one.
    const feeding = feed(script, options.input ?? []).catch((err: unknown) => {
      stop.with(err)
      throw err
    })
    feeding.catch(() => {})
    const output = script.stdout[Symbol.asyncIterator]()
    for (;;) {
      const next = await stop.guard(output.next())
      if (next.done) break
      yield next.value
    }
    const { exit } = await stop.guard(script.ended)
    await stop.guard(feeding)
    finished = true
    return { exit, stderr: await complaints }
  } finally {
    if (!finished) script?.kill()
    stop.done()
  }
}

/** A script that starts only after it was given up is ended then. */
async function started(stop: Stop, start: (signal: AbortSignal) => Promise<Script>): Promise<Script> {
  const starting = start(stop.signal)
  try {
    return await stop.guard(starting)
  } catch (err) {
    starting.then(
      script => script.kill(),
      () => {},
    )
    throw err
  }
}

/** The one reason for which a script is ended early: cancelled, too slow, says too much. The first one counts. */
class Stop {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal | undefined
  readonly #cancel: () => void

  constructor(about: string, outer: AbortSignal | undefined) {
    this.#outer = outer
    this.#cancel = () =>
      this.with(new EngineError('cancelled', during, { subject: about, cause: outer?.reason }))
    if (outer?.aborted) this.#cancel()
    else outer?.addEventListener('abort', this.#cancel, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  with(why: unknown): void {
    this.#controller.abort(why)
  }

  /** Waits for `work` no longer than until the stop. */
  guard<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {})
    const { signal } = this
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    return new Promise<T>((resolve, reject) => {
      const stopped = () => reject(signal.reason as Error)
      signal.addEventListener('abort', stopped, { once: true })
      void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stopped))
    })
  }

  done(): void {
    this.#outer?.removeEventListener('abort', this.#cancel)
  }
}

async function gather(source: AsyncIterable<Uint8Array>, max: number, tooMuch: () => void): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > max) {
      tooMuch()
      break
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function lastWords(
  source: AsyncIterable<Uint8Array>,
  told: (piece: Uint8Array) => void = () => {},
): Promise<string> {
  let kept = Buffer.alloc(0)
  try {
    for await (const piece of source) {
      told(piece)
      kept = Buffer.concat([kept, piece]).subarray(-keptComplaints)
    }
  } catch {
    // It broke with the connection; what was said is what there is.
  }
  return kept.toString('utf8')
}

/** Writes at the script's pace. A script that stops reading is no error here: its exit status tells. */
async function feed(script: Script, input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const { stdin } = script
  let broken = false
  stdin.on('error', () => (broken = true))
  const over = script.ended.then(
    () => (broken = true),
    () => (broken = true),
  )
  const pieces = Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]()
  const ended = over.then(() => null)
  for (;;) {
    // Not for an input that has nothing to say now, when nobody reads it any more.
    const next = await Promise.race([pieces.next(), ended])
    if (next === null || next.done || broken || stdin.destroyed) break
    if (!stdin.write(next.value)) await Promise.race([once(stdin, 'drain').catch(() => {}), over])
  }
  void Promise.resolve(pieces.return?.()).catch(() => {})
  stdin.end()
}
