import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EngineError } from '../../engine-error.ts'
import type { RawPath } from '../../archive/raw-path.ts'
import { rawFromText, rawToText } from '../../archive/raw-path.ts'
import type { Roots } from './roots.ts'

/**
 * What must never get into a backup of `roots`, as raw paths the walk will meet: also when a link on the way makes one
 * of the two look different.
 * @param never absolute paths: the state folder, folders that are servers
 * @throws EngineError `input.invalid` when a source is such a folder itself: its backup would be empty
 */
export function neverWithin(roots: Roots, never: readonly string[]): RawPath[] {
  const found = new Set<RawPath>()
  for (const path of never) {
    found.add(rawFromText(resolve(path)))
    const real = realOf(path)
    for (const root of roots.roots) {
      const full = join(roots.base, rawToText(root) ?? '')
      const realRoot = realOf(full)
      if (real === null || realRoot === null) continue
      if (real === realRoot)
        throw new EngineError('input.invalid', 'backup.start', {
          subject: full,
          detail: 'this is where Drydock keeps backups or its own state; it is left out of every backup',
        })
      if (real.startsWith(`${realRoot === '/' ? '' : realRoot}/`))
        found.add(rawFromText(join(full, real.slice(realRoot.length))))
    }
  }
  return [...found]
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
