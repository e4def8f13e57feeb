import { Fragment } from 'react'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import { counted, formatBytes, formatCount, formatDate, formatMoment } from '../../app/format.ts'
import { Rows, Section, Verdict, visibleControls } from '../../ui/index.ts'
import { directorReason, hostsOf } from './director-model.ts'
import { answerOf } from './model.ts'
import css from './proofs.module.css'

/** The one answer of a report, and how much of it is proven. */
export function Answer({ report }: { report: ProofReport }) {
  const { tone, answer } = answerOf(report)
  const { system, outage, target, notProven, counts, missing, director } = report
  const missed = counts.left + counts.refused + counts.failed
  const what = director ? `Director ${director.deployment.name}` : (system ?? report.point)
  const where = director ? hostsOf(director) : target.host
  const restored = report.measured.recoveryTime === null ? 'was to be restored' : 'was restored'
  const occasion = `${outage === null ? '' : `Outage since ${formatMoment(outage)}. `}${what} ${restored} to ${where}`
  return (
    <Verdict
      tone={tone}
      question={`${occasion} on ${formatDate(report.started)}.`}
      answer={answer}
      reason={
        <>
          {director
            ? directorReason(director)
            : counts.files === 0
              ? 'No file was proven.'
              : `Proven for ${counted(counts.files, 'file')}, ${formatBytes(counts.bytes)}.`}{' '}
          {missing && missing.names.length > 0 && <Missing missing={missing} all={missed} />}
          <b>{counted(notProven.length, 'thing is', 'things are')} not proven</b>; they are listed with it.
        </>
      }
    />
  )
}

/** What is not from the backup, by name. */
function Missing({ missing, all }: { missing: NonNullable<ProofReport['missing']>; all: number }) {
  const names = missing.names.slice(0, 3)
  return (
    <>
      Not from the backup:{' '}
      {names.map((name, index) => (
        <Fragment key={index}>
          {index > 0 && ', '}
          <bdi className="breakable strong">{visibleControls(name)}</bdi>
        </Fragment>
      ))}
      {all > names.length && ` and ${formatCount(all - names.length)} more`}.{' '}
    </>
  )
}

/** What was compared, and how. */
export function Proven({ report: { proven } }: { report: ProofReport }) {
  return (
    <Section title="Proven, and how" {...(proven.length === 0 && { note: 'nothing' })}>
      {proven.length === 0 ? (
        <p className="note">The restore ended before anything could be compared.</p>
      ) : (
        <Rows
          label="Proven"
          rows={proven.map((line, index) => ({
            key: String(index),
            shape: 'verified' as const,
            tone: 'ok' as const,
            title: <span className={css.wraps}>{line}</span>,
          }))}
        />
      )}
    </Section>
  )
}
