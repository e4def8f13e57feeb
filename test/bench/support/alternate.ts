import { tmpdir } from 'node:os'
import { performance } from 'node:perf_hooks'
import { shell } from './shell.ts'

export type Side = {
  /** Before and after are not timed. */
  before?: () => Promise<unknown>
  /** Answers its seconds where it knows better which of them count. */
  work: () => Promise<void | { seconds: number }>
  after?: () => Promise<unknown>
}

/**
 * Runs all sides in turn, every other round backwards, and answers the seconds of each. A first round that does not
 * count warms the page cache. What an earlier side left to be written to the disk is written before the next begins.
 */
export async function alternate<K extends string>(
  sides: Record<K, Side>,
  { rounds, say }: { rounds: number; say: (line: string) => void },
): Promise<Record<K, number[]>> {
  const names = Object.keys(sides) as K[]
  const seconds = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<K, number[]>
  for (let round = 0; round <= rounds; round++) {
    const line: string[] = []
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { before, work, after } = sides[name]
      await before?.()
      await shell('sync -f "$1"', [tmpdir()])
      const began = performance.now()
      const told = await work()
      const took = told ? told.seconds : (performance.now() - began) / 1000
      await after?.()
      if (round > 0) seconds[name].push(took)
      line.push(`${name} ${took.toFixed(2)} s`)
    }
    say(`${round === 0 ? 'warm-up' : `round ${round}`}: ${line.join(', ')}`)
  }
  return seconds
}
