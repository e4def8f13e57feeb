import { Fragment } from 'react'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { useStore } from 'zustand'
import type { SiteNote, SnapshotRepository } from '../../../shared/contract/site.ts'
import { useCall, useDeed, useNow, useStores } from '../../app/app-context.tsx'
import { counted, formatAgo, formatBytes, formatClock, formatCount, formatMoment } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import {
  Button,
  Columns,
  Empty,
  Facts,
  LinkButton,
  Notice,
  Rows,
  Section,
  Select,
  StatusMark,
  Trouble,
  useAnnounce,
} from '../../ui/index.ts'
import { VaultLocked } from '../director/index.ts'
import { foldedWeeks, noRepository, warningsOf, type WeekRow, weekRows } from './model.ts'
import { Told, WarningList } from './notes.tsx'
import css from './site.module.css'

const writers = { dcrepository: 'written by the DC', drrepository: 'written by the DR' } as const

export type Looked = { server: string | null; found: OutputOf<'site.snapshots'> | null }
type Props = { looked: Looked; onLooked: (looked: Looked) => void }

/** What lies in the vendor's snapshot repositories of a bucket: looked at on request only, and never changed. */
export function SnapshotsTab({ looked: { server, found }, onLooked }: Props) {
  const call = useCall()
  const announce = useAnnounce()
  const { servers } = useStores()
  const all = useStore(servers, ({ value }) => value?.servers)
  const look = useDeed((options, name: string) => call('site.snapshots', { server: name }, options))
  const none = look.failure && noRepository(look.failure)
  const chosen = server ?? (all?.length === 1 ? (all[0]?.record.name ?? null) : null)
  const submit = async () => {
    if (chosen === null) return
    const answer = await look.run(chosen)
    if (!answer?.ok) return
    onLooked({ server: chosen, found: answer.value })
    announce(`${counted(answer.value.repositories.length, 'repository', 'repositories')} found.`)
  }
  if (all?.length === 0)
    return (
      <Empty
        title="No server yet."
        action={
          <LinkButton icon="plus" href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })}>
            Add S3 server
          </LinkButton>
        }
      >
        The vendor keeps the analytics data as snapshots in a bucket. Add the one that the portal names.
      </Empty>
    )
  return (
    <>
      {!found && (
        <Notice tone="warn">
          <b>
            The vendor says: do not delete, change or even look at what lies in this bucket; data may be lost.
          </b>{' '}
          Drydock lists it and reads two small files, <code>index.latest</code> and the newest{' '}
          <code>index-N</code>; nothing else is opened, and nothing is written or removed.
        </Notice>
      )}
      <div className={css.look}>
        <span className="nowrap">Server</span>
        <Select
          className={css.server}
          label="Server with the bucket"
          value={chosen}
          placeholder={all ? 'Choose one' : 'Asking'}
          onChange={next => {
            look.clear()
            onLooked({ server: next, found: null })
          }}
          options={(all ?? []).map(({ record: { name } }) => ({ value: name, text: name }))}
        />
        <Button
          icon="eye"
          busy={look.busy}
          off={chosen === null ? 'choose the server first' : null}
          onClick={() => void submit()}
        >
          Look, read-only
        </Button>
        {look.busy && (
          <Button kind="quiet" onClick={look.stop}>
            Stop
          </Button>
        )}
        {found && !look.busy && <span className="note">Looked at {formatClock(found.asked, true)}</span>}
      </div>
      {look.failure &&
        (none ? (
          <Empty title={none.title}>
            {none.says} Choose the server with the bucket that the vendor’s portal names.
          </Empty>
        ) : look.failure.code === 'auth.vault-locked' ? (
          <VaultLocked failure={look.failure} then="look" />
        ) : (
          <Trouble failure={look.failure} {...(chosen !== null && { around: { server: chosen } })} />
        ))}
      {found && !look.failure && (
        <>
          {found.repositories.map(one => (
            <Repository key={one.folder} repository={one} asked={found.asked} notes={found.notes} />
          ))}
          <Told notes={found.notes} />
        </>
      )}
    </>
  )
}

/** Snapshots shown before the rest is only counted. */
const few = 5

