/** One thing that is measured, with what it is held against. */
export type Bench = {
  name: string
  about: string
  /** Findings as they are made, so that what was measured before a failure is not lost. */
  run(options: BenchOptions): AsyncIterable<Finding>
}

export type BenchOptions = {
  /** Smaller data and fewer rounds: to see that it works, not to judge by. */
  quick: boolean
  /** Rounds that count, each with all sides in turn. */
  rounds: number
  say: (line: string) => void
}

export type Finding = {
  what: string
  /** How ours and the other side did, in words with units. */
  ours: string
  peer: string
  measured: Measured
  /** Null: told for comparison, no target was set. */
  target: { atLeast: number } | { atMost: number } | null
}

/** Unit `×`: ratio of speeds, above 1 we are faster. */
export type Measured = { median: number; min: number; max: number; unit: '×' | 'MiB' | 'KB' | 'ms' | 'parts' }

export type Verdict = 'holds' | 'missed' | '–'

export function verdictOf({ measured, target }: Finding): Verdict {
  if (!target) return '–'
  const holds = 'atLeast' in target ? measured.median >= target.atLeast : measured.median <= target.atMost
  return holds ? 'holds' : 'missed'
}
