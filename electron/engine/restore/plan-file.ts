import { createReadStream } from 'node:fs'
import type { Entry } from '../archive/entry.ts'
import { decodeEntry } from '../archive/entry-line.ts'
import { encodeEntry } from '../archive/entry.ts'

/** `implied`: a folder that was not chosen but holds what was; made as it was, not counted, not in the ledger. */
export type PlanAction = 'create' | 'replace' | 'same' | 'implied'

/** A line of a plan: `DATA SIZE ACTION ENTRY`, numbers in front so that the fetching side need not parse the rest. */
export function encodePlanLine(entry: Entry, action: PlanAction): string {
  const range = action === 'same' ? '0 0' : `${entry.data} ${entry.size}`
  return `${range} ${action} ${encodeEntry(entry)}\n`
}

export type PlanLine = { entry: Entry; action: PlanAction }

export function decodePlanLine(line: string): PlanLine {
  const [, , action] = line.split(' ', 3)
  const start = line.indexOf('{')
  return { action: action as PlanAction, entry: decodeEntry(line.slice(start)) }
}

export const rangeOfPlanLine = (line: string): { data: number; size: number } => {
  const [data, size] = line.split(' ', 2)
  return { data: Number(data), size: Number(size) }
}

/** The lines of a plan file, or of another that is written line by line, in order. */
export async function* planLines(file: string): AsyncGenerator<string> {
  for await (const lines of planBatches(file)) yield* lines
}

/**
 * The lines of a plan file, in order, many at a time: a turn of the event loop for each would cost more than the rest.
 * JSON holds no bare line feeds, so every line feed is one of the file's.
 */
export async function* planBatches(file: string): AsyncGenerator<string[]> {
  // Not readline: it also splits at U+2028, which may stand in a file's name.
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })
  let rest = ''
  try {
    for await (const piece of stream as AsyncIterable<string>) {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      yield lines
    }
    if (rest !== '') yield [rest]
  } finally {
    stream.destroy()
  }
}
