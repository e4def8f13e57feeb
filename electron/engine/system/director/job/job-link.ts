import { z } from 'zod'
import { EngineError } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import { callProgram, programFailure, programScript, readAnswer } from './call-program.ts'
import type { ProgramPlace } from './call-program.ts'
import type { JobEvent, JobLink, JobStatus, Typed } from './job.ts'

const during = 'director.job'
/** A piece of output is 32 KiB, 4/3 of that in base64. */
const maxLine = 128 * 1024
/** A terminal gives a program at most 4096 bytes of a line, and throws the rest away without a word. */
const maxTyped = 4000

const size = z.int().nonnegative()
const ended = z.object({
  is: z.literal('ended'),
  exit: z.int().nullable(),
  signal: z.string().max(20).nullable(),
  at: z.iso.datetime(),
  lost: z.boolean(),
})
const event = z.discriminatedUnion('is', [
  z.object({ is: z.literal('output'), at: size, b64: z.base64() }),
  z.object({ is: z.literal('quiet'), ms: size, echo: z.boolean() }),
  ended,
  z.object({ is: z.literal('unknown') }),
])
const status = z.discriminatedUnion('is', [
  z.object({ is: z.literal('unknown') }),
  z.object({ is: z.literal('running'), size, started: z.iso.datetime(), who: z.string().max(300) }),
  ended.extend({ size }),
])
const typed = z.object({ typed: z.enum(['sent', 'echo-is-on', 'output-moved', 'ended']) })
const done = z.object({ ok: z.literal(true) })

/** Connects to a job on a host, whether it is there or not: `status` tells. Nothing is held open between two calls. */
export function jobLink(host: Host, id: string): JobLink {
  const place: ProgramPlace = { program: 'supervisor', id }
  const call = <T>(words: readonly string[], answer: z.ZodType<T>, input?: unknown) =>
    callProgram(host, place, words, answer, during, { input })

  return {
    follow: (from, signal) => follow(host, place, from, signal),

    async type(line, { secret, at }): Promise<Typed> {
      // A control character would be a key: Ctrl-C, Ctrl-D, or a second line.
      if (/\p{Cc}/u.test(line) || Buffer.byteLength(line) > maxTyped)
        throw new EngineError('input.invalid', during, {
          subject: 'answer',
          detail: `one line without control characters, at most ${maxTyped} bytes`,
        })
      const answer = await call(['type'], typed, { line, secret, at })
      return answer?.typed ?? 'ended'
    },

    async stop(how): Promise<void> {
      await call(['stop', how], done)
    },

    async status(): Promise<JobStatus> {
      return (await call(['status'], status)) ?? { is: 'unknown' }
    },

    async remove(): Promise<void> {
      await call(['remove'], done)
    },
  }
}

async function* follow(
  host: Host,
  place: ProgramPlace,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  let next = from
  const lines = linesOf(host.stream(programScript(place, ['follow', String(from)]), { signal }), host)
  for await (const line of lines) {
    const said = readAnswer(host, line, event, during)
    if (said.is === 'unknown') break
    if (said.is === 'ended') {
      const { exit, signal, at, lost } = said
      yield { is: 'ended', exit, signal, at, lost }
      return
    }
    if (said.is === 'quiet') {
      yield said
      continue
    }
    const bytes = Buffer.from(said.b64, 'base64')
    if (said.at !== next || bytes.length === 0)
      throw new EngineError('remote.wrong-answer', during, {
        subject: host.about,
        detail: `output from ${said.at} came where ${next} was due`,
      })
    next += bytes.length
    yield { is: 'output', at: said.at, bytes }
  }
  throw new EngineError('run.unknown', during, { subject: host.about, detail: 'there is no such job' })
}

/** @throws EngineError when the follower ends by itself: it says `ended` before it does */
async function* linesOf(
  output: AsyncGenerator<Uint8Array, { exit: number | null; stderr: string }>,
  host: Host,
): AsyncGenerator<string> {
  let rest = ''
  try {
    for (;;) {
      const piece = await output.next()
      if (piece.done) {
        const { exit, stderr } = piece.value
        if (exit === 0) return
        // Somebody killed it, or the host goes down. The job may live on.
        if (exit === null || exit > 128)
          throw new EngineError('network.interrupted', during, {
            subject: host.about,
            detail: 'the follower on the host was ended',
          })
        throw programFailure(host, exit, stderr, during)
      }
      const lines = (rest + Buffer.from(piece.value).toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > maxLine)
        throw new EngineError('remote.wrong-answer', during, {
          subject: host.about,
          detail: 'an endless line',
        })
      yield* lines
    }
  } finally {
    await output.return({ exit: null, stderr: '' })
  }
}
