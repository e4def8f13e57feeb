import type { PointEntry } from '../../../shared/contract/point.ts'

/** What means something in a GLOB. */
const special = /[\\*?[\]{}()!+@|"$^]/g

/** GLOBs that choose exactly this entry, and for a folder all that is in it. */
export function globsOf({ path, kind }: Pick<PointEntry, 'path' | 'kind'>): string[] {
  const own = path.replace(special, '\\$&')
  return kind === 'directory' ? [own, `${own}/**`] : [own]
}

/** The path that a GLOB of `globsOf` was made of; null when it is a pattern. */
export function pathOfGlob(glob: string): string | null {
  const bare = glob.replace(/\\(.)/gs, '')
  if (/[*?[\]{}]/.test(bare)) return null
  return glob.replace(/\\(.)/gs, '$1')
}
