import { Worker } from 'node:worker_threads'
import type { Failure } from '../../../shared/failure.ts'
import type { DecryptWith } from '../archive/age/key.ts'
import type { Entry } from '../archive/entry.ts'
import type { BackupFile } from '../archive/manifest.ts'
import { EngineError } from '../engine-error.ts'
import { workerLimits, workerUrl } from '../worker-url.ts'
import type { LedgerLine, RestoreOptions } from './options.ts'

/** Where the entries come from: a fetched list, or files that a vendor's own tool made. */
export type RestoreSource =
  { list: string; file: BackupFile; secret: DecryptWith | undefined } | { vendor: Entry[] }

/** What a restore would do, in numbers. */
export type Counted = {
  create: number
  replace: number
  same: number
  leave: number
  refuse: number
  /** Of the files that would be written. */
  bytes: number
  /** Where the first entry lands, below the target; null without any. */
  first: string | null
  /** Why something would be refused: the first one met. */
  refusal: string | null
  /** Names that the target's file system does not take, or takes for another one that is restored too. */
  badNames: number
  badName: string | null
}
export const nothingCounted: Counted = {
  ...{ create: 0, replace: 0, same: 0, leave: 0, refuse: 0, bytes: 0 },
  ...{ first: null, refusal: null, badNames: 0, badName: null },
}

export type CountJob = {
  source: RestoreSource
  options: RestoreOptions
  /** The target takes upper and lower case for the same, as FAT does. */
  foldsCase: boolean
  /** A page of the ledger instead of numbers. */
  page: { from: number; limit: number } | null
}

export type FromCountWorker =
  | { is: 'counted'; counted: Counted; whole: boolean }
  | { is: 'page'; lines: LedgerLine[]; more: boolean }
  | { is: 'failed'; failure: Failure }

/**
 * Counts what a restore would do, in a thread of its own: it looks at every place in the target, and with `different`
 * reads what stands there. When `signal` fires, what was counted so far is answered, with `whole: false`.
 */
export async function countRestore(
  job: Omit<CountJob, 'page'>,
  signal: AbortSignal,
): Promise<{ counted: Counted; whole: boolean }> {
  let last = { counted: nothingCounted, whole: false }
  const end = await inThread({ ...job, page: null }, signal, message => {
    if (message.is === 'counted') last = message
  })
  return end?.is === 'counted' ? end : last
}

/** A page of the ledger that a restore would write. @throws the reason of `signal` when it fires */
export async function pageOfRestore(
  job: Omit<CountJob, 'page'>,
  page: { from: number; limit: number },
  signal: AbortSignal,
): Promise<{ lines: LedgerLine[]; more: boolean }> {
  const end = await inThread({ ...job, page }, signal, () => {})
  signal.throwIfAborted()
  return end?.is === 'page' ? end : { lines: [], more: false }
}

/** @returns the last message; null when `signal` fired before it */
async function inThread(
  job: CountJob,
  signal: AbortSignal,
  told: (message: FromCountWorker) => void,
): Promise<FromCountWorker | null> {
  if (signal.aborted) return null
  const worker = new Worker(workerUrl('./preflight-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: workerLimits,
  })
  let stop = () => {}
  try {
    return await new Promise<FromCountWorker | null>((resolve, reject) => {
      stop = () => resolve(null)
      signal.addEventListener('abort', stop, { once: true })
      worker.on('message', (message: FromCountWorker) => {
        told(message)
        if (message.is === 'failed') reject(asError(message.failure))
        else if (message.is === 'page' || message.whole) resolve(message)
      })
      worker.once('error', reject)
      worker.once('exit', () => reject(new EngineError('internal', 'restore.preflight')))
    })
  } finally {
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

function asError({ code, during, subject, detail }: Failure): EngineError {
  return new EngineError(code, during, {
    ...(subject === undefined ? {} : { subject }),
    ...(detail === undefined ? {} : { detail }),
  })
}
