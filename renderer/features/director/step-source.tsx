import { useMemo } from 'react'
import type { DirectorPoint } from '../../../shared/contract/director.ts'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import { describeFailure } from '../../../shared/failure-copy.ts'
import { useNow } from '../../app/app-context.tsx'
import { counted, formatDuration, formatWhen } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import {
  Button,
  type Column,
  DataTable,
  Empty,
  LinkButton,
  RadioMark,
  Status,
  visibleControls,
} from '../../ui/index.ts'
import css from './director.module.css'
import type { How } from './model.ts'
import type { Holdings, ServerHolding } from './points-store.ts'
import { SourceAbout } from './source-about.tsx'
import { isWhole, newestWhole } from './sources.ts'

type Source = { server: string; info: ServerInfo; answer: ServerHolding | undefined }
type Props = {
  holdings: Holdings
  infos: readonly ServerInfo[]
  chosen: string | undefined
  fetch: How['fetch']
  now: number
  onChoose: (server: string, fetch: How['fetch']) => void
}

/** Where should the five files come from? Every server, with the Director runs that it holds. */
export function StepSource({ holdings, infos, chosen, fetch, now, onChoose }: Props) {
  const rows = useMemo(
    () =>
      infos
        .map(info => ({ server: info.record.name, info, answer: holdings.byServer.get(info.record.name) }))
        .sort((a, b) => Number(whyOff(a) !== null) - Number(whyOff(b) !== null)),
    [infos, holdings.byServer],
  )
  const columns = useMemo(() => columnsOf(now, chosen), [now, chosen])
  const picked = rows.find(({ server }) => server === chosen)
  const add = (
    <LinkButton size="small" icon="plus" href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })}>
      Add a server
    </LinkButton>
  )
  return (
    <>
      <DataTable
        label="Servers"
        columns={columns}
        rows={rows}
        rowKey={({ server }) => server}
        density="tall"
        selection={{
          mode: 'one',
          selected: new Set(chosen === undefined ? [] : [chosen]),
          onChange: keys => {
            const [server] = keys
            const row = rows.find(one => one.server === server)
            if (row) onChoose(row.server, row.answer?.value?.notDirect == null ? 'direct' : 'served')
          },
        }}
        off={whyOff}
        empty={
          <Empty title="No server yet." action={add}>
            The five backup files of a Director lie on a server, or on a disk. Add the one that holds them.
          </Empty>
        }
      />
      {rows.length > 0 && (
        <p className={css.below}>
          <Button
            size="small"
            icon="refresh-cw"
            busy={holdings.asking}
            onClick={() => {
              for (const { server } of rows) holdings.ask(server)
            }}
          >
            Ask again
          </Button>
          {add}
        </p>
      )}
      {picked?.answer?.value && (
        <SourceAbout
          record={picked.info.record}
          holding={picked.answer.value}
          fetch={fetch}
          onFetch={next => onChoose(picked.server, next)}
        />
      )}
    </>
  )
}

function whyOff({ answer }: Source): string | null {
  if (answer?.value == null) return answer?.failure ? 'it did not answer' : 'it is still being asked'
  const { points } = answer.value
  if (points.length === 0) return 'it holds no Director backup'
  return points.some(isWhole) ? null : 'no run on it has all five files'
}

const kinds = { s3: 'S3', azure: 'Azure', sftp: 'SFTP', ftp: 'FTP', local: 'Folder or disk' } as const
const sites = { 'on-site': 'on site', 'off-site': 'off site', 'air-gap': 'air gap' } as const

function columnsOf(now: number, chosen: string | undefined): readonly Column<Source>[] {
  return [
    {
      id: 'choice',
      head: 'Chosen',
      headHidden: true,
      width: '2rem',
      cell: ({ server }) => <RadioMark on={server === chosen} />,
    },
    {
      id: 'server',
      head: 'Server',
      width: '26%',
      cell: ({ server, info: { record } }) => (
        <>
          <span className="cell-main truncate">{server}</span>
          <span className="cell-sub">
            {[kinds[record.type], record.site && sites[record.site]].filter(Boolean).join(' · ')}
          </span>
        </>
      ),
    },
    { id: 'holds', head: 'Holds', width: '22%', cell: ({ answer }) => <Holds answer={answer} now={now} /> },
    { id: 'state', head: 'State', width: '23%', cell: source => <Answer {...source} /> },
    {
      id: 'way',
      head: 'How the files get there',
      cell: ({ answer }) => {
        if (!answer?.value || answer.value.points.length === 0)
          return <span className="muted">not known</span>
        const { notDirect, vendorOwned } = answer.value
        return (
          <>
            <span className="cell-main">
              {notDirect === null ? 'setup.sh fetches them' : 'Drydock serves them'}
            </span>
            <span className="cell-sub">
              {vendorOwned ? 'the vendor’s own: only read' : (notDirect ?? 'straight from the server')}
            </span>
          </>
        )
      },
    },
  ]
}

function Holds({ answer, now }: { answer: ServerHolding | undefined; now: number }) {
  if (!answer?.value) return <span className="muted">not known</span>
  const { points } = answer.value
  const newest = newestWhole(points)
  return (
    <>
      <span className="cell-main">{points.length === 0 ? 'No run' : counted(points.length, 'run')}</span>
      <span className="cell-sub">{newest ? `newest ${formatWhen(newest.at, now)}` : words(points)}</span>
    </>
  )
}

const words = (points: readonly DirectorPoint[]): string =>
  points.some(isWhole) ? 'safety copies only' : points.length > 0 ? 'none has all five files' : ''

function Answer({ answer, server }: Source) {
  if (!answer || (answer.asking !== null && !answer.value)) return <Asking since={answer?.asking ?? null} />
  if (answer.failure) {
    const { subject: _, ...rest } = answer.failure
    const title = visibleControls(describeFailure(rest, { server }).title)
    return (
      <Status
        is={answer.failure.code.startsWith('trust.') ? 'Blocked' : 'No answer'}
        reason={<span title={title}>{title}</span>}
      />
    )
  }
  return <Status is="Ready" says="Answers" />
}

function Asking({ since }: { since: number | null }) {
  const now = useNow()
  const long = since !== null && now - since >= 1000
  return <Status is="Asking" says={long ? `Asking, ${formatDuration(now - since)}` : 'Asking'} />
}
