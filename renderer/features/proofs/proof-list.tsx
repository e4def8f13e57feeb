import type { ProofSummary } from '../../../shared/contract/proof.ts'
import { useAsk, useEvent } from '../../app/app-context.tsx'
import {
  counted,
  formatBytes,
  formatDate,
  formatDuration,
  formatMinutes,
  formatMoment,
} from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href } from '../../app/router.ts'
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
  Status,
  Trouble,
} from '../../ui/index.ts'
import { resultOf } from './model.ts'
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
    width: '17%',
    cell: row => (
      <Status
        is={resultOf(row)}
        {...(row.result === 'restored' &&
          row.missing > 0 && { says: `Without ${counted(row.missing, 'entry', 'entries')}` })}
      />
    ),
  },
  {
    id: 'target',
    head: 'To',
    width: '19%',
    cell: ({ target }) => (
      <>
        <span className="cell-main" title={target.folder}>
          {target.folder}
        </span>
        <span className="cell-sub">{target.host}</span>
      </>
    ),
  },
  {
    id: 'time',
    head: 'Recovery time',
    width: '16%',
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
  { id: 'bytes', head: 'Restored', width: '8%', align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
  { id: 'began', head: 'Began', width: '12%', cell: ({ started }) => formatMoment(started).slice(0, -3) },
]
const keyOf = ({ runId }: ProofSummary) => runId
const nameOf = ({ title, started }: ProofSummary) => `${title}, ${formatDate(started)}`
const open = ({ runId }: ProofSummary) => go({ page: 'proofs', mode: 'show', name: runId })

/** The reports of all restores on this machine. */
export function ProofList() {
  useArrival()
  const asked = useAsk('proof.list', undefined)
  useEvent('run.changed', run => {
    if (run.kind === 'restore' && !isLive(run)) asked.again()
  })
  const proofs = asked.value?.proofs
  const good = proofs?.filter(({ result, missing }) => result === 'restored' && missing === 0).length ?? 0
  return (
    <>
      <PageHeader
        title="Proofs"
        lead={
          proofs
            ? `${counted(proofs.length, 'report')} of restores on this machine, ${good} restored in full.`
            : 'The report of each restore.'
        }
      />
      <PageBody>
        {asked.failure && <Trouble failure={asked.failure} title="The reports cannot be listed" />}
        {proofs?.length === 0 ? (
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
            A backup is proven by a restore only. Each one leaves a report here: what was compared, how long
            it took, and what nobody looked at.
          </Empty>
        ) : (
          <DataTable
            label="Reports"
            columns={columns}
            rows={proofs ?? []}
            rowKey={keyOf}
            rowName={nameOf}
            density="tall"
            onOpen={open}
            {...(!proofs &&
              !asked.failure && { loading: <span className="muted">Asking for the reports.</span> })}
          />
        )}
      </PageBody>
    </>
  )
}
