import { useMemo } from 'react'
import type { DirectorPoint } from '../../../shared/contract/director.ts'
import { directorComponents } from '../../../shared/director-files.ts'
import { formatAge, formatNear } from '../../app/format.ts'
import { type Column, DataTable, Empty, RadioMark, Status, Trouble } from '../../ui/index.ts'
import css from './director.module.css'
import { PointAside } from './point-aside.tsx'
import type { Holdings } from './points-store.ts'
import { isWhole, newestWhole, safetyWords, stateOf, whyNotPoint } from './sources.ts'

type Props = {
  holdings: Holdings
  server: string
  chosen: string | undefined
  /** From when on everything is lost: the outage's declaration, or now; ms. */
  until: number
  now: number
  onChoose: (stamp: string) => void
}

/** Which run do you want back? One click takes all five of its files. */
export function StepPoint({ holdings, server, chosen, until, now, onChoose }: Props) {
  const answer = holdings.byServer.get(server)
  const points = useMemo(() => answer?.value?.points ?? [], [answer?.value])
  const newest = newestWhole(points)?.stamp
  const columns = useMemo(() => columnsOf(chosen, newest, until, now), [chosen, newest, until, now])
  const point = points.find(({ stamp }) => stamp === chosen)
  return (
    <div className={css.withAside}>
      <div>
        {answer?.failure && <Trouble failure={answer.failure} around={{ server }} />}
        <DataTable
          label={`Director runs on ${server}`}
          columns={columns}
          rows={points}
          rowKey={({ stamp }) => stamp}
          rowName={({ at }) => formatNear(at, now)}
          selection={{
            mode: 'one',
            selected: new Set(chosen === undefined ? [] : [chosen]),
            onChange: keys => {
              const [stamp] = keys
              if (stamp !== undefined) onChoose(stamp)
            },
          }}
          off={whyNotPoint}
          loading={answer?.asking != null && points.length === 0 ? `Asking ${server}` : undefined}
          empty={
            <Empty title={`${server} holds no Director backup any more.`}>
              Go back and choose another source.
            </Empty>
          }
        />
      </div>
      {point && answer?.value && (
        <PointAside
          point={point}
          server={server}
          latest={answer.value.latest}
          looked={answer.looked.has(point.stamp)}
          asking={answer.asking !== null}
          now={now}
          onLook={() => holdings.ask(server, point.stamp)}
        />
      )}
    </div>
  )
}

function columnsOf(
  chosen: string | undefined,
  newest: string | undefined,
  until: number,
  now: number,
): readonly Column<DirectorPoint>[] {
  return [
    {
      id: 'choice',
      head: 'Chosen',
      headHidden: true,
      width: '2rem',
      cell: ({ stamp }) => <RadioMark on={stamp === chosen} />,
    },
    {
      id: 'taken',
      head: 'Taken',
      width: '7rem',
      cell: ({ at }) => <span className="cell-main nowrap">{formatNear(at, now)}</span>,
    },
    {
      id: 'stamp',
      head: 'Stamp, UTC',
      width: '8.25rem',
      cell: ({ stamp }) => <code className="muted">{stamp}</code>,
    },
    {
      id: 'lose',
      head: 'You lose',
      width: '5.5rem',
      align: 'end',
      cell: ({ at }) => formatAge(Math.max(0, until - Date.parse(at))),
    },
    {
      id: 'files',
      head: 'Files',
      width: '4rem',
      cell: ({ files }) => `${files.length} of ${directorComponents.length}`,
    },
    {
      id: 'state',
      head: 'State',
      cell: point => (
        <span className={css.stateLine}>
          <Status is={stateOf(point)} />
          {point.stamp === newest && <span className="tag nowrap">Newest</span>}
          {point.safetyCopy && (
            <span className="tag" title="What the Director held before a restore began, taken by Drydock.">
              {safetyWords}
            </span>
          )}
          {point.isLatest && (
            <span className="tag nowrap" title="The copies named latest are the files of this run.">
              latest
            </span>
          )}
          {!isWhole(point) && <span className="note truncate">{whyNotPoint(point)}</span>}
        </span>
      ),
    },
  ]
}
