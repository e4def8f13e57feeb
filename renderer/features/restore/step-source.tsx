import { useMemo } from 'react'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import { describeFailure } from '../../../shared/failure-copy.ts'
import { useNow } from '../../app/app-context.tsx'
import { counted, formatBytes, formatDuration, formatWhen } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import {
  Button,
  type Column,
  DataTable,
  LinkButton,
  RadioMark,
  Status,
  visibleControls,
} from '../../ui/index.ts'
import { stampTime, type useRows } from '../backups/index.ts'
import type { Holding } from './candidates.ts'
import css from './restore.module.css'

type Points = ReturnType<typeof useRows>
type Source = Holding & { info: ServerInfo; answer: ReturnType<Points['byServer']['get']> }
type Props = {
  all: Points
  infos: readonly ServerInfo[]
  holdings: readonly Holding[]
  chosen: string | undefined
  now: number
  onChoose: (server: string) => void
}

/** Where should the backup come from? Every server that was asked, with what it holds. */
export function StepSource({ all, infos, holdings, chosen, now, onChoose }: Props) {
  const rows = useMemo(() => {
    const sources = infos.flatMap(info => {
      const holding = holdings.find(({ server }) => server === info.record.name)
      return holding ? [{ ...holding, info, answer: all.byServer.get(info.record.name) }] : []
    })
    // Those that can be chosen first; the order in which servers were added stays.
    return sources.sort((a, b) => Number(whyOff(a) !== null) - Number(whyOff(b) !== null))
  }, [infos, holdings, all.byServer])
  const columns = useMemo(() => columnsOf(now, chosen), [now, chosen])
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
            if (server !== undefined) onChoose(server)
          },
        }}
        off={whyOff}
      />
      <p className={css.below}>
        <Button
          size="small"
          icon="refresh-cw"
          busy={all.asking}
          onClick={() => {
            for (const server of all.servers ?? []) all.ask(server)
          }}
        >
          Ask again
        </Button>
        <LinkButton
          size="small"
          icon="plus"
          href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })}
        >
          Add a server
        </LinkButton>
        <span className="note">
          If this source fails half-way, what was restored stays, and the run can be taken up again at the
          same byte.
        </span>
      </p>
    </>
  )
}

function whyOff({ answer, copies, newest }: Source): string | null {
  if (answer?.value == null) return answer?.failure ? 'it did not answer' : 'it is still being asked'
  if (copies.length === 0) return 'it holds nothing of it'
  if (newest) return null
  return copies.some(copy => copy.damaged) ? null : 'none there is complete'
}

const kinds = { s3: 'S3', azure: 'Azure', sftp: 'SFTP', ftp: 'FTPS', local: 'Folder' } as const
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
      width: '28%',
      cell: ({ server, info: { record } }) => (
        <>
          <span className="cell-main truncate">{server}</span>
          <span className="cell-sub">
            {[kinds[record.type], record.site && sites[record.site]].filter(Boolean).join(' · ')}
          </span>
        </>
      ),
    },
    {
      id: 'holds',
      head: 'Holds',
      width: '26%',
      cell: ({ copies, newest, answer }) =>
        answer?.value ? (
          <>
            <span className="cell-main">
              {copies.length === 0 ? 'Nothing of it' : counted(copies.length, 'restore point')}
            </span>
            <span className="cell-sub">
              {newest
                ? `newest ${formatWhen(stampTime(newest.stamp), now)}`
                : copies.length > 0
                  ? 'none is good'
                  : ''}
            </span>
          </>
        ) : (
          <span className="muted">not known</span>
        ),
    },
    { id: 'state', head: 'State', width: '26%', cell: source => <Answer {...source} /> },
    {
      id: 'size',
      head: 'Size of the newest',
      cell: ({ newest }) =>
        newest ? (
          <span className="cell-main">{formatBytes(newest.bytes)}</span>
        ) : (
          <span className="muted">not known</span>
        ),
    },
  ]
}

function Answer({ answer, info }: Source) {
  if (!answer || (answer.asking !== null && !answer.value)) return <Asking since={answer?.asking ?? null} />
  if (answer.failure) {
    const { subject: _, ...rest } = answer.failure
    const blocked = answer.failure.code.startsWith('trust.')
    return (
      <Status
        is={blocked ? 'Blocked' : 'No answer'}
        reason={
          <span title={visibleControls(describeFailure(rest, { server: info.record.name }).title)}>
            {visibleControls(describeFailure(rest, { server: info.record.name }).title)}
          </span>
        }
      />
    )
  }
  return <Status is="Ready" says="Answers" />
}

function Asking({ since }: { since: number | null }) {
  const now = useNow()
  return (
    <Status
      is="Asking"
      says={since === null || now - since < 1000 ? 'Asking' : `Asking, ${formatDuration(now - since)}`}
    />
  )
}
