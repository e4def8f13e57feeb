import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError, toFailure } from '../engine-error.ts'
import { listenPrivately, removeControlPath } from './control-address.ts'
import type { RunAnswer } from './active-run.ts'
import type { Command } from './control-protocol.ts'
import {
  answerWithinMs,
  command,
  maxCommandBytes,
  parseLine,
  receiveLines,
  sendLine,
} from './control-protocol.ts'
import type { Snapshots } from './snapshots.ts'
import type { StoredRun } from './stored-run.ts'

/** What can be asked of a run while it goes on. Each throws `run.conflict` when it has ended. */
export type RunControls = {
  /** Stops at the next checkpoint. Bytes already under way still arrive. */
  pause(): Promise<void>
  resume(): Promise<void>
  cancel(): Promise<void>
  /** Bytes per second over all servers; null lifts it. */
  setLimit(bytesPerSecond: number | null): Promise<void>
  /** Also throws it when the run does not wait for an answer to that question. */
  answer(answer: RunAnswer): Promise<void>
}

export type ControlServer = {
  readonly path: string
  /** Hands the last snapshot to everyone attached, within a deadline, and stops listening. */
  close(): Promise<void>
}

/** More than all windows of one operator; a runaway script gets a closed connection. */
const maxConnections = 64

/** Lets other processes of this user watch and control the run `id`. */
export async function serveControl(
  home: string,
  id: string,
  snapshots: () => Promise<Snapshots<StoredRun>>,
  controls: RunControls,
): Promise<ControlServer> {
  const sockets = new Set<Socket>()
  const feeds = new Set<Promise<void>>()
  const server = createServer(socket => {
    sockets.add(socket)
    // Reading ends with the error that is also emitted here; without a listener it would end the process.
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    void converse(socket)
  })
  server.maxConnections = maxConnections

  async function converse(socket: Socket): Promise<void> {
    const gone = new AbortController()
    socket.once('close', () => gone.abort())
    let attached = false
    for await (const line of receiveLines(socket, maxCommandBytes)) {
      const parsed = command.safeParse(parseLine(line))
      if (!parsed.success) {
        await sendLine(socket, { reply: null, failure: { code: 'input.invalid', during: 'run.control' } })
        break
      }
      const asked = parsed.data
      if (asked.op === 'attach' && !attached) {
        attached = true
        const feed = feedSnapshots(socket, gone.signal).finally(() => feeds.delete(feed))
        feeds.add(feed)
      } else await answer(socket, asked)
    }
    if (!attached) socket.destroy()
  }

  async function feedSnapshots(socket: Socket, signal: AbortSignal): Promise<void> {
    const source = await snapshots().catch(() => null)
    for await (const snapshot of source?.read(signal) ?? []) {
      // Waiting for each to leave makes a slow watcher miss some instead of piling them up here.
      if (!(await sendLine(socket, { snapshot }))) return
    }
    socket.end()
  }

  async function answer(socket: Socket, asked: Command): Promise<void> {
    try {
      if (asked.op === 'pause') await controls.pause()
      else if (asked.op === 'resume') await controls.resume()
      else if (asked.op === 'cancel') await controls.cancel()
      else if (asked.op === 'limit') await controls.setLimit(asked.bytesPerSecond)
      else if (asked.op === 'answer') await controls.answer(asked.answer)
      await sendLine(socket, { reply: asked.call, run: id })
    } catch (err) {
      const { code, during, detail } = toFailure(err, `run.${asked.op}`)
      await sendLine(socket, {
        reply: asked.call,
        failure: { code, during, ...(detail === undefined ? {} : { detail }) },
      })
    }
  }

  const path = await listenPrivately(server, home, id)
  // The run ends when its body does; a listening socket is no reason to stay.
  server.unref()
  server.on('error', () => {})

  return {
    path,
    async close() {
      await Promise.race([Promise.all(feeds), sleep(answerWithinMs, undefined, { ref: false })])
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets) socket.destroySoon()
      const late = setTimeout(() => sockets.forEach(socket => socket.destroy()), answerWithinMs)
      await closed
      clearTimeout(late)
      await removeControlPath(path, id)
    },
  }
}

/** The refusal of an answer that nobody waits for. */
export function notAsked(id: string): EngineError {
  return new EngineError('run.conflict', 'run.answer', {
    subject: id,
    detail: 'the run does not wait for an answer',
  })
}

/** The refusal of every control of a run that has ended or that nobody works on. */
export function notUnderWay(op: string, id: string): EngineError {
  return new EngineError('run.conflict', `run.${op}`, { subject: id, detail: 'the run is not under way' })
}
