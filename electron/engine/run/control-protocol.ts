import type { Socket } from 'node:net'
import { z } from 'zod'
import { failureCodes } from '../../../shared/failure.ts'
import { storedRun } from './stored-run.ts'

/**
 * What is said over a run's socket: JSON lines. A command carries a number that its reply repeats. `attach` is
 * answered by snapshots, the current one at once, and by the end of the connection after the last.
 */
const call = { call: z.number().int().nonnegative() }
export const command = z.discriminatedUnion('op', [
  z.strictObject({ ...call, op: z.literal('ping') }),
  z.strictObject({ ...call, op: z.literal('attach') }),
  z.strictObject({ ...call, op: z.literal('pause') }),
  z.strictObject({ ...call, op: z.literal('resume') }),
  z.strictObject({ ...call, op: z.literal('cancel') }),
  z.strictObject({
    ...call,
    op: z.literal('limit'),
    bytesPerSecond: z.number().positive().max(1e12).nullable(),
  }),
  z.strictObject({
    ...call,
    op: z.literal('answer'),
    answer: z.strictObject({ question: z.string().max(64), text: z.string().max(4096), hidden: z.boolean() }),
  }),
])
export type Command = z.infer<typeof command>

export const message = z.union([
  z.object({ snapshot: storedRun }),
  z.object({ reply: z.number().int(), run: z.string().max(100) }),
  z.object({
    reply: z.number().int().nullable(),
    failure: z.object({
      code: z.enum(failureCodes),
      during: z.string().max(1000),
      detail: z.string().max(10_000).exactOptional(),
    }),
  }),
])
export type Message = z.infer<typeof message>

/** Longest command a run reads, bytes: an answer of 4096 characters, each escaped. */
export const maxCommandBytes = 32 * 1024
/** Longest message a watcher reads, bytes: a record with its options. */
export const maxMessageBytes = 8 * 1024 * 1024

/** How long someone may take to answer before it counts as silent, ms. */
export const answerWithinMs = 3000
/** The same for an answer that the run types on a host, ms. */
export const typedWithinMs = 20_000

/** Sends one line. Resolves when the system has taken it; false when the other end is gone. */
export function sendLine(socket: Socket, value: object): Promise<boolean> {
  return new Promise(resolve => {
    if (socket.destroyed || socket.writableEnded) return resolve(false)
    socket.write(`${JSON.stringify(value)}\n`, err => resolve(!err))
  })
}

/** The lines that come in, until the other end closes. A line over `maxBytes` ends it like a closed connection. */
export async function* receiveLines(
  socket: Socket,
  maxBytes: number,
): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = []
  let waiting = 0
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      let start = 0
      for (let feed = chunk.indexOf(10); feed >= 0; feed = chunk.indexOf(10, start)) {
        const line = Buffer.concat([...parts, chunk.subarray(start, feed)])
        parts = []
        waiting = 0
        start = feed + 1
        if (line.length > maxBytes) return
        yield line.toString('utf8')
      }
      if (start < chunk.length) {
        parts.push(chunk.subarray(start))
        waiting += chunk.length - start
        if (waiting > maxBytes) return
      }
    }
  } catch {
    // A connection that breaks has ended; which way tells nobody anything.
  }
}

/** The value of a line of JSON, or undefined. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}
