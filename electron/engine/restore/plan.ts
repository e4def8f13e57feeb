import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { rawFromText } from '../archive/raw-path.ts'
import { globMatcher } from '../source/files/exclude.ts'
import type { Decision } from './decide.ts'
import { Decider } from './decide.ts'
import type { RestoreOptions } from './options.ts'
import type { TargetTree } from './target-tree.ts'

/** An entry, where it lands below the target, and what is done with it. */
export type Planned = { entry: Entry; path: RawPath; decision: Decision }

/**
 * Goes through an entry list in its order and decides each chosen entry.
 * @param entries gives the list; called twice when only some are chosen
 * @param prefix folder below the target that entry paths are put under; '' for none
 */
export async function* planRestore(
  entries: () => AsyncIterable<Entry>,
  options: RestoreOptions,
  tree: TargetTree,
  prefix: RawPath,
): AsyncGenerator<Planned> {
  const decider = new Decider(tree, options)
  const under = (path: RawPath) => (prefix === '' ? path : `${prefix}/${path}`)
  const chosen = options.only.length > 0 ? globMatcher(options.only, 'restore.start') : () => true
  const orphans = options.only.length > 0 ? await orphanedLinks(entries, chosen) : new Map<RawPath, Entry[]>()
  const plan = (entry: Entry): Planned => {
    const path = under(entry.path)
    const landed =
      entry.kind === 'hardlink' && entry.link !== undefined ? { ...entry, link: under(entry.link) } : entry
    return { entry: landed, path, decision: decider.decide(landed, path) }
  }
  const settled = new Set<RawPath>()
  for await (const entry of entries()) {
    const links = orphans.get(entry.path)
    if (links) {
      // The file they share is not chosen: the first chosen name gets its content, the others link to that.
      const [first, ...others] = links
      yield plan({ ...entry, path: first!.path })
      settled.add(first!.path)
      for (const other of others) {
        yield plan({ ...other, link: first!.path })
        settled.add(other.path)
      }
    }
    if (chosen(entry.path) && !settled.has(entry.path)) yield plan(entry)
  }
}

/** Chosen hard links whose first name is not chosen, by that first name. */
async function orphanedLinks(
  entries: () => AsyncIterable<Entry>,
  chosen: (path: RawPath) => boolean,
): Promise<Map<RawPath, Entry[]>> {
  const orphans = new Map<RawPath, Entry[]>()
  for await (const entry of entries()) {
    if (entry.kind !== 'hardlink' || entry.link === undefined || !chosen(entry.path) || chosen(entry.link))
      continue
    orphans.set(entry.link, [...(orphans.get(entry.link) ?? []), entry])
  }
  return orphans
}

/** Where entries land: the target folder, and what stands before every entry path below it. */
export function landing(
  options: RestoreOptions,
  base: string | undefined,
): { target: string; prefix: RawPath } {
  if (options.into === null) return { target: base ?? '/', prefix: '' }
  const prefix = options.fullPaths && base ? base.split('/').filter(Boolean).join('/') : ''
  return { target: options.into, prefix: rawFromText(prefix) }
}
