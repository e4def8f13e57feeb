import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import { EngineError } from '../engine-error.ts'
import type { Command, Message } from './control-protocol.ts'
import {
  answerWithinMs,
  maxMessageBytes,
  message,
  parseLine,
  receiveLines,
  sendLine,
  typedWithinMs,
} from './control-protocol.ts'
import type { ControlAddress } from './stored-run.ts'

type WithoutCall<C> = C extends { call: number } ? Omit<C, 'call'> : never
export type Ask = WithoutCall<Command>

/** One conversation with a run. */
export type ControlConnection = {
  send(ask: Ask): Promise<number | null>
  /** What the run says, until either side closes. */
  readonly messages: AsyncGenerator<Message, void, undefined>
  close(): void
}

/** Connects to a run's socket. @returns null when nobody listens there. */
export async function connectControl(control: ControlAddress): Promise<ControlConnection | null> {
  const socket = await connect(control.path)
  if (!socket) return null
  let calls = 0
  return {
    messages: receive(socket),
    async send(ask) {
      const call = calls++
      return (await sendLine(socket, { ...ask, call })) ? call : null
    },
    close: () => socket.destroy(),
  }
}

/**
 * Asks for one thing and waits for the answer. @throws the failure the run answers, or `run.conflict` when it is
 * gone or says nothing within 3 s (20 s for an answer that is typed).
 */
export async function askRun(control: ControlAddress, run: string, ask: Ask): Promise<void> {
  const answer = await exchange(control, ask)
  if (typeof answer === 'object' && 'failure' in answer) {
    const { code, during, detail } = answer.failure
    throw new EngineError(code, during, { subject: run, ...(detail === undefined ? {} : { detail }) })
  }
  if (typeof answer === 'object' && 'run' in answer && answer.run === run) return
  const detail =
    answer === 'silent' ? 'the process that works on the run does not answer' : 'the run is not under way'
  throw new EngineError('run.conflict', `run.${ask.op}`, { subject: run, detail })
}

/** Whether the run `id` answers at `control`. `silent` is a process too busy or stopped; it is there. */
export async function pingRun(control: ControlAddress, id: string): Promise<'answers' | 'nobody' | 'silent'> {
  const answer = await exchange(control, { op: 'ping' })
  if (answer === 'nobody' || answer === 'silent') return answer
  return 'run' in answer && answer.run === id ? 'answers' : 'nobody'
}

async function exchange(control: ControlAddress, ask: Ask): Promise<Message | 'nobody' | 'silent'> {
  const connection = await connectControl(control)
  if (!connection) return 'nobody'
  let late = false
  const timer = setTimeout(
    () => {
      late = true
      connection.close()
    },
    // What is typed may have to reach a host far away first.
    ask.op === 'answer' ? typedWithinMs : answerWithinMs,
  )
  try {
    const call = await connection.send(ask)
    for await (const said of connection.messages)
      if ('reply' in said && (said.reply === call || said.reply === null)) return said
    return late ? 'silent' : 'nobody'
  } finally {
    clearTimeout(timer)
    connection.close()
  }
}

function connect(path: string): Promise<Socket | null> {
  return new Promise(resolve => {
    const socket = createConnection({ path })
    const timer = setTimeout(() => socket.destroy(), answerWithinMs)
    socket.on('error', () => {})
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(null)
    })
  })
}

async function* receive(socket: Socket): AsyncGenerator<Message, void, undefined> {
  for await (const line of receiveLines(socket, maxMessageBytes)) {
    const parsed = message.safeParse(parseLine(line))
    // Someone who speaks otherwise is not a run of ours.
    if (!parsed.success) return
    yield parsed.data
  }
}
