import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Entry } from '../archive/entry.ts'
import { decodeEntry, encodeEntry } from '../archive/entry.ts'

/** A line of a plan: `DATA SIZE ACTION ENTRY`, numbers in front so that the fetching side need not parse the rest. */
export function encodePlanLine(entry: Entry, action: 'create' | 'replace' | 'same'): string {
  const range = action === 'same' ? '0 0' : `${entry.data} ${entry.size}`
  return `${range} ${action} ${encodeEntry(entry)}\n`
}

export type PlanLine = { entry: Entry; action: 'create' | 'replace' | 'same' }

export function decodePlanLine(line: string): PlanLine {
  const [, , action] = line.split(' ', 3)
  const start = line.indexOf('{')
  return { action: action as PlanLine['action'], entry: decodeEntry(line.slice(start)) }
}

export const rangeOfPlanLine = (line: string): { data: number; size: number } => {
  const [data, size] = line.split(' ', 2)
  return { data: Number(data), size: Number(size) }
}

/** The lines of a plan file, in order. JSON holds no bare line ends, so every line end is one of the file's. */
export async function* planLines(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })
  try {
    // readline also splits at U+2028 only in its own key handling, not in lines; crlfDelay keeps \r inside JSON out of it.
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity }))
      if (line !== '') yield line
  } finally {
    stream.destroy()
  }
}
