import { readFileSync } from 'node:fs'

/** The folder of the package, wherever above this file it lies (sources or build). */
export const packageFolder = (): URL => find()?.folder ?? new URL('.', import.meta.url)

/** The version in the package's own `package.json`. */
export const readVersion = (): string => find()?.version ?? 'unknown'

function find(): { folder: URL; version: string } | null {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as Record<
        string,
        unknown
      >
      if (name === 'drydock' && typeof version === 'string') return { folder, version }
    } catch {
      // Not here: one up.
    }
    if (folder.pathname === '/' || new URL('..', folder).href === folder.href) return null
  }
}
