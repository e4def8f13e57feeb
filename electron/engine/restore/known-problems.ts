import { join } from 'node:path'
import type { Problem } from '../../../shared/run.ts'
import { readJournal } from '../run/index.ts'

/**
 * The problems that earlier processes of a run have told. A resume comes upon many of them again: what an operator
 * counts are entries with a problem, not how often somebody looked.
 */
export class KnownProblems {
  private readonly keys = new Set<string>()

  static async of(folder: string): Promise<KnownProblems> {
    const known = new KnownProblems()
    for await (const told of readJournal(join(folder, 'problems.jsonl')))
      known.keys.add(keyOf(told as Problem))
    return known
  }

  has(problem: Problem): boolean {
    return this.keys.has(keyOf(problem))
  }
}

/** An entry fails once, whatever the reason is this time; attributes are left out one by one. */
const keyOf = ({ code, subject, detail }: Problem): string =>
  JSON.stringify(code === 'target.attribute' ? [code, subject, detail] : [code, subject])
