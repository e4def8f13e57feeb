import type { KeptAdoption } from './adoption-book.ts'

/** What a file was when it was adopted. */
export type Was = { size: number; sha256: string; at: string }

/** What files are held against: all that was adopted of a run. */
export type Adopted = {
  /** When and where, of the first adoption of these files. */
  at: string
  by: string
  on: string
  /** All that was ever adopted under a name: a file has to be as each of them says. */
  files: ReadonlyMap<string, readonly Was[]>
}

/** @param adoptions of one run, oldest first. @returns null when there are none */
export function adoptedOf(adoptions: readonly KeptAdoption[]): Adopted | null {
  const [first] = adoptions
  if (!first) return null
  const files = new Map<string, Was[]>()
  for (const { document } of adoptions)
    for (const { name, size, sha256 } of document.files) {
      const known = files.get(name) ?? []
      files.set(name, known)
      // Whoever can write a document cannot take an earlier one back: two that differ are never both right.
      if (!known.some(was => was.sha256 === sha256 && was.size === size))
        known.push({ size, sha256, at: document.at })
    }
  return { at: first.document.at, by: first.document.by, on: first.on.name, files }
}

/** `2026-11-20` of an instant, for a sentence. */
export const dayOf = (at: string): string => at.slice(0, 10)

/** What is wrong with a file that was adopted, as the end of a sentence; null when nothing is, or it was not. */
export function notAsAdopted(
  { files }: Adopted,
  { name, size, sha256 }: { name: string; size: number; sha256: string | null },
): string | null {
  for (const was of files.get(name) ?? []) {
    const when = `adopted on ${dayOf(was.at)}`
    if (was.size !== size) return `has ${size} bytes; it had ${was.size} when it was ${when}`
    if (sha256 !== null && sha256 !== was.sha256)
      return `is not what was ${when}: SHA-256 ${sha256.slice(0, 16)}… instead of ${was.sha256.slice(0, 16)}…`
  }
  return null
}
