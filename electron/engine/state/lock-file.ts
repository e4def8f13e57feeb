import { randomBytes } from 'node:crypto'
import { link, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { isSameProcess, processIdentity, thisProcess } from './process-identity.ts'

const note = z.object({ owner: processIdentity.nullable(), token: z.string().max(64) })

export type Lock = {
  /** Lets go. May be called more than once; never throws for a lock that is lost with its folder. */
  release(): Promise<void>
}

export type LockOptions = {
  /** How long to wait for another holder, ms. 0 asks once. */
  waitMs?: number
  signal?: AbortSignal | undefined
  /** What the lock protects, for the message. */
  subject?: string
}

/**
 * Takes the lock called `path` (files `path.1`, `path.2`, … beside each other; the folder's README says why).
 * A holder that no longer runs is taken over from at once. @throws run.conflict when another holds it for longer
 * than `waitMs`.
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  const deadline = performance.now() + (options.waitMs ?? 0)
  const token = randomBytes(8).toString('hex')
  for (;;) {
    const held = await tryAcquire(path, token)
    if ('release' in held) return held
    if (performance.now() >= deadline) {
      throw new EngineError('run.conflict', 'lock', {
        subject: options.subject ?? basename(path),
        detail: held.owner ? `in use by process ${held.owner.pid}` : 'in use by another process',
      })
    }
    // Uneven, so that two that wait do not meet again and again.
    await sleep(15 + Math.random() * 35, undefined, { signal: options.signal })
  }
}

/** Whether a running process holds the lock called `path`. */
export async function isLocked(path: string): Promise<boolean> {
  const highest = await highestOf(path)
  return highest > 0 && (await holderOf(path, highest)) !== 'free'
}

async function tryAcquire(path: string, token: string): Promise<Lock | { owner: ProcessIdentity | null }> {
  const highest = await highestOf(path)
  if (highest > 0) {
    const holder = await holderOf(path, highest)
    if (holder === 'unknown') return { owner: null }
    if (holder !== 'free') return { owner: holder }
  }
  const mine = `${path}.${highest + 1}`
  if (!(await createWhole(mine, token))) return { owner: null }
  // Between looking and creating, others may have taken, released and tidied up: then a higher number exists.
  if ((await highestOf(path)) !== highest + 1) {
    await rm(mine, { force: true })
    return { owner: null }
  }
  for (let n = highest; n > 0 && n > highest - 8; n--) await rm(`${path}.${n}`, { force: true })
  return { release: () => release(mine, token) }
}

/** Says so in the file and leaves it there: the highest number is never removed. */
async function release(file: string, token: string): Promise<void> {
  const temp = `${file}.${token}.tmp`
  try {
    await stat(file)
    await writeFile(temp, JSON.stringify({ owner: null, token }), { mode: 0o600 })
    await rename(temp, file)
  } catch {
    // The folder is gone, or the disk is full: then the end of this process frees the lock.
    await rm(temp, { force: true }).catch(() => {})
  }
}

async function highestOf(path: string): Promise<number> {
  const prefix = `${basename(path)}.`
  let highest = 0
  try {
    for (const name of await readdir(dirname(path))) {
      if (!name.startsWith(prefix)) continue
      const digits = name.slice(prefix.length)
      if (/^[1-9]\d{0,14}$/.test(digits)) highest = Math.max(highest, Number(digits))
    }
  } catch (err) {
    throw fromFsError(err, 'lock', path)
  }
  return highest
}

async function holderOf(path: string, n: number): Promise<ProcessIdentity | 'free' | 'unknown'> {
  const file = `${path}.${n}`
  try {
    const parsed = note.safeParse(JSON.parse(await readFile(file, 'utf8')))
    if (parsed.success) {
      const { owner } = parsed.data
      return owner && isSameProcess(owner) ? owner : 'free'
    }
  } catch (err) {
    // Removed meanwhile: a higher number exists, the next look finds it.
    if ((err as { code?: string }).code === 'ENOENT') return 'unknown'
  }
  // Not whole: on a file system without links its owner is just writing it, unless that was long ago.
  const info = await stat(file).catch(() => null)
  return info && Date.now() - info.mtimeMs > 10_000 ? 'free' : 'unknown'
}

/** Creates `file` with this process's note in it, all at once. @returns false when it exists. */
async function createWhole(file: string, token: string): Promise<boolean> {
  const content = JSON.stringify({ owner: thisProcess(), token })
  const temp = `${file}.${token}.tmp`
  try {
    await writeFile(temp, content, { mode: 0o600 })
    await link(temp, file)
    return true
  } catch (err) {
    const code = (err as { code?: string }).code
    if (code === 'EEXIST') return false
    // exFAT and some shares have no links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS')
      return createExclusively(file, content)
    throw fromFsError(err, 'lock', file)
  } finally {
    await rm(temp, { force: true }).catch(() => {})
  }
}

async function createExclusively(file: string, content: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(content)
    } finally {
      await handle.close()
    }
    return true
  } catch (err) {
    if ((err as { code?: string }).code === 'EEXIST') return false
    throw fromFsError(err, 'lock', file)
  }
}
