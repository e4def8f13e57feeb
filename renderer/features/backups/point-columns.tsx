import { formatBytes, formatClock, formatDay, formatWhen, counted } from '../../app/format.ts'
import { type Column, Icon, Status, StatusMark, type TableGroup } from '../../ui/index.ts'
import { adoptedWords, adoptionOf } from './adopt-model.ts'
import css from './backups.module.css'
import { copyState, leftOutOf, type PointRow, stateWords } from './model.ts'
import { ownerOf } from './words.ts'

/** The columns of the list of restore points, at a time. */
export function pointColumns(now: number): readonly Column<PointRow>[] {
  return [
    {
      id: 'taken',
      head: 'Taken',
      width: '6.5rem',
      cell: row => <span className="cell-main">{formatClock(row.at, true)}</span>,
    },
    {
      id: 'system',
      head: 'System',
      width: '19%',
      cell: row => (
        <span className="truncate" title={`${ownerOf(row)}, ${row.point}`}>
          {ownerOf(row)}
          {row.system !== null && row.system !== row.name && <span className={css.plan}>{row.name}</span>}
          {row.system === null && (
            <span className={css.plan}>
              {row.copies[0]?.state === 'no-manifest' ? 'a vendor’s own tool' : 'no plan here'}
            </span>
          )}
        </span>
      ),
    },
    {
      id: 'contents',
      head: 'Contents',
      width: '10.5%',
      cell: row => (
        <span className="muted truncate">
          {row.copies[0]?.state === 'no-manifest'
            ? `${counted(row.files, 'file')}, ${adoptionOf(row) ? 'adopted' : 'one run'}`
            : row.state === 'incomplete'
              ? 'not known'
              : `${counted(row.files, 'file')}${leftOutOf(row).length > 0 ? ', parts left out' : ''}`}
        </span>
      ),
    },
    { id: 'size', head: 'Size', width: '6.5rem', align: 'end', cell: row => formatBytes(row.bytes) },
    { id: 'state', head: 'State', width: '17%', cell: row => <RowState row={row} now={now} /> },
    { id: 'copies', head: 'Copies', cell: row => <Copies row={row} /> },
    {
      id: 'kept',
      head: 'Protected',
      width: '5.5rem',
      cell: row =>
        row.kept ? (
          <span className={css.kept}>
            <Icon name="lock" decorative size="small" />
            Kept
          </span>
        ) : null,
    },
  ]
}

/** Damage is named with its server, verification with its time. */
export function RowState({ row, now }: { row: PointRow; now: number }) {
  const word = stateWords[row.state]
  const damaged = row.copies.filter(copy => copy.damaged)
  if (row.state === 'damaged' && damaged.length < row.copies.length)
    return <Status is="Damaged" says={`Damaged on ${damaged.map(({ server }) => server).join(', ')}`} />
  if (row.state === 'verified' && row.verified !== null)
    return <Status is="Verified" says={`Verified ${formatWhen(row.verified, now)}`} />
  const adopted = adoptionOf(row)
  return (
    <Status is={word} {...(adopted && row.state === 'unverified' && { says: adoptedWords(adopted, now) })} />
  )
}

const shapes = { verified: 'verified', unverified: 'open', damaged: 'bad', incomplete: 'warn' } as const
const tones = { verified: 'ok', unverified: 'idle', damaged: 'bad', incomplete: 'warn' } as const

/** The servers that hold it; where copies differ, each with its mark. */
function Copies({ row }: { row: PointRow }) {
  const states = new Set(row.copies.map(copyState))
  const title = row.copies.map(copy => `${copy.server}: ${stateWords[copyState(copy)]}`).join(', ')
  return (
    <span className={css.copies} title={title}>
      {row.copies.map((copy, index) => {
        const state = copyState(copy)
        return (
          <span key={copy.server} className={css.copy}>
            {states.size > 1 && (
              <StatusMark shape={shapes[state]} tone={tones[state]} label={stateWords[state]} size="small" />
            )}
            {copy.server}
            {index < row.copies.length - 1 && states.size === 1 && ','}
          </span>
        )
      })}
    </span>
  )
}

/** Points of one day stand together. */
export const dayGroup =
  (now: number) =>
  (row: PointRow): TableGroup => {
    const title = formatDay(row.at, now)
    return { key: title, title }
  }
