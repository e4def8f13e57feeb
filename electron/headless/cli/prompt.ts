import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { EngineError } from '../../engine/engine-error.ts'
import { printable } from './printable.ts'

/** Whether a person sits at a terminal and can be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

let last: Promise<unknown> = Promise.resolve()
let open = 0

/** Whether a question stands on the terminal: a progress line would draw over it. */
export const isAsking = (): boolean => open > 0

/**
 * Asks on the terminal, the question on stderr so that stdout stays clean.
 * @param options.hidden what is typed is not shown
 * @param options.signal takes the question back
 * @throws EngineError `cancelled` on Ctrl-C, at the end of input, and when it is taken back
 */
export async function ask(question: string, options: AskOptions = {}): Promise<string> {
  // Two servers that are opened at once may both have a question: one after the other.
  const mine = last.then(() => askNow(question, options))
  last = mine.catch(() => {})
  open++
  try {
    return await mine
  } finally {
    open--
  }
}

export type AskOptions = { hidden?: boolean; signal?: AbortSignal }

async function askNow(question: string, options: AskOptions): Promise<string> {
  // readline echoes through its output; one that swallows everything hides the typing and keeps line editing.
  const output = options.hidden
    ? new Writable({ write: (_chunk, _encoding, done) => done() })
    : process.stderr
  // Before the question is seen: the terminal itself echoes what is typed until readline has taken it over.
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[2K' : ''}${printable(question)} `)
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = () => reject(new EngineError('cancelled', 'cli.prompt', { detail: 'nothing was entered' }))
      lines.once('line', resolve)
      lines.once('SIGINT', stop)
      lines.once('close', stop)
      if (options.signal?.aborted) stop()
      options.signal?.addEventListener('abort', stop, { once: true })
    })
  } finally {
    lines.close()
    process.stdin.pause()
    if (options.hidden) process.stderr.write('\n')
  }
}

/** A new passphrase, typed twice. Null when nothing was typed: the operator declines. */
export async function askNewPassphrase(what: string): Promise<string | null> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const first = await ask(`${what}:`, { hidden: true })
    if (first === '') return null
    if (first === (await ask('The same again:', { hidden: true }))) return first
    process.stderr.write('The two are not the same.\n')
  }
  throw new EngineError('input.invalid', 'cli.prompt', {
    detail: 'the passphrase was typed differently three times',
  })
}

/** Only the whole word counts: a stray key must not vouch for anything. */
export const askYes = async (question: string): Promise<boolean> =>
  (await ask(`${question} (type yes):`)).trim().toLowerCase() === 'yes'
