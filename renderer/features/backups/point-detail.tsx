import { useState } from 'react'
import { useAsk } from '../../app/app-context.tsx'
import { counted, formatBytes, formatMoment, formatWhen } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { Button, type Column, DataTable, Facts, Notice, PathText, Status, Trouble } from '../../ui/index.ts'
import type { OutputOf } from '../../../shared/contract/index.ts'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { AdoptDialog } from './adopt-dialog.tsx'
import { adoptedWords, adoptionOf, directorRestore, directorStamp, isVendors } from './adopt-model.ts'
import css from './backups.module.css'
import { copyState, isGood, leftOutOf, type PointRow, stateWords } from './model.ts'
import { shortHash } from './words.ts'

type PointFile = OutputOf<'point.show'>['files'][number]

/** @param hashes kept by an adoption, by the name of the file. @param unhashed what stands where there is none */
const columns = (
  stamp: string,
  hashes: ReadonlyMap<string, string>,
  unhashed: string,
): readonly Column<PointFile>[] => [
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
    cell: ({ name, sha256 }) => {
      const known = sha256 ?? hashes.get(name)
      return known === undefined ? (
        <span className="muted">{unhashed}</span>
      ) : (
        <code title={known}>{shortHash(known)}</code>
      )
    },
  },
]

/** What one point holds: files, where it came from, and how each copy stands. */
export function PointDetail({ row, now }: { row: PointRow; now: number }) {
  const from = row.copies.find(isGood) ?? row.copies[0]
  const { value, failure, asking } = useAsk(
    'point.show',
    from && from.state !== 'incomplete' ? { point: row.point, server: from.server } : null,
  )
  const leftOut = leftOutOf(row)
  const adopted = adoptionOf(row)
  const kept = useAsk('adopt.list', from && adopted ? { server: from.server } : null).value?.adoptions
  const adoption = kept?.find(({ point, on }) => point === row.point && on === adopted?.on)
  const hashes = new Map(adoption?.files.map(({ name, sha256 }) => [name, sha256]))
  const stamp = value && directorStamp(value.files.map(({ name }) => name))
  return (
    <div className={css.detail}>
      {from?.state === 'incomplete' && (
        <Notice tone="warn">
          Parts of it are missing on {from.server}: a run is still writing it, or one was interrupted. An
          interrupted run can be taken up again under Runs.
        </Notice>
      )}
      {leftOut.length > 0 && (
        <Notice tone="warn">
          <b>Not all of the Director is in it: {leftOut.join(', ')}.</b> No command was set for what is left
          out; a restore lacks it.
        </Notice>
      )}
      {failure && <Trouble failure={failure} {...(from && { around: { server: from.server } })} />}
      {from && isVendors(row) && <OfVendor row={row} from={from} now={now} />}
      {value === null && asking !== null && <p className="note">Asking {from?.server}</p>}
      {value && (
        <>
          <DataTable
            label={`Files of ${row.point}`}
            density="dense"
            columns={columns(row.stamp, hashes, isVendors(row) ? 'not known' : 'by parts')}
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
                stamp !== null && [
                  'A Director’s',
                  <a key="director" href={href(directorRestore(value.server, stamp))}>
                    Restore as a Director
                  </a>,
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

type OfVendorProps = {
  row: PointRow
  /** The copy that is read back for an adoption. */
  from: PointOnServer
  now: number
}

/** What it means that a vendor's own tool made it, and what an adoption changes. */
function OfVendor({ row, from, now }: OfVendorProps) {
  const [adopting, setAdopting] = useState(false)
  const adopted = adoptionOf(row)
  return (
    <>
      <Notice
        tone={adopted ? 'ok' : 'idle'}
        actions={
          <Button size="small" icon="file-check-2" onClick={() => setAdopting(true)}>
            {adopted ? 'Adopt again…' : 'Adopt…'}
          </Button>
        }
      >
        {adopted ? (
          <>
            <b>{adoptedWords(adopted, now)}.</b> Its hashes of that moment are kept there: Verify and the
            preflight of a Director restore compare with them.
          </>
        ) : (
          <>
            <b>Made by the vendor’s own tool, without a manifest.</b> Nothing tells whether a file has changed
            since. Adopt reads the files back once and keeps their hashes on a server you choose.
          </>
        )}
      </Notice>
      {adopting && <AdoptDialog copy={from} onClose={() => setAdopting(false)} />}
    </>
  )
}
