import type { ProofReport } from '../../../shared/contract/proof.ts'
import { formatBytes, formatCount } from '../../app/format.ts'
import { visibleControls } from '../../ui/index.ts'
import css from './proofs.module.css'
import type { LedgerEntry } from './use-ledger.ts'

const done = {
  create: 'created',
  replace: 'replaced',
  same: 'same',
  leave: 'left alone',
  refuse: 'refused',
  failed: 'failed',
} as const satisfies Record<LedgerEntry['action'], string>

/** What stands on paper only: problems and entries line by line, up to `most` of each. */
export function PrintedLists(props: { report: ProofReport; lines: readonly LedgerEntry[]; most: number }) {
  const { report, lines, most } = props
  const { counts, problems, problemCount } = report
  const entries =
    counts.created + counts.replaced + counts.same + counts.left + counts.refused + counts.failed
  if (lines.length === 0 && problems.length === 0) return null
  return (
    <div className={css.printed} aria-hidden>
      {problems.length > 0 && (
        <>
          <h2>Problems ({formatCount(problemCount)})</h2>
          <table>
            <thead>
              <tr>
                <th>What</th>
                <th>Why</th>
                <th>Code</th>
              </tr>
            </thead>
            <tbody>
              {problems.slice(0, most).map(({ subject, detail, code }, index) => (
                <tr key={index}>
                  <td>{visibleControls(subject)}</td>
                  <td>{visibleControls(detail)}</td>
                  <td>{code}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {problemCount > Math.min(most, problems.length) && (
            <p>
              The first {formatCount(Math.min(most, problems.length))} of {formatCount(problemCount)}; all are
              in the JSON.
            </p>
          )}
        </>
      )}
      {lines.length > 0 && (
        <>
          <h2>Entries ({formatCount(entries)})</h2>
          <table>
            <thead>
              <tr>
                <th>Entry</th>
                <th>Size</th>
                <th>Result</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {lines.map(({ path, size, kind, action, detail }, index) => (
                <tr key={index}>
                  <td>{visibleControls(path)}</td>
                  <td className={css.size}>{kind === 'file' ? formatBytes(size) : kind}</td>
                  <td>{done[action]}</td>
                  <td>{detail === undefined ? '' : visibleControls(detail)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {entries > lines.length && (
            <p>
              The first {formatCount(lines.length)} of {formatCount(entries)}; all are in the ledger of run{' '}
              {report.runId}.
            </p>
          )}
        </>
      )}
    </div>
  )
}
