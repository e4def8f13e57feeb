import { lstatSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import { EngineError, fromFsError } from '../../engine-error.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawFromText } from '../../archive/raw-path.ts'
import { comparePaths } from './walk.ts'

export type Roots = { base: string; rawBase: RawPath; roots: RawPath[] }

/**
 * The base of some source paths, the longest folder common to all, and the paths below it.
 * @param paths absolute, as text
 * @throws EngineError `local.not-found` for a path that is not there, `input.invalid` for one that is a link
 */
export function findRoots(paths: readonly string[]): Roots {
  const all = paths.map(check)
  // What lies inside another source path is in the backup anyway.
  const distinct = [...new Set(all)]
    .filter(path => !all.some(other => path !== other && path.startsWith(withSlash(other))))
    .sort()
  let base = distinct.length === 1 ? dirname(distinct[0]!) : distinct.reduce(commonFolder)
  if (base.length > 1 && base.endsWith('/')) base = base.slice(0, -1)
  const prefix = withSlash(base)
  const roots = distinct
    .map(path => (path === base ? '' : rawFromText(path.slice(prefix.length))))
    .sort(comparePaths)
  return { base, rawBase: rawFromText(base === '/' ? '' : base), roots }
}

function check(path: string): string {
  if (!isAbsolute(path))
    throw new EngineError('input.invalid', 'backup.start', { subject: path, detail: 'not an absolute path' })
  // Without `..`: an entry's path must never lead out of the base.
  const full = resolve(path)
  const plain = sep === '\\' ? full.replaceAll('\\', '/') : full
  let found
  try {
    found = lstatSync(plain)
  } catch (err) {
    throw fromFsError(err, 'backup.start', path)
  }
  // A backup of the link alone would look like a success and hold nothing.
  if (found.isSymbolicLink())
    throw new EngineError('input.invalid', 'backup.start', {
      subject: path,
      detail: `a link; name what it points to: ${targetOf(plain)}`,
    })
  return plain
}

function targetOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return 'nothing, the link is broken'
  }
}

function commonFolder(a: string, b: string): string {
  const left = a.split('/')
  const right = b.split('/')
  let same = 0
  while (same < left.length && left[same] === right[same]) same++
  return left.slice(0, same).join('/') || '/'
}

const withSlash = (folder: string): string => (folder.endsWith('/') ? folder : `${folder}/`)
