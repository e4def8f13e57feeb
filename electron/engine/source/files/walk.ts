import type { BigIntStats, Dirent } from 'node:fs'
import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import type { ProblemCode } from '../../../../shared/run.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawToFs } from '../../archive/raw-path.ts'

/** Something found in the source. `path` is relative to the base. */
export type Found = { path: RawPath; stat: BigIntStats; link?: RawPath }

/**
 * A file by its folder's word, not looked at: whoever opens it learns all that `lstat` would say. When it does not open,
 * `isFile` is to be set to false, and it comes again as what it is by then.
 */
export type UnseenFile = { path: RawPath; stat: null; isFile: boolean }

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
 * @param unseen whether files may come without having been looked at
 */
export function walk(
  base: RawPath,
  roots: readonly RawPath[],
  isExcluded: (path: RawPath) => boolean,
  report: WalkReport,
  options: { unseen: true },
): Generator<Found | UnseenFile>
export function walk(
  base: RawPath,
  roots: readonly RawPath[],
  isExcluded: (path: RawPath) => boolean,
  report: WalkReport,
): Generator<Found>
export function* walk(
  base: RawPath,
  roots: readonly RawPath[],
  isExcluded: (path: RawPath) => boolean,
  report: WalkReport,
  { unseen }: { unseen: boolean } = { unseen: false },
): Generator<Found | UnseenFile> {
  const pending: { path: RawPath; isFile: boolean }[] = roots
    .toReversed()
    .map(path => ({ path, isFile: false }))
  while (pending.length > 0) {
    const { path, isFile } = pending.pop()!
    if (path !== '' && isExcluded(path)) continue
    if (isFile && unseen) {
      const file: UnseenFile = { path, stat: null, isFile: true }
      yield file
      if (file.isFile) continue
    }
    const full = rawToFs(path === '' ? base || '/' : `${base}/${path}`)
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
      names = namesIn(full)
    } catch (err) {
      report(codeOf(err), path, messageOf(err))
      continue
    }
    names.sort(descending)
    const parent = path === '' ? '' : `${path}/`
    for (const entry of names) pending.push({ path: parent + entry.name, isFile: entry.isFile() })
  }
}

type Named = Pick<Dirent, 'name' | 'isFile'>

function namesIn(folder: Buffer | string): Named[] {
  try {
    return readdirSync(folder, { encoding: 'latin1', withFileTypes: true })
  } catch (err) {
    // Some file systems do not tell kinds. The runtime then looks itself, which it cannot under names that are bytes.
    if ((err as NodeJS.ErrnoException).syscall === 'scandir') throw err
    return readdirSync(folder, { encoding: 'latin1' }).map(name => ({ name, isFile: () => false }))
  }
}

const descending = (a: Named, b: Named): number => (a.name < b.name ? 1 : a.name > b.name ? -1 : 0)

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
