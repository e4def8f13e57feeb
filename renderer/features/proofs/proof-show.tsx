import { useState } from 'react'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { useAsk, useCall, useDeed, useEvent } from '../../app/app-context.tsx'
import { saveText } from '../../app/desktop.ts'
import { formatDate } from '../../app/format.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href } from '../../app/router.ts'
import {
  Button,
  Empty,
  LinkButton,
  NotProven,
  Notice,
  PageBody,
  PageHeader,
  ProofFigures,
  Section,
  Trouble,
} from '../../ui/index.ts'
import { withLook } from './director-looked.tsx'
import { directorFigures, hostsOf } from './director-model.ts'
import { DirectorParts } from './director-parts.tsx'
import { figuresOf, fileName, toLine } from './model.ts'
import { PrintedLists } from './printed-lists.tsx'
import { Answer, Proven } from './proof-answer.tsx'
import { Entries } from './proof-entries.tsx'
import { Problems, TimeSpent } from './proof-time.tsx'
import css from './proofs.module.css'
import { usePrintedLines } from './use-printed-lines.ts'
import { WhoWhenWhat } from './who-when-what.tsx'

const path = [{ text: 'Proofs', href: href({ page: 'proofs', mode: 'list' }) }]

/** The report of one restore. */
export function ProofShow({ id }: { id: string }) {
  const asked = useAsk('proof.show', { runId: id })
  useEvent('run.changed', run => {
    if (run.id === id) asked.again()
  })
  useEvent('director.changed', asked.again)
  if (asked.value) return <Report report={asked.value} again={asked.again} />
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

function Report({ report, again }: { report: ProofReport; again: () => void }) {
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
  const printed = usePrintedLines(report.director ? null : report.runId, mostPrinted)
  return (
    <>
      <PageHeader
        title={report.title}
        path={path}
        lead={`${formatDate(report.started)}. ${whereTo(report)}.`}
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
            <ProofFigures
              figures={report.director ? directorFigures(report, report.director) : figuresOf(report)}
            />
            {report.failure && (
              <Trouble failure={report.failure} around={{ run: report.runId, server: report.server.name }} />
            )}
            <Proven report={report} />
            {report.director ? (
              <DirectorParts director={report.director} runId={report.runId} />
            ) : (
              <div className="no-print">
                <Entries report={report} />
              </div>
            )}
            <TimeSpent report={report} />
            {report.problemCount > 0 && (
              <div className="no-print">
                <Problems report={report} />
              </div>
            )}
          </div>
          <aside className={css.aside} aria-label="Not proven, and who, when, what">
            <Section title="Not proven" note={String(report.notProven.length)}>
              <NotProven lines={report.notProven.map(line => withLook(toLine(line), report, again))} />
            </Section>
            <WhoWhenWhat report={report} />
          </aside>
          <PrintedLists report={report} lines={printed.lines} most={mostPrinted} />
        </div>
      </PageBody>
    </>
  )
}

const whereTo = ({ target, director }: ProofReport) =>
  director
    ? `To ${hostsOf(director)}, by setup.sh in ${target.folder} on ${target.host}`
    : `To ${target.folder} on ${target.host}`
