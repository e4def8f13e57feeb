import type { RawPath } from '../archive/raw-path.ts'
import { rawToDisplay, rawToText } from '../archive/raw-path.ts'
import { globMatcher } from '../source/files/exclude.ts'

/** What makes a text a GLOB. */
const wildcard = /[*?[\]{}]/

/**
 * What an operator typed to find entries. With wildcards it is a GLOB over the whole path, or, when it holds no `/`,
 * over the name; without, a text that the path contains, in any case.
 * @returns how well an entry fits: 2 by its name, 1 by the folders it lies in, 0 not at all
 */
export function textMatcher(text: string): (path: RawPath, name: RawPath) => 0 | 1 | 2 {
  if (wildcard.test(text)) {
    const matches = globMatcher([text], 'point.find')
    return text.includes('/')
      ? path => (matches(path) ? 2 : 0)
      : (path, name) => (matches(name) || matches(path) ? 2 : 0)
  }
  const wanted = text.toLowerCase()
  const contains = (path: RawPath) => (rawToText(path) ?? rawToDisplay(path)).toLowerCase().includes(wanted)
  if (text.includes('/')) return path => (contains(path) ? 2 : 0)
  return (path, name) => (contains(name) ? 2 : contains(path) ? 1 : 0)
}
