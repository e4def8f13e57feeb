import { useState } from 'react'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import { formatClock, formatCount } from '../../app/format.ts'
import { Button, Rows, Section, TimeBar, visibleControls } from '../../ui/index.ts'
import { timeParts } from './model.ts'
import css from './proofs.module.css'

/** Where the time went, part by part. */
export function TimeSpent({ report }: { report: ProofReport }) {
  const parts = timeParts(report)
  const first = report.phases[0]
  const last = report.phases.at(-1)
  if (!first || !last || parts.length === 0) return null
  return (
    <Section
      title="Where the time went"
      note={`${formatClock(first.from, true)} to ${formatClock(last.to, true)}${report.ended === null ? ', the last sign of it' : ''}`}
    >
      <TimeBar parts={parts} />
    </Section>
  )
}

/** The first problems of the run. */
export function Problems({ report }: { report: ProofReport }) {
  const [all, setAll] = useState(false)
  const shown = all ? report.problems : report.problems.slice(0, 20)
  const { problems, problemCount } = report
  return (
    <Section title="Problems" note={formatCount(problemCount)}>
      <Rows
        label="Problems"
        rows={shown.map((problem, index) => ({
          key: String(index),
          tone: problem.code === 'data.damaged' ? ('bad' as const) : ('warn' as const),
          title: <span className={css.wraps}>{visibleControls(problem.subject)}</span>,
          detail: visibleControls(problem.detail),
          side: <code className="note">{problem.code}</code>,
        }))}
      />
      {!all && problems.length > 20 && (
        <p className={css.more}>
          <Button size="small" onClick={() => setAll(true)}>
            {`Show all ${formatCount(problems.length)}`}
          </Button>
        </p>
      )}
      {all && problemCount > problems.length && (
        <p className="note">
          The first {formatCount(problems.length)}; all are in the saved JSON and in the run.
        </p>
      )}
    </Section>
  )
}
