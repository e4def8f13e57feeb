import { directorComponents } from '../../../shared/director-files.ts'
import { isGood, type PointRow } from '../backups/index.ts'
import { directorOf, directorQuery } from '../director/index.ts'
import { type Candidate, whyOff } from './candidates.ts'
import { type Answers, writeAnswers } from './model.ts'

/**
 * With a Director among what can be wanted back. It can always be asked for: where its files lie is the next
 * question. First where a server is seen to hold a run of five files, else last.
 */
export function withDirector(candidates: readonly Candidate[], all: readonly PointRow[]): Candidate[] {
  const rows = all.filter(
    ({ name, copies }) =>
      name === 'vendor' && copies.some(copy => isGood(copy) && copy.files === directorComponents.length),
  )
  const director: Candidate = {
    of: directorOf,
    title: 'Director (zWAN)',
    detail: 'restore.yml, master.yml, setup.sh',
    rows,
    newest: rows[0] ?? null,
  }
  return director.newest ? [director, ...candidates] : [...candidates, director]
}

/** Why one of them cannot be restored; null: it can. */
export const whyNoRestore = (candidate: Candidate, asking: boolean): string | null =>
  candidate.of === directorOf ? null : whyOff(candidate, asking)

/** The address of answers; the answers of a Director's own steps stay as they are in `present`. */
export const queryOf = (
  given: Answers,
  present: Readonly<Record<string, string>> | undefined,
): Record<string, string> => (given.of === directorOf ? directorQuery(present) : writeAnswers(given))
