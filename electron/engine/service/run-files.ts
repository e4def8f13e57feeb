import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { InputOf, OutputOf } from '../../../shared/contract/index.ts'
import { fromFsError } from '../engine-error.ts'
import { rawToDisplay, pathFromFields } from '../archive/raw-path.ts'
import type { LedgerLine } from '../restore/options.ts'
import type { RunRegistry } from '../run/index.ts'
import { LineIndex } from './line-index.ts'

/** Most of a log that goes out at once, bytes. */
const longestLog = 256 * 1024
/** Indexes that are kept; a page reads one or two runs at a time. */
const mostIndexes = 4

const actions = ['create', 'replace', 'same', 'leave', 'refuse', 'failed'] as const
const marks = actions.map(action => [Buffer.from(`"action":"${action}"`), actions.indexOf(action)] as const)
const other = 255

type Problem = OutputOf<'run.problems'>['problems'][number]

/** Pages out of the files of a run, however long they are. */
export class RunFiles {
  readonly #registry: RunRegistry
  readonly #indexes = new Map<string, LineIndex>()

  constructor(registry: RunRegistry) {
    this.#registry = registry
  }

  /** Whole lines from `from` on; `next` is where they end. */
  async log(runId: string, from: number): Promise<OutputOf<'run.log'>> {
    const file = join(this.#registry.folderOf(runId), 'log.txt')
    let handle
    try {
      handle = await open(file, 'r')
    } catch (err) {
      if ((err as { code?: string }).code === 'ENOENT') return { text: '', next: 0, size: 0 }
      throw fromFsError(err, 'run.log', file)
    }
    try {
      const { size } = await handle.stat()
      if (from >= size) return { text: '', next: size, size }
      const buffer = Buffer.alloc(Math.min(longestLog, size - from))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
      const end = buffer.lastIndexOf(10, bytesRead - 1) + 1
      // A line longer than all that goes out at once is cut; a line that is being written waits.
      const taken = end > 0 ? end : bytesRead === longestLog ? bytesRead : 0
      return { text: buffer.toString('utf8', 0, taken), next: from + taken, size }
    } catch (err) {
      throw fromFsError(err, 'run.log', file)
    } finally {
      await handle.close()
    }
  }

  async problems(runId: string, from: number, limit: number): Promise<OutputOf<'run.problems'>> {
    const index = this.#index(runId, 'problems.jsonl', () => 0)
    const { lines, total } = await index.page(from, limit, [])
    return { problems: lines.flatMap(line => parsed<Problem>(line)), total }
  }

  async ledger(
    runId: string,
    from: number,
    limit: number,
    wanted: NonNullable<InputOf<'run.ledger'>['actions']>,
  ): Promise<OutputOf<'run.ledger'>> {
    const index = this.#index(runId, 'ledger.jsonl', actionOf)
    const { lines, total } = await index.page(
      from,
      limit,
      wanted.map(action => actions.indexOf(action)),
    )
    return { lines: lines.flatMap(line => parsed<LedgerLine>(line).map(shown)), total }
  }

  #index(runId: string, name: string, sortOf: (line: Buffer) => number): LineIndex {
    const file = join(this.#registry.folderOf(runId), name)
    const index = this.#indexes.get(file) ?? new LineIndex(file, sortOf)
    // The one used last stands last.
    this.#indexes.delete(file)
    this.#indexes.set(file, index)
    const [oldest] = this.#indexes.keys()
    if (this.#indexes.size > mostIndexes && oldest !== undefined) this.#indexes.delete(oldest)
    return index
  }
}

/** Found by its bytes: quotes inside a path are escaped, so they cannot look like it. */
function actionOf(line: Buffer): number {
  for (const [mark, sort] of marks) if (line.includes(mark)) return sort
  return other
}

/** None for a line that cannot be read: it hides no other. */
function parsed<T>(line: string): T[] {
  try {
    const value = JSON.parse(line) as T
    return typeof value === 'object' && value !== null ? [value] : []
  } catch {
    return []
  }
}

export function shown(line: LedgerLine): OutputOf<'run.ledger'>['lines'][number] {
  return {
    path: rawToDisplay(pathFromFields(line)),
    action: line.action,
    kind: line.kind,
    size: line.size,
    ...(line.detail === undefined ? {} : { detail: line.detail }),
  }
}
