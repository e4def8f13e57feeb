import { Fragment, useState } from 'react'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { useAsk, useCall, useDeed, useEvent } from '../../app/app-context.tsx'
import { saveText } from '../../app/desktop.ts'
import { counted, formatBytes, formatClock, formatCount, formatDate, formatMoment } from '../../app/format.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href } from '../../app/router.ts'
import {
  Button,
  Empty,
  Ledger,
  type LedgerFilter,
  LinkButton,
  NotProven,
  Notice,
  PageBody,
  PageHeader,
  ProofFigures,
  Rows,
  Section,
  TimeBar,
  Trouble,
  Verdict,
  visibleControls,
} from '../../ui/index.ts'
import { answerOf, figuresOf, fileName, timeParts } from './model.ts'
import { PrintedLists } from './printed-lists.tsx'
import css from './proofs.module.css'
import { useLedger } from './use-ledger.ts'
import { usePrintedLines } from './use-printed-lines.ts'
import { WhoWhenWhat } from './who-when-what.tsx'

const path = [{ text: 'Proofs', href: href({ page: 'proofs', mode: 'list' }) }]

/** The report of one restore. */
export function ProofShow({ id }: { id: string }) {
  const asked = useAsk('proof.show', { runId: id })
  useEvent('run.changed', run => {
    if (run.id === id) asked.again()
  })
  if (asked.value) return <Report report={asked.value} />
  const { failure } = asked
  return (
    <>
      <PageHeader title={id} path={path} />
      <PageBody>
        {failure?.code === 'run.conflict' ? (
          <Empty
            title="The restore still goes on."
            page
            action={
              <LinkButton href={href({ page: 'runs', mode: 'show', name: id })}>Watch the run</LinkButton>
            }
          >
            Its report is here as soon as it has ended.
          </Empty>
        ) : failure?.code === 'run.unknown' ? (
          <Empty title="There is no such restore on this machine." page>
            Reports are kept in the state folder of the machine that made the restore.
          </Empty>
        ) : failure ? (
          <Trouble failure={failure} title="The report cannot be made" />
        ) : (
          <p className="muted">Asking for the report.</p>
        )}
      </PageBody>
    </>
  )
}

type Problem = OutputOf<'run.problems'>['problems'][number]

/** So many lines of each kind go on paper; the JSON and the run's own files have all. */
const mostPrinted = 1000

function Report({ report }: { report: ProofReport }) {
  useArrival()
  const call = useCall()
  const [saved, setSaved] = useState<string | null>(null)

  /** The whole: a report itself carries the first problems only. */
  const save = useDeed(async options => {
    const problems: Problem[] = [...report.problems]
    while (problems.length < report.problemCount) {
      const answer = await call(
        'run.problems',
        { runId: report.runId, from: problems.length, limit: 1000 },
        options,
      )
      if (!answer.ok) return answer
      if (answer.value.problems.length === 0) break
      problems.push(...answer.value.problems)
    }
    const place = await saveText(fileName(report), `${JSON.stringify({ ...report, problems }, null, 2)}\n`)
    setSaved(place)
    return { ok: true, value: place } as const
  })
  const printed = usePrintedLines(report.runId, mostPrinted)
  return (
    <>
      <PageHeader
        title={report.title}
        path={path}
        lead={`${formatDate(report.started)}. To ${report.target.folder} on ${report.target.host}.`}
        actions={
          <>
            <LinkButton href={href({ page: 'runs', mode: 'show', name: report.runId })}>
              Open the run
            </LinkButton>
            <Button icon="braces" busy={save.busy} onClick={() => void save.run()}>
              Save as JSON
            </Button>
            <Button
              icon="printer"
              kind="primary"
              pagePrimary
              busy={printed.asking}
              onClick={() => window.print()}
            >
              Print
            </Button>
          </>
        }
      />
      <PageBody className={css.body}>
        <div className={css.said} aria-live="polite">
          {save.failure && <Trouble failure={save.failure} title="The report was not saved" />}
          {printed.failure && (
            <Trouble failure={printed.failure} title="Entries cannot be read: paper has the rest" />
          )}
          {saved !== null && !save.busy && (
            <Notice tone="ok">
              Saved as <b className="breakable">{saved}</b>.
            </Notice>
          )}
        </div>
        <div className={css.proof}>
          <div className={css.main}>
            <Answer report={report} />
            <ProofFigures figures={figuresOf(report)} />
            {report.failure && (
              <Trouble failure={report.failure} around={{ run: report.runId, server: report.server.name }} />
            )}
            <Proven report={report} />
            <div className="no-print">
              <Entries report={report} />
            </div>
            <TimeSpent report={report} />
            {report.problemCount > 0 && (
              <div className="no-print">
                <Problems report={report} />
              </div>
            )}
          </div>
          <aside className={css.aside} aria-label="Not proven, and who, when, what">
            <Section title="Not proven" note={String(report.notProven.length)}>
              <NotProven lines={report.notProven.map(toLine)} />
            </Section>
            <WhoWhenWhat report={report} />
          </aside>
          <PrintedLists report={report} lines={printed.lines} most={mostPrinted} />
        </div>
      </PageBody>
    </>
  )
}

