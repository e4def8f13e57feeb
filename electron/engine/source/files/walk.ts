import type { BigIntStats } from 'node:fs'
import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import type { ProblemCode } from '../../../../shared/run.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawToBuffer } from '../../archive/raw-path.ts'

/** Something found in the source. `path` is relative to the base. */
export type Found = { path: RawPath; stat: BigIntStats; link?: RawPath }

export type WalkReport = (code: ProblemCode, path: RawPath, detail: string) => void

/**
 * Walks the roots depth first, names in byte order, so that the same tree always gives the same archive. A folder
 * comes before what is in it. What cannot be read is reported and left out; nothing is followed.
 *
 * Synchronous on purpose: it runs in a worker thread, where one call at a time from the page cache is several times
 * faster than the same through the thread pool.
 * @param base folder that paths are relative to, raw, without a `/` at its end ('' for the root)
 * @param roots relative to the base, in the order of `comparePaths`, none inside another; '' is the base itself, which gets no entry
 * @param isExcluded asked with the relative path of everything; an excluded folder is not entered
 */
export function* walk(
  base: RawPath,
  roots: readonly RawPath[],
  isExcluded: (path: RawPath) => boolean,
  report: WalkReport,
): Generator<Found> {
  const pending: RawPath[] = [...roots].reverse()
  while (pending.length > 0) {
    const path = pending.pop()!
    if (path !== '' && isExcluded(path)) continue
    const full = rawToBuffer(path === '' ? base || '/' : `${base}/${path}`)
    let stat
    try {
      stat = lstatSync(full, { bigint: true })
      if (path !== '')
        yield stat.isSymbolicLink() ? { path, stat, link: readlinkSync(full, 'latin1') } : { path, stat }
    } catch (err) {
      report(codeOf(err), path, messageOf(err))
      continue
    }
    if (!stat.isDirectory()) continue
    let names
    try {
      names = readdirSync(full, { encoding: 'latin1' })
    } catch (err) {
      report(codeOf(err), path, messageOf(err))
      continue
    }
    names.sort(descending)
    const parent = path === '' ? '' : `${path}/`
    for (const name of names) pending.push(parent + name)
  }
}

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0)

/** The code of the problem that an error of `node:fs` on a source means. */
export function codeOf(err: unknown): ProblemCode {
  const { code } = err as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'source.vanished'
  if (code === 'EACCES' || code === 'EPERM') return 'source.denied'
  return 'source.unreadable'
}

export function messageOf(err: unknown): string {
  const { code, syscall } = err as NodeJS.ErrnoException
  return code ? `${code}${syscall ? ` at ${syscall}` : ''}` : String(err)
}

/** The order of `walk`: folder by folder, names in byte order. */
export function comparePaths(a: RawPath, b: RawPath): number {
  const left = a.split('/')
  const right = b.split('/')
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i]! < right[i]!) return -1
    if (left[i]! > right[i]!) return 1
  }
  return left.length - right.length
}
