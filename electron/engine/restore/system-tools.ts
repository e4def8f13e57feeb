import { execFile, spawn } from 'node:child_process'
import { createReadStream, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
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

/** Sets extended attributes and ACLs with the system's `setfattr`: the runtime has no call for them. */
export async function restoreXattrs(target: string, file: string, active: ActiveRun): Promise<void> {
  const child = spawn('setfattr', ['-h', '--restore=-'], {
    cwd: target,
    stdio: ['pipe', 'ignore', 'pipe'],
    signal: active.signal,
    env: { ...process.env, LC_ALL: 'C' },
  })
  const complaints: string[] = []
  try {
    const exited = new Promise<number | null>((resolve, reject) =>
      child.once('exit', resolve).once('error', reject),
    )
    exited.catch(() => {})
    const listening = (async () => {
      for await (const piece of child.stderr)
        if (complaints.length < 20) complaints.push(String(piece).slice(0, 2000))
    })()
    await pipeline(createReadStream(file), child.stdin)
    await listening
    const code = await exited
    if (code === 0) return
  } catch (err) {
    active.signal.throwIfAborted()
    complaints.push(
      (err as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'the system’s setfattr is not installed'
        : String(err),
    )
  }
  active.problem({
    code: 'target.attribute',
    subject: target,
    detail: `extended attributes and ACLs are not all restored: ${complaints.join(' ').trim().split('\n')[0] ?? ''}`,
  })
}
