import { useState } from 'react'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import { formatBytes, formatCount } from '../../app/format.ts'
import { Button, Ledger, type LedgerFilter, Trouble, visibleControls } from '../../ui/index.ts'
import css from './proofs.module.css'
import { useLedger } from './use-ledger.ts'

/** The ledger: each entry and what became of it. */
export function Entries({ report }: { report: ProofReport }) {
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
