import { useEffect, useMemo, useRef, useState } from 'react'
import { useCall } from '../../app/app-context.tsx'
import { counted, formatBytes, formatCount, formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { Button, type Column, DataTable, Empty, Notice, Push, Toolbar, useAnnounce } from '../../ui/index.ts'
import css from './backups.module.css'
import { EntryName } from './entry-name.tsx'
import { addFound, emptySearch, folderOf, type Search, sortVersions, type Version } from './find-model.ts'
import { isGood, type PointRow } from './model.ts'
import { globsOf } from './glob-of.ts'
import { restorePoint } from './restore-link.ts'
import { useSecrets } from './secrets.ts'
import { ownerOf, pointShort } from './words.ts'

type Props = {
  text: string
  /** Where to look; more may come while servers are asked. */
  rows: readonly PointRow[]
  asking: boolean
  now: number
  onClose: () => void
}

/** Points looked into at once. */
const width = 2

/** Finds a file in every restore point that is shown, newest first; what was found is there at once. */
export function FindResults({ text, rows, asking, now, onClose }: Props) {
  const call = useCall()
  const announce = useAnnounce()
  const [secrets] = useState(useSecrets())
  const [search, setSearch] = useState<Search>(emptySearch)
  const [stopped, setStopped] = useState(false)
  const list = useMemo(() => rows.filter(row => row.copies.some(isGood)), [rows])
  const [through, setThrough] = useState<typeof list | null>(null)
  const answered = useRef(new Set<string>())
  const ended = stopped ? 'stopped' : through === list && !asking ? 'whole' : 'no'

  useEffect(() => {
    if (stopped) return
    const stop = new AbortController()
    const queue = list.filter(({ point }) => !answered.current.has(point))
    const look = async () => {
      for (let row = queue.shift(); row && !stop.signal.aborted; row = queue.shift()) {
        const at = row
        const from = at.copies.find(isGood)
        const secret = secrets.get(at.point)
        const answer = await call(
          'point.find',
          {
            point: at.point,
            server: from?.server ?? '',
            text,
            limit: 200,
            ...(secret && { secret }),
          },
          { signal: stop.signal },
        )
        if (stop.signal.aborted) return
        answered.current.add(at.point)
        setSearch(last => {
          if (answer.ok) return addFound(last, at, answer.value.entries, answer.value.more)
          const { code, detail = code } = answer.failure
          const locked = code === 'auth.secret-missing' || code === 'auth.passphrase'
          return {
            ...last,
            done: last.done + 1,
            locked: locked ? [...last.locked, at] : last.locked,
            failed: locked ? last.failed : [...last.failed, { row: at, detail }],
          }
        })
      }
    }
    void Promise.all(Array.from({ length: width }, look)).then(() => {
      if (!stop.signal.aborted) setThrough(list)
    })
    return () => stop.abort()
  }, [call, list, text, secrets, stopped])

  const versions = useMemo(() => sortVersions(search), [search])
  useEffect(() => {
    if (ended === 'whole') announce(`${counted(versions.length, 'file')} found`, 'polite')
  }, [ended, versions.length, announce])
  const columns = useMemo(() => columnsOf(now, text, list), [now, text, list])
  const [only, setOnly] = useState<ReadonlySet<string>>(new Set())
  const chosen = versions.filter(({ key }) => only.has(key))
  const points = new Set(chosen.map(({ points: [newest] }) => newest?.point))
  const [first] = chosen
  const [point] = first?.points ?? []

  return (
    <>
      <div className={css.selection}>
        <Toolbar label="What was found" selected>
          <span className="truncate">
            <b>{counted(versions.length, 'version')}</b> <span className="muted">of files with “{text}”</span>
          </span>
          <span className="note">
            {ended === 'no'
              ? `looked into ${formatCount(search.done)} of ${counted(list.length, 'restore point')}`
              : ended === 'stopped'
                ? `stopped after ${formatCount(search.done)} of ${counted(list.length, 'restore point')}`
                : `in ${counted(list.length - search.locked.length - search.failed.length, 'restore point')}`}
          </span>
          <Push />
          {ended === 'no' && (
            <Button size="small" icon="square" onClick={() => setStopped(true)}>
              Stop
            </Button>
          )}
          <Button
            size="small"
            icon="archive-restore"
            off={
              !point ? 'no file is selected' : points.size > 1 ? 'they lie in different restore points' : null
            }
            onClick={() => {
              const from = point?.copies.find(isGood)
              if (!point || !from) return
              go(
                restorePoint({
                  point: point.point,
                  server: from.server,
                  of: point.system === null ? `name:${point.name}` : `system:${point.system}`,
                  only: chosen.flatMap(({ entry }) => globsOf(entry)),
                }),
              )
            }}
          >
            Restore these
          </Button>
          <Button size="small" icon="x" onClick={onClose}>
            Leave the search
          </Button>
        </Toolbar>
      </div>
      <div className={css.notices}>
        {search.locked.length > 0 && (
          <Notice tone="idle" icon="lock">
            {counted(search.locked.length, 'encrypted restore point')}{' '}
            {search.locked.length === 1 ? 'was' : 'were'} not looked into: nothing here opens{' '}
            {search.locked.length === 1 ? 'it' : 'them'}. Browse one to give its passphrase.
          </Notice>
        )}
        {search.failed.length > 0 && (
          <Notice tone="warn">
            {counted(search.failed.length, 'restore point')} could not be looked into;{' '}
            {search.failed[0] && `${pointShort(search.failed[0].row, now)}: ${search.failed[0].detail}`}
          </Notice>
        )}
        {search.cut > 0 && (
          <Notice tone="idle">
            {counted(search.cut, 'restore point')} hold more than 200 hits; a longer text finds less.
          </Notice>
        )}
      </div>
      <div className={css.table}>
        <DataTable
          label={`Files with ${text}`}
          density="dense"
          columns={columns}
          rows={versions}
          rowKey={({ key }) => key}
          rowName={({ entry }) => entry.path}
          selection={{ mode: 'many', selected: only, onChange: setOnly }}
          onOpen={version => {
            const [newest] = version.points
            const from = newest?.copies.find(isGood)
            if (newest && from)
              go({
                page: 'backups',
                mode: 'show',
                point: newest.point,
                server: from.server,
                query: { folder: folderOf(version.entry.path) },
              })
          }}
          loading={ended === 'no' ? 'Looking' : undefined}
          empty={<Empty title={`No file with “${text}”.`}>Wildcards work too: *.conf, etc/**/*.yml.</Empty>}
        />
      </div>
    </>
  )
}

function columnsOf(now: number, text: string, list: readonly PointRow[]): readonly Column<Version>[] {
  const totals = new Map<string, number>()
  for (const { name } of list) totals.set(name, (totals.get(name) ?? 0) + 1)
  return [
    { id: 'name', head: 'Name', width: '28%', cell: ({ entry }) => <EntryName entry={entry} found={text} /> },
    {
      id: 'folder',
      head: 'Folder',
      cell: ({ entry }) => (
        <span className="muted truncate" title={entry.path}>
          {folderOf(entry.path) || 'top'}
        </span>
      ),
    },
    { id: 'size', head: 'Size', width: '6rem', align: 'end', cell: ({ entry }) => sizeOf(entry) },
    {
      id: 'changed',
      head: 'Changed',
      width: '8.5rem',
      cell: ({ entry }) => (entry.mtime === null ? 'not known' : formatWhen(entry.mtime, now)),
    },
    {
      id: 'newest',
      head: 'Newest in',
      width: '20%',
      cell: ({ points: [newest] }) =>
        newest && (
          <span className="truncate">
            {ownerOf(newest)}, {formatWhen(newest.at, now)}
          </span>
        ),
    },
    {
      id: 'in',
      head: 'In backups',
      width: '6rem',
      align: 'end',
      cell: ({ points }) => `${points.length} of ${totals.get(points[0]?.name ?? '') ?? points.length}`,
    },
  ]
}

const sizeOf = ({ kind, size, inside }: Version['entry']) =>
  kind === 'directory' ? formatBytes(inside?.bytes ?? 0) : formatBytes(size)
