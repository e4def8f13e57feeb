import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { promisify } from 'node:util'
import type { ActiveRun } from '../run/index.ts'

const run = promisify(execFile)

/**
 * Makes all that was written durable: one `syncfs` for the whole file system is far cheaper than one `fsync` per file.
 * Elsewhere than on Linux each file was synced when it was finished.
 */
export async function syncTarget(target: string, active: ActiveRun): Promise<void> {
  if (process.platform !== 'linux' || !statSync(target, { throwIfNoEntry: false })) return
  try {
    await run('sync', ['-f', '--', target], { signal: active.signal })
  } catch (err) {
    active.signal.throwIfAborted()
    active.problem({
      code: 'target.attribute',
      subject: target,
      detail: 'could not be synced: what was restored is safe only once the system has written it',
    })
    active.log(`sync: ${String(err)}`)
  }
}
