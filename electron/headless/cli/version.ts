import { readFileSync } from 'node:fs'

/** The version in the package's own `package.json`, wherever above this file it lies (sources or build). */
export function readVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as Record<
        string,
        unknown
      >
      if (name === 'drydock' && typeof version === 'string') return version
    } catch {
      // Not here: one up.
    }
    if (folder.pathname === '/' || new URL('..', folder).href === folder.href) return 'unknown'
  }
}
