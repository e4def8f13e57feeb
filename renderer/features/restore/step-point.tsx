import { useMemo } from 'react'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { formatAge, formatCount, formatMinutes, formatMoment, formatNear } from '../../app/format.ts'
import { type Column, DataTable, Empty, RadioMark, Status, type TableGroup } from '../../ui/index.ts'
import { copyState, isGood, stampTime, stateWords } from '../backups/index.ts'
import { bestPoint } from './candidates.ts'
import css from './restore.module.css'
import { PointAside } from './point-aside.tsx'

type Props = {
  /** What the server holds of it, newest first. */
  copies: readonly PointOnServer[]
  server: string
  chosen: string | undefined
  only: readonly string[]
  /** Whether more than one plan's points are among them. */
  mixed: boolean
  /** From when on everything is lost: the outage's declaration, or now; ms. */
  until: number
  /** Minutes; null without one. */
  target: number | null
  now: number
  onChoose: (point: string) => void
  onOnly: (only: readonly string[]) => void
  onReady: (ready: boolean) => void
}

/** Which moment do you want back? */
export function StepPoint(props: Props) {
  const { copies, server, chosen, mixed, until, target, now, onChoose } = props
  const columns = useMemo(
    () => columnsOf({ chosen, until, now, mixed, best: bestPoint(copies)?.point ?? null }),
    [chosen, until, now, mixed, copies],
  )
  const group = useMemo(() => (target === null ? undefined : targetGroup(until, target)), [until, target])
  const copy = copies.find(({ point }) => point === chosen)
  return (
    <div className={css.withAside}>
      <DataTable
        label={`Restore points on ${server}`}
        columns={columns}
        rows={copies}
        rowKey={({ point }) => point}
        rowName={({ stamp }) => formatMoment(stampTime(stamp), now)}
        {...(group && { group })}
        selection={{
          mode: 'one',
          selected: new Set(chosen === undefined ? [] : [chosen]),
          onChange: keys => {
            const [point] = keys
            if (point !== undefined) onChoose(point)
          },
        }}
        off={({ state }) => (state === 'incomplete' ? 'parts of it are missing on this server' : null)}
        empty={
          <Empty title={`${server} holds nothing of it any more.`}>Go back and choose another source.</Empty>
        }
      />
      {copy && (
        <PointAside
          key={copy.point}
          copy={copy}
          now={now}
          only={props.only}
          onOnly={props.onOnly}
          onReady={props.onReady}
        />
      )}
    </div>
  )
}

const targetGroup =
  (until: number, minutes: number) =>
  ({ stamp }: PointOnServer): TableGroup =>
    until - stampTime(stamp) <= minutes * 60_000
      ? { key: 'within', title: `Within the ${formatMinutes(minutes)} target` }
      : { key: 'past', title: 'Past the target' }

type About = { chosen: string | undefined; until: number; now: number; mixed: boolean; best: string | null }

function columnsOf({ chosen, until, now, mixed, best }: About): readonly Column<PointOnServer>[] {
  return [
    {
      id: 'choice',
      head: 'Chosen',
      headHidden: true,
      width: '2rem',
      cell: ({ point }) => <RadioMark on={point === chosen} />,
    },
    {
      id: 'taken',
      head: 'Taken',
      width: '7.25rem',
      cell: ({ stamp, name }) => (
        <span className="cell-main truncate">
          {formatNear(stampTime(stamp), now)}
          {mixed && <span className={css.aside}>{name}</span>}
        </span>
      ),
    },
    {
      id: 'stamp',
      head: 'Stamp, UTC',
      width: '8.25rem',
      cell: ({ stamp }) => <code className="muted">{stamp.replace('Z', '')}</code>,
    },
    {
      id: 'lose',
      head: 'You lose',
      width: '6rem',
      align: 'end',
      cell: ({ stamp }) => formatAge(Math.max(0, until - stampTime(stamp))),
    },
    {
      id: 'files',
      head: 'Files',
      width: '4.25rem',
      cell: ({ files, state }) => (state === 'incomplete' ? 'not known' : formatCount(files)),
    },
    {
      id: 'state',
      head: 'State',
      cell: copy => (
        <span className={css.stateLine}>
          <Status is={stateWords[copyState(copy)]} />
          {copy.point === best && isGood(copy) && <span className="tag nowrap">Newest good</span>}
        </span>
      ),
    },
  ]
}
