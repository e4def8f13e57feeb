import type { ProofReport, ProofSummary } from '../../../shared/contract/proof.ts'
import { useAsk } from '../../app/app-context.tsx'
import { counted, formatMoment, formatUtc } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { Facts, Inspector, InspectorPart, LinkButton, Rows, Status, Trouble } from '../../ui/index.ts'
import { directorFigures } from './director-model.ts'
import { answerOf, figuresOf, resultOf } from './model.ts'
import css from './proofs.module.css'

/** The report that is chosen in the list: its answer, what it does not prove, and the way to all of it. */
export function ProofInspector({ proof }: { proof: ProofSummary }) {
  const asked = useAsk('proof.show', { runId: proof.runId })
  return (
    <Inspector
      title={proof.system ?? proof.point}
      lead={<Status is={resultOf(proof)} />}
      actions={
        <LinkButton size="small" href={href({ page: 'proofs', mode: 'show', name: proof.runId })}>
          Open the report
        </LinkButton>
      }
    >
      {asked.failure && <Trouble failure={asked.failure} title="The report cannot be made" />}
      {asked.value && <p className={css.answer}>{answerOf(asked.value).answer}</p>}
      <Facts
        names="7.25rem"
        facts={[
          ['Point', <code className="breakable">{proof.point}</code>],
          asked.value && ['From', asked.value.server.name],
          ['To', <code className="breakable">{proof.target.folder}</code>],
          ['On', proof.target.host],
          ['Began', `${formatMoment(proof.started, Date.now())}, ${formatUtc(proof.started)}`],
          asked.value && ['By', asked.value.operator],
        ]}
      />
      {asked.value && <Measured report={asked.value} />}
      {asked.value && <NotProvenHere report={asked.value} />}
    </Inspector>
  )
}

function Measured({ report }: { report: ProofReport }) {
  return (
    <InspectorPart title="Measured">
      <Facts
        names="7.25rem"
        facts={(report.director ? directorFigures(report, report.director) : figuresOf(report)).map(
          ({ label, value, sub }) => [
            // From when to when is said in the report.
            label.replace(/,.*$/, ''),
            <>
              <b>{value}</b>
              <span className="cell-sub">{sub}</span>
            </>,
          ],
        )}
      />
    </InspectorPart>
  )
}

function NotProvenHere({ report: { notProven } }: { report: ProofReport }) {
  return (
    <InspectorPart title={`${counted(notProven.length, 'thing is', 'things are')} not proven`}>
      <Rows
        label="Not proven"
        rows={notProven.map((line, index) => ({
          key: String(index),
          shape: 'open',
          title: <span className={css.wraps}>{line}</span>,
        }))}
      />
    </InspectorPart>
  )
}
