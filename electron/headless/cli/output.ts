import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { printable } from './printable.ts'

export type Streams = {
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable & { isTTY?: boolean; columns?: number }
}

/**
 * Where a command's words go. Under `--json` stdout carries JSON lines and nothing else; what people are told goes to
 * stderr. A reader of stdout that went away (`| head`) is no error: writing stops and `closed` says so.
 */
export class Output {
  readonly json: boolean
  readonly verbose: boolean
  readonly #streams: Streams
  #closed = false
  /** What a progress line left on the terminal and must go before anything else is written. */
  #transient = false

  constructor(streams: Streams, options: { json: boolean; verbose: boolean }) {
    this.#streams = streams
    this.json = options.json
    this.verbose = options.verbose
    streams.stdout.on('error', () => (this.#closed = true))
    streams.stderr.on('error', () => {})
  }

  /** Whether nobody reads stdout any more; a listing may stop. */
  get closed(): boolean {
    return this.#closed
  }

  /** Width of the terminal on stderr in columns; null when stderr is none. */
  get columns(): number | null {
    const { stderr } = this.#streams
    return stderr.isTTY ? (stderr.columns ?? 80) : null
  }

  /** A JSON line, under `--json` only. */
  async event(event: string, fields: Record<string, unknown>): Promise<void> {
    if (this.json) await this.#write(`${JSON.stringify({ event, ...fields })}\n`)
  }

  /** A line of the answer for people; nothing under `--json`. Control characters are made visible. */
  async line(text: string): Promise<void> {
    if (!this.json) await this.#write(`${printable(text)}\n`)
  }

  /** Text of another terminal, made safe before, as it comes; nothing under `--json`. Colours only for a terminal. */
  async terminal(safe: string): Promise<void> {
    if (this.json) return
    await this.#write(this.#streams.stdout.isTTY ? safe : safe.replace(/\x1b\[[\d;:]*[mK]/g, ''))
  }

  /** A message beside the answer, for people, on stderr. */
  say(text: string): void {
    this.#clear()
    this.#streams.stderr.write(`${printable(text)}\n`)
  }

  /** Text that is laid out already (help): on stdout for people, on stderr under `--json`. */
  page(text: string): void {
    this.#streams[this.json ? 'stderr' : 'stdout'].write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Replaces the line at the bottom of the terminal. Only when stderr is one. */
  redraw(text: string): void {
    this.#streams.stderr.write(`\r\x1b[2K${printable(text)}`)
    this.#transient = true
  }

  #clear(): void {
    if (!this.#transient) return
    this.#transient = false
    this.#streams.stderr.write('\r\x1b[2K')
  }

  /** Waits until both streams have taken everything. */
  async flush(): Promise<void> {
    this.#clear()
    for (const stream of [this.#streams.stdout, this.#streams.stderr])
      if (stream.writableLength > 0 && !stream.destroyed)
        await new Promise<void>(resolve => {
          stream.once('error', () => resolve())
          stream.write('', () => resolve())
        })
  }

  async #write(text: string): Promise<void> {
    if (this.#closed) return
    this.#clear()
    if (this.#streams.stdout.write(text)) return
    // A pipe on Windows is asynchronous: a long listing must not pile up in memory.
    await Promise.race([once(this.#streams.stdout, 'drain'), once(this.#streams.stdout, 'close')]).catch(
      () => {},
    )
  }
}
