import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { directorComponents, directorFiles } from '../../../shared/director-files.ts'
import { describeFailure } from '../../../shared/failure-copy.ts'

/** Where a run failed, and what a person can look at next. Pure. */

type Run = Pick<RunSnapshot, 'kind' | 'state' | 'failure' | 'firstProblems' | 'phases'>

const titles: readonly string[] = directorComponents.map(component => directorFiles[component].title)

/** Its problems may be of an earlier process: what was met then is perhaps mended. */
const wasTakenUp = ({ phases = [] }: Pick<Run, 'phases'>): boolean =>
  phases.filter(({ name }) => name === 'starting').length > 1 ||
  phases.some(({ name }) => name === 'not worked on')

const problemTitles = (run: Run, code: 'component.failed' | 'component.not-set'): string[] =>
  wasTakenUp(run)
    ? []
    : run.firstProblems.flatMap(problem => (problem.code === code ? [problem.subject] : []))

/** The components that the failure of a Director’s backup names. */
const blamed = ({ state, failure }: Run): string[] =>
  state === 'failed' ? (failure?.subject ?? '').split(', ').filter(one => titles.includes(one)) : []

/** Titles of the components of a Director's backup that failed; the others are still tried, so it may be going on. */
export function failedComponents(run: Run): string[] {
  if (run.kind !== 'director-backup') return []
  const failed = new Set([...blamed(run), ...problemTitles(run, 'component.failed')])
  return titles.filter(title => failed.has(title))
}

/** Titles of the components that nobody has said how to back up. */
export const componentsLeftOut = (run: Run): string[] =>
  run.kind === 'director-backup' ? problemTitles(run, 'component.not-set') : []

/** Whether the phase that a failed run ended in is to blame: a component that failed does not end the run at once. */
export const failedWhereItEnded = (run: Run): boolean =>
  run.kind !== 'director-backup' || blamed(run).length === 0

/** What is listed as problems: where none was met, what ended the run. */
export function problemsShown(
  run: Pick<RunSnapshot, 'state' | 'problems' | 'firstProblems' | 'failure'>,
): readonly { code: string; subject: string; detail: string }[] {
  const { state, problems, firstProblems, failure } = run
  if (state !== 'failed' || problems > 0 || !failure) return firstProblems
  const { subject = 'The run', ...rest } = failure
  return [{ code: failure.code, subject, detail: describeFailure(rest).title }]
}

/** How many those are. */
export const problemCount = (run: Parameters<typeof problemsShown>[0]): number =>
  Math.max(run.problems, problemsShown(run).length)

/** Who can mend why a run was not let in: the page of the Director, or of the server. */
export type Cure = { at: 'site' | 'server'; name: string }

/** @returns null when nobody was refused, or when a resume alone asks for what is missing */
export function cureOf({
  kind,
  failure,
  options,
}: Pick<RunSnapshot, 'kind' | 'failure' | 'options'>): Cure | null {
  if (!failure || !/^(trust\.|auth\.(rejected|denied|secret-missing)$)/.test(failure.code)) return null
  const { servers, source, deployment } = (options ?? {}) as {
    servers?: unknown
    source?: { kind?: unknown; deployment?: unknown }
    deployment?: unknown
  }
  const { subject } = failure
  if (subject !== undefined && Array.isArray(servers) && servers.includes(subject))
    return { at: 'server', name: subject }
  const site =
    kind === 'director-backup'
      ? deployment
      : kind === 'backup' && source?.kind === 'director-analytics'
        ? source.deployment
        : undefined
  return typeof site === 'string' ? { at: 'site', name: site } : null
}
