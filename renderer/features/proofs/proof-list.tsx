import { useMemo } from 'react'
import type { ProofSummary } from '../../../shared/contract/proof.ts'
import { useAsk, useEvent } from '../../app/app-context.tsx'
import { counted, formatDate, formatDuration, formatMinutes, formatMoment } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href, type RouteOf } from '../../app/router.ts'
import { isLive } from '../../app/run-words.ts'
import {
  type Column,
  cx,
  DataTable,
  Empty,
  LinkButton,
  Measure,
  PageBody,
  PageHeader,
  Split,
  Status,
  Trouble,
} from '../../ui/index.ts'
import { resultOf } from './model.ts'
import { ProofInspector } from './proof-inspector.tsx'
import css from './proofs.module.css'

const columns: Column<ProofSummary>[] = [
  {
    id: 'proof',
    head: 'Restore',
    cell: ({ runId, title, point, system }) => (
      <>
        <a
          className={cx('cell-main', css.name)}
          href={href({ page: 'proofs', mode: 'show', name: runId })}
          title={title}
        >
          {point}
        </a>
        <span className="cell-sub">{system ?? 'no system'}</span>
      </>
    ),
  },
  {
    id: 'result',
    head: 'Result',
    width: '24%',
    cell: row => (
      <Status
        is={resultOf(row)}
        {...(row.result === 'restored' &&
          row.missing > 0 && { says: `Without ${counted(row.missing, 'entry', 'entries')}` })}
      />
    ),
  },
  {
    id: 'time',
    head: 'Recovery time',
    width: '22%',
    cell: ({ recoveryTime }) => {
      if (!recoveryTime) return <span className="muted">none yet</span>
      const { ms, targetMs } = recoveryTime
      const ratio = targetMs === null ? null : ms / targetMs
      return (
        <Measure
          value={formatDuration(ms)}
          target={targetMs === null ? null : formatMinutes(targetMs / 60_000)}
          ratio={ratio}
          tone={ratio !== null && ratio > 1 ? 'warn' : 'ok'}
        />
      )
    },
  },
  {
    id: 'began',
    head: 'Began',
    width: '8.5rem',
    cell: ({ started }) => <span className="nowrap">{formatMoment(started).slice(0, -3)}</span>,
  },
]
const keyOf = ({ runId }: ProofSummary) => runId
const nameOf = ({ title, started }: ProofSummary) => `${title}, ${formatDate(started)}`
const choose = (run: string) => go({ page: 'proofs', mode: 'list', query: { run } }, { replace: true })
const open = ({ runId }: ProofSummary) => go({ page: 'proofs', mode: 'show', name: runId })

/** The reports of all restores on this machine, and the chosen one's answer beside them. */
export function ProofList({ route }: { route: RouteOf<'proofs'> }) {
  useArrival()
  const asked = useAsk('proof.list', undefined)
  useEvent('run.changed', run => {
    if ((run.kind === 'restore' || run.kind === 'director-restore') && !isLive(run)) asked.again()
  })
  const proofs = asked.value?.proofs
  const chosen = proofs?.find(({ runId }) => runId === route.query?.['run']) ?? proofs?.[0]
  const selected = useMemo(() => new Set(chosen ? [chosen.runId] : []), [chosen])
  const good = proofs?.filter(({ result, missing }) => result === 'restored' && missing === 0).length ?? 0
  return (
    <>
      <PageHeader
        title="Proofs"
        lead={
          proofs
            ? proofs.length === 0
              ? 'The report of each restore. None yet.'
              : `${counted(proofs.length, 'report')} of restores on this machine, ${good} restored in full.`
            : 'The report of each restore.'
        }
      />
      {proofs?.length === 0 ? (
        <PageBody>
          <NoProofs />
        </PageBody>
      ) : (
        <PageBody flush>
          <Split columns="minmax(0, 1fr) var(--inspector-width)">
            <div className={css.list}>
              {asked.failure && <Trouble failure={asked.failure} title="The reports cannot be listed" />}
              <DataTable
                label="Reports"
                columns={columns}
                rows={proofs ?? []}
                rowKey={keyOf}
                rowName={nameOf}
                density="tall"
                selection={{ mode: 'one', selected, onChange: ([id]) => id !== undefined && choose(id) }}
                onOpen={open}
                {...(!proofs &&
                  !asked.failure && { loading: <span className="muted">Asking for the reports.</span> })}
              />
            </div>
            {chosen ? <ProofInspector key={chosen.runId} proof={chosen} /> : <div />}
          </Split>
        </PageBody>
      )}
    </>
  )
}

function NoProofs() {
  return (
    <Empty
      title="Nothing was restored on this machine yet."
      page
      action={
        <LinkButton
          kind="primary"
          icon="archive-restore"
          pagePrimary
          href={href({ page: 'restore', step: 'system' })}
        >
          Start a restore
        </LinkButton>
      }
    >
      A backup is proven by a restore only. Each one leaves a report here: what was compared, how long it
      took, and what nobody looked at.
    </Empty>
  )
}
