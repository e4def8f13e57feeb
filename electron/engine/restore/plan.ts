import { isAbsolute, normalize } from 'node:path'
import type { Entry } from '../archive/entry.ts'
import type { RawPath } from '../archive/raw-path.ts'
import { rawFromText } from '../archive/raw-path.ts'
import { EngineError } from '../engine-error.ts'
import { globMatcher } from '../source/files/exclude.ts'
import type { Decision } from './decide.ts'
import { Decider } from './decide.ts'
import type { RestoreOptions } from './options.ts'
import type { TargetTree } from './target-tree.ts'

/** An entry, where it lands below the target, and what is done with it. `implied`: see `PlanAction`. */
export type Planned = { entry: Entry; path: RawPath; decision: Decision; implied?: true }

export type PlanInput = {
  /** Gives the list; called twice when hard links have to be known beforehand. */
  entries: () => AsyncIterable<Entry>
  options: RestoreOptions
  tree: TargetTree
  /** Folder below the target that entry paths are put under; '' for none. */
  prefix: RawPath
  /** Bytes of content there are. */
  content: number
}

/** Goes through an entry list in its order and decides each chosen entry. */
export async function* planRestore({
  entries,
  options,
  tree,
  prefix,
  content,
}: PlanInput): AsyncGenerator<Planned> {
  const decider = new Decider(tree, options)
  const under = (path: RawPath) => (prefix === '' ? path : `${prefix}/${path}`)
  const chosen = options.only.length > 0 ? globMatcher(options.only, 'restore.start') : () => true
  const mayStay = (options.overwrite === 'never' || options.overwrite === 'older') && isThere(tree)
  const links =
    options.only.length > 0 || mayStay
      ? await linksByFirst(entries, chosen, mayStay)
      : new Map<RawPath, Entry[]>()
  const plan = (entry: Entry): Planned => {
    const path = under(entry.path)
    const landed =
      entry.kind === 'hardlink' && entry.link !== undefined ? { ...entry, link: under(entry.link) } : entry
    if (entry.kind === 'file' && entry.data + entry.size > content)
      return {
        entry: landed,
        path,
        decision: { action: 'refuse', detail: 'its content would lie outside the backup file' },
      }
    return { entry: landed, path, decision: decider.decide(landed, path) }
  }
  const settled = new Set<RawPath>()
  const folders = new UnchosenFolders()
  for await (const entry of entries()) {
    if (settled.has(entry.path)) continue
    const isChosen = chosen(entry.path)
    const others = links.get(entry.path)
    if (isChosen || others) {
      for (const folder of folders.above(others?.[0]?.path ?? entry.path)) {
        const planned = plan(folder)
        if (planned.decision.action === 'create') yield { ...planned, implied: true }
      }
    }
    if (!isChosen && entry.kind === 'folder') folders.enter(entry)
    const own = isChosen ? plan(entry) : null
    if (own) yield own
    if (
      !others ||
      own?.decision.action === 'create' ||
      own?.decision.action === 'replace' ||
      own?.decision.action === 'same'
    )
      continue
    yield* withoutFirst(entry, others)
  }

  /** The file they share is not restored: the first name that can be gets its content, the others link to that. */
  function* withoutFirst(file: Entry, others: Entry[]): Generator<Planned> {
    let first: RawPath | null = null
    for (const other of others) {
      settled.add(other.path)
      const planned = plan(first === null ? { ...file, path: other.path } : { ...other, link: first })
      yield planned
      if (first === null && ['create', 'replace', 'same'].includes(planned.decision.action))
        first = other.path
    }
  }
}

/** Folders on the way down to where a list is, that were not chosen themselves. */
class UnchosenFolders {
  private readonly stack: Entry[] = []

  enter(folder: Entry): void {
    while (this.stack.length > 0 && !folder.path.startsWith(`${this.stack.at(-1)!.path}/`)) this.stack.pop()
    this.stack.push(folder)
  }

  /** Those above `path` that have not been handed out yet. */
  above(path: RawPath): Entry[] {
    while (this.stack.length > 0 && !path.startsWith(`${this.stack.at(-1)!.path}/`)) this.stack.pop()
    return this.stack.splice(0)
  }
}

function isThere(tree: TargetTree): boolean {
  try {
    return tree.folder('', false) !== null
  } catch {
    return true // Whatever it is: looking at the entries will tell.
  }
}

/** Chosen hard links by the first name of their file: those whose first name is not chosen, or `all`. */
async function linksByFirst(
  entries: () => AsyncIterable<Entry>,
  chosen: (path: RawPath) => boolean,
  all: boolean,
): Promise<Map<RawPath, Entry[]>> {
  const links = new Map<RawPath, Entry[]>()
  for await (const entry of entries()) {
    if (entry.kind !== 'hardlink' || entry.link === undefined || !chosen(entry.path)) continue
    if (!all && chosen(entry.link)) continue
    const known = links.get(entry.link)
    if (known) known.push(entry)
    else links.set(entry.link, [entry])
  }
  return links
}

/**
 * Where entries land: the target folder, and what stands before every entry path below it.
 * @throws EngineError `input.invalid` for a restore in place of what came from no folder; `data.unsafe` for a list
 *   that names a place which is none
 */
export function landing(
  options: RestoreOptions,
  base: string | undefined,
): { target: string; prefix: RawPath } {
  if (options.into === null) {
    if (base === undefined)
      throw new EngineError('input.invalid', 'restore.start', {
        detail: 'this came from no folder; use --into DIR',
      })
    if (!isAbsolute(base) || normalize(base) !== base || base.includes('\0'))
      throw new EngineError('data.unsafe', 'restore.start', {
        subject: base,
        detail: 'not a folder that files can have come from',
      })
    return { target: base, prefix: '' }
  }
  const prefix = options.fullPaths && base ? base.split('/').filter(Boolean).join('/') : ''
  return { target: options.into, prefix: rawFromText(prefix) }
}
