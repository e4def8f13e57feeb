// picomatch: the matcher under most of npm's tools, no dependencies, no file access.
import picomatch from 'picomatch'
import { EngineError } from '../../engine-error.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawToDisplay, rawToText } from '../../archive/raw-path.ts'

/** GLOB of the command line: matches a whole entry path; `*` stops at `/`, `**` does not; a dot is like any letter. */
export function globMatcher(globs: readonly string[], during: string): (path: RawPath) => boolean {
  const matchers = globs.map(glob => {
    if (glob === '' || glob.length > 4096)
      throw new EngineError('input.invalid', during, { subject: glob, detail: 'not a pattern' })
    return picomatch(glob, { dot: true, nonegate: true, strictSlashes: true })
  })
  return path => {
    const text = rawToText(path) ?? rawToDisplay(path)
    return matchers.some(matches => matches(text))
  }
}

/** @param never raw absolute paths; they and what is under them are left out without being asked for */
export function createExcluder(
  base: RawPath,
  excludes: readonly string[],
  never: readonly RawPath[],
): (path: RawPath) => boolean {
  const matches = globMatcher(excludes, 'backup.start')
  const own = new Set(
    never.filter(path => path.startsWith(`${base}/`)).map(path => path.slice(base.length + 1)),
  )
  return path => own.has(path) || (excludes.length > 0 && matches(path))
}