/** The first clause is the title; what follows explains it. */
function toLine(text: string): { title: string; detail?: string } {
  const at = text.search(/[:;]\s|\.\s/)
  if (at < 0 || at > 90) return { title: text }
  const rest = text.slice(at + 1).trim()
  const detail = `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`
  return rest === '' ? { title: text } : { title: text.slice(0, at), detail }
}

function Answer({ report }: { report: ProofReport }) {
  const { tone, answer } = answerOf(report)
  const { system, outage, target, notProven, counts, missing } = report
  const missed = counts.left + counts.refused + counts.failed
  const occasion =
    outage === null
      ? `${system ?? report.point} was restored to ${target.host}`
      : `Outage since ${formatMoment(outage)}. ${system ?? report.point} was restored to ${target.host}`
  return (
    <Verdict
      tone={tone}
      question={`${occasion} on ${formatDate(report.started)}.`}
      answer={answer}
      reason={
        <>
          {counts.files === 0
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

function Proven({ report: { proven } }: { report: ProofReport }) {
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

function Entries({ report }: { report: ProofReport }) {
  const { counts, runId } = report
  const [filter, setFilter] = useState<LedgerFilter>('all')
  const { lines, total, failure, loading, more } = useLedger(runId, filter)
  const written = counts.created + counts.replaced
  const { left, same } = counts
  const failed = counts.refused + counts.failed
  const rest = Math.max(0, (total ?? 0) - lines.length)
  return (
    <div className={css.entries}>
      {failure && <Trouble failure={failure} title="The ledger cannot be read" />}
      <Ledger
        filter={filter}
        onFilter={setFilter}
        counts={{ all: written + same + left + failed, written, same, left, failed }}
        lines={lines.map(({ path: entry, action, kind, size, detail }) => ({
          path: visibleControls(entry),
          action,
          kind,
          size: kind === 'file' ? formatBytes(size) : kindName(kind),
          detail: detail === undefined ? undefined : visibleControls(detail),
        }))}
        {...(loading &&
          lines.length === 0 && { loading: <span className="muted">Reading the ledger.</span> })}
        foot={
          rest > 0 && (
            <p className={css.more}>
              <span className="note">
                {formatCount(lines.length)} of {formatCount(total ?? 0)} entries are shown.
              </span>
              <Button size="small" busy={loading} onClick={() => more(1000)}>
                {`Show ${formatCount(Math.min(1000, rest))} more`}
              </Button>
            </p>
          )
        }
      />
    </div>
  )
}
const kindName = (kind: string) => kind.replace('-', ' ')

function TimeSpent({ report }: { report: ProofReport }) {
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

function Problems({ report }: { report: ProofReport }) {
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
