import type { Duplex } from 'node:stream'
import type { SocketConstructorOpts } from 'node:net'

/** Destroys `socket` with ETIMEDOUT when it has not emitted `event` within `limitMs`. */
export function limitConnect(socket: Duplex, event: 'connect' | 'secureConnect', limitMs: number): void {
  const timer = setTimeout(() => socket.destroy(timedOut(limitMs)), limitMs)
  const stop = () => clearTimeout(timer)
  socket.once(event, stop)
  socket.once('close', stop)
}

/** The same for an agent that makes its socket inside an asynchronous `connect` of its own. */
export async function connectLimited<S>(
  agent: { connectOpts: SocketConstructorOpts },
  limitMs: number,
  connect: () => Promise<S>,
): Promise<S> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), limitMs)
  try {
    // `connect` takes these options in the same turn of the event loop, so each socket gets a signal of its own.
    agent.connectOpts = { ...agent.connectOpts, signal: stop.signal }
    return await connect()
  } catch (err) {
    throw stop.signal.aborted ? timedOut(limitMs) : err
  } finally {
    clearTimeout(timer)
  }
}

function timedOut(limitMs: number): Error {
  const detail = `no connection within ${Math.round(limitMs / 1000)} s`
  return Object.assign(new Error(detail), { code: 'ETIMEDOUT', syscall: 'connect' })
}
