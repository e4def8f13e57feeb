import { useAsk } from '../../app/app-context.tsx'
import { counted, formatBytes, formatMoment, formatWhen } from '../../app/format.ts'
import { type Column, DataTable, Facts, Notice, PathText, Status, Trouble } from '../../ui/index.ts'
import type { OutputOf } from '../../../shared/contract/index.ts'
import css from './backups.module.css'
import { copyState, isGood, type PointRow, stateWords } from './model.ts'
import { shortHash } from './words.ts'

type PointFile = OutputOf<'point.show'>['files'][number]

const columns = (stamp: string): readonly Column<PointFile>[] => [
  {
    id: 'name',
    head: `File, stamped ${stamp.replace('Z', '')} UTC`,
    width: '48%',
    cell: ({ name }) => <PathText path={name} />,
  },
  {
    id: 'how',
    head: 'Kind',
    cell: ({ component, compression, encryption }) => (
      <span className="muted">
        {[component, compression === 'unknown' ? '' : compression, encryption ? 'encrypted' : '']
          .filter(Boolean)
          .join(', ')}
      </span>
    ),
  },
  { id: 'size', head: 'Size', width: '6.5rem', align: 'end', cell: ({ bytes }) => formatBytes(bytes) },
  {
    id: 'hash',
    head: 'SHA-256',
    width: '12rem',
    cell: ({ sha256 }) =>
      sha256 === null ? (
        <span className="muted">by parts</span>
      ) : (
        <code title={sha256}>{shortHash(sha256)}</code>
      ),
  },
]

/** What one point holds: files, where it came from, and how each copy stands. */
export function PointDetail({ row, now }: { row: PointRow; now: number }) {
  const from = row.copies.find(isGood) ?? row.copies[0]
  const { value, failure, asking } = useAsk(
    'point.show',
    from && from.state !== 'incomplete' ? { point: row.point, server: from.server } : null,
  )
  return (
    <div className={css.detail}>
      {from?.state === 'incomplete' && (
        <Notice tone="warn">
          Parts of it are missing on {from.server}: a run is still writing it, or one was interrupted. An
          interrupted run can be taken up again under Runs.
        </Notice>
      )}
      {failure && <Trouble failure={failure} {...(from && { around: { server: from.server } })} />}
      {value === null && asking !== null && <p className="note">Asking {from?.server}</p>}
      {value && (
        <>
          <DataTable
            label={`Files of ${row.point}`}
            density="dense"
            columns={columns(row.stamp)}
            rows={value.files}
            rowKey={({ name }) => name}
          />
          <div className={css.facts}>
            <Facts
              tight
              names="6rem"
              facts={[
                [
                  'Holds',
                  `${counted(value.content.files, 'file')} in ${counted(value.content.entries, 'entry', 'entries')}, ${formatBytes(value.content.bytes)} before compression`,
                ],
                value.host !== null && [
                  'Came from',
                  <span key="from">
                    {value.host}
                    {value.base !== null && (
                      <>
                        , <code>{value.base}</code>
                      </>
                    )}
                  </span>,
                ],
                value.created !== null && [
                  'Made',
                  `${formatMoment(value.created, now)} by ${value.tool ?? ''}`,
                ],
                value.encrypted && [
                  'Encrypted',
                  'with age; its passphrase or identity is needed to look inside',
                ],
              ]}
            />
            <Facts
              tight
              names="6rem"
              facts={row.copies.map(copy => [
                copy.server,
                <Status
                  key={copy.server}
                  is={stateWords[copyState(copy)]}
                  says={
                    copy.verified !== null && copyState(copy) === 'verified'
                      ? `Verified ${formatWhen(copy.verified, now)}`
                      : undefined
                  }
                />,
              ])}
            />
          </div>
        </>
      )}
    </div>
  )
}
