import { EngineError } from '../engine-error.ts'
import type { FailureCode } from '../../../shared/failure.ts'
import type { VendorFolder } from './object-store.ts'
import { vendorFolders } from './object-store.ts'

/** Folders above one whose path begins at the root of a disk: further up nobody means a place for backups. */
export const mostAbove = 4
/** Pairs of looks under way at once: a prefix may have very many levels. */
const levelsAtOnce = 4

type Look = {
  /** Whether the folder is there. Writes nothing. */
  there: (level: string, folder: VendorFolder) => Promise<boolean>
  /** Failures above the place itself that say no more than that nobody may look there. */
  unseen: readonly FailureCode[]
  /** Whether looks may be under way at once. */
  parallel?: boolean
}

/**
 * One of the vendor's folders that lies at one of the levels, or that the first of them lies in; null when there is
 * none. The first level is the place itself, where nothing that fails is overlooked: not knowing is no leave to write.
 * Above it a login may be kept from looking, as one for a single prefix is.
 */
export async function vendorAmong(
  levels: readonly string[],
  { there, unseen, parallel = true }: Look,
): Promise<VendorFolder | null> {
  const inside = (levels[0] ?? '').split(/[\\/]/)
  const own = vendorFolders.find(folder => inside.includes(folder))
  if (own) return own
  const width = parallel ? levelsAtOnce * vendorFolders.length : 1
  const looks = levels.flatMap((level, above) => vendorFolders.map(folder => ({ level, above, folder })))
  for (let at = 0; at < looks.length; at += width) {
    const found = await Promise.all(
      looks.slice(at, at + width).map(async ({ level, above, folder }) => {
        try {
          return (await there(level, folder)) ? folder : null
        } catch (err) {
          if (above > 0 && err instanceof EngineError && unseen.includes(err.code)) return null
          throw err
        }
      }),
    )
    const folder = found.find(one => one !== null)
    if (folder) return folder
  }
  return null
}

/** `base`, empty or ending in a slash, and all above it up to nothing, or to the slash it begins with. */
export function levelsOf(base: string): string[] {
  const levels = [...base.matchAll(/\//g)].map(({ index }) => base.slice(0, index + 1)).reverse()
  return base.startsWith('/') ? levels : [...levels, '']
}

/** The same of a folder on a server: up to the login's own folder, or some folders up for one that begins with `/`. */
export function levelsOfFolder(path: string): string[] {
  const names = path.split('/').filter(name => name !== '' && name !== '.')
  const base = names.map(name => `${name}/`).join('')
  return path.startsWith('/') ? levelsOf(`/${base}`).slice(0, mostAbove + 1) : levelsOf(base)
}
