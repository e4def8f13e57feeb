import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { EngineError } from '../../../engine-error.ts'
import { SshConnection } from '../../../ssh/ssh-connection.ts'
import { fromSshError } from '../../../ssh/ssh-errors.ts'
import type { SshContext, SshHost as SshAddress, SshLogin } from '../../../ssh/ssh-target.ts'
import type { Host } from '../host/host.ts'
import { inTime } from './board.ts'

const during = 'director.preflight'

/** The deployment host, as far as it opens streams. */
export type From = Pick<Host, 'local' | 'forward'>

/**
 * A stream to `address:port` as the deployment host sees it. Ends when the signal fires, also later.
 * @throws EngineError `network.*`, `auth.denied` when that host forwards nothing
 */
export async function reach(from: From, address: string, port: number, signal: AbortSignal): Promise<Duplex> {
  const opening = from.local ? openSocket(address, port, signal) : from.forward(address, port)
  // Too late is for nobody: what opens after all is closed again.
  opening.then(
    stream => {
      if (signal.aborted) stream.destroy()
    },
    () => {},
  )
  return await inTime(opening, signal)
}

function openSocket(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const abort = () => socket.destroy(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const settle = () => signal.removeEventListener('abort', abort)
    socket.once('connect', () => {
      settle()
      socket.setNoDelay(true)
      resolve(socket)
    })
    socket.once('error', err => {
      settle()
      reject(fromSshError(err, during, `${host}:${port}`))
    })
  })
}

/**
 * Logs in to a host as the deployment host reaches it; asks nobody about a key.
 * @throws EngineError as `SshConnection.open`
 */
export async function logIn(
  from: Host,
  to: SshAddress,
  { login, context, signal }: { login: SshLogin; context: SshContext; signal: AbortSignal },
): Promise<SshConnection> {
  const open: Duplex[] = []
  const cut = () => {
    for (const stream of open) stream.destroy()
  }
  signal.addEventListener('abort', cut, { once: true })
  try {
    const opening = SshConnection.open(
      to,
      login,
      { ...context, confirmHostKey: undefined },
      {
        during,
        via: {
          forward: async (host, port) => {
            const stream = await reach(from, host, port, signal)
            open.push(stream)
            stream.on('error', () => {})
            return stream
          },
          close: () => {},
        },
      },
    )
    opening.then(
      connection => {
        if (signal.aborted) connection.close()
      },
      () => {},
    )
    return await inTime(opening, signal)
  } catch (err) {
    cut()
    throw err
  } finally {
    signal.removeEventListener('abort', cut)
  }
}

/** Whether anything takes a connection there. @throws nothing: what goes wrong is an answer */
export async function answers(
  from: From,
  { host, port }: { host: string; port: number },
  signal: AbortSignal,
): Promise<true | EngineError> {
  try {
    const stream = await reach(from, host, port, signal)
    stream.on('error', () => {})
    stream.destroy()
    return true
  } catch (err) {
    return err instanceof EngineError ? err : fromSshError(err, during, `${host}:${port}`)
  }
}

/** What a host says where nothing listens; every other failure says nothing about what listens there. */
export function isRefusal({ cause }: EngineError): boolean {
  const { code, reason, message } = (cause ?? {}) as { code?: unknown; reason?: unknown; message?: unknown }
  // Over ssh it is a failed connect (RFC 4254: 2) like all others, and only its words tell it apart.
  return code === 'ECONNREFUSED' || (reason === 2 && /connection refused/i.test(String(message)))
}