type RepositoryProps = { repository: SnapshotRepository; asked: string; notes: readonly SiteNote[] }

function Repository({ repository, asked, notes }: RepositoryProps) {
  const { folder, generation, snapshots, objects, bytes, last } = repository
  const weeks = foldedWeeks(weekRows(repository, asked))
  return (
    <Section title={<code>{folder}/</code>} note={writers[folder]}>
      <WarningList notes={warningsOf(notes, folder)} />
      <Columns columns="minmax(0, 1.4fr) minmax(0, 1fr)">
        <div>
          {weeks.length === 0 ? (
            <Empty title="No day is known.">
              The index names no index with a date, or could not be read.
            </Empty>
          ) : (
            <table className={css.weeks} aria-label={`Days with data in ${folder}`}>
              <thead>
                <tr>
                  <th scope="col">Week, UTC</th>
                  {weekdays.map(name => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                  <th scope="col">Days</th>
                </tr>
              </thead>
              <tbody>
                {weeks.map(row =>
                  'weeks' in row ? (
                    <tr key={row.to}>
                      <th scope="row">{row.to}</th>
                      <td colSpan={8} className={css.fold}>
                        back to {row.from}: no data in {counted(row.weeks, 'week')}
                      </td>
                    </tr>
                  ) : (
                    <Week key={row.week} row={row} />
                  ),
                )}
              </tbody>
            </table>
          )}
          {weeks.length > 0 && (
            <p className={css.legend}>
              {Object.values(cells).map(({ shape, says }) => (
                <Fragment key={says}>
                  <StatusMark size="small" shape={shape} /> {says}{' '}
                </Fragment>
              ))}
            </p>
          )}
        </div>
        <div className={css.side}>
          <Facts
            facts={[
              ['Last change', last === null ? <NotKnown key="last" /> : <Moment key="last" at={last} />],
              ['Index', generation === null ? <NotKnown key="index" /> : <code>index-{generation}</code>],
              ['Holds', `${counted(objects, 'object')}, ${formatBytes(bytes)}`],
              ['Snapshots', formatCount(snapshots.length)],
            ]}
          />
          <Rows
            label={`Snapshots in ${folder}`}
            rows={snapshots.slice(0, few).map(({ uuid, name, at, state, indices }) => ({
              key: uuid,
              ...(state !== null && {
                shape: state === 'SUCCESS' ? ('verified' as const) : ('limit' as const),
              }),
              title: (
                <span className="truncate" title={name}>
                  {name}
                </span>
              ),
              detail: `${at === null ? 'time not told' : formatMoment(at, Date.parse(asked), 'UTC')} UTC · ${counted(indices, 'index', 'indices')}${state === null ? '' : ` · ${state}`}`,
            }))}
          />
          {snapshots.length > few && (
            <p className="note">and {counted(snapshots.length - few, 'older one')}.</p>
          )}
        </div>
      </Columns>
    </Section>
  )
}

const cells = {
  held: { shape: 'verified', says: 'has data' },
  broken: { shape: 'limit', says: 'not whole' },
  missing: { shape: 'none', says: 'no data' },
  ahead: { shape: 'later', says: 'not over yet' },
} as const

function Week({ row: { week, days, running, cells: all } }: { row: WeekRow }) {
  return (
    <tr>
      <th scope="row">{week}</th>
      {all.map(({ day, is, indices, in: held }) => (
        <td key={day} data-is={is}>
          <StatusMark size="small" shape={cells[is].shape} label={cells[is].says} />
          <span
            {...((is === 'held' || is === 'broken') && {
              title: `${counted(indices, 'index', 'indices')} in ${counted(held, 'snapshot')}${is === 'broken' ? ', none of them whole' : ''}`,
            })}
          >
            {day.slice(8)}
          </span>
        </td>
      ))}
      <td>
        {days} of 7{running && <span className="note">, not over yet</span>}
      </td>
    </tr>
  )
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
const NotKnown = () => <span className="muted">not known</span>

function Moment({ at }: { at: string }) {
  const now = useNow()
  return (
    <>
      {formatMoment(at, now)} <span className="note">{formatAgo(at, now)}</span>
    </>
  )
}
