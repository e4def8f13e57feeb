import type { EngineError } from '../../engine-error.ts'
import { cancelled } from '../watchdog.ts'

/**
 * `work`, or the cancellation as soon as the signal fires. SFTP has no way to take a request back: its answer is
 * ignored when it comes.
 */
export function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  during: string,
  subject: string,
): Promise<T> {
  if (!signal) return work
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const stop = () => reject(stopped(signal, during, subject))
  if (signal.aborted) {
    work.catch(() => {})
    stop()
    return promise
  }
  signal.addEventListener('abort', stop, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  return promise
}

export const stopped = (signal: AbortSignal | undefined, during: string, subject: string): EngineError =>
  cancelled(during, subject, signal)
