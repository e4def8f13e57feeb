import { useMemo } from 'react'
import { useStore } from 'zustand'
import { useAsk, useStores } from '../../app/app-context.tsx'
import { formatAge, formatCount, formatDuration, formatWhen } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { type Column, DataTable, Empty, LinkButton, RadioMark, Status } from '../../ui/index.ts'
import { directorOf } from '../director/index.ts'
import { AskingLine, FailedServers, type useRows } from '../backups/index.ts'
import type { Candidate } from './candidates.ts'
import { whyNoRestore } from './director-candidate.ts'
import css from './restore.module.css'

type Props = {
  all: ReturnType<typeof useRows>
  candidates: readonly Candidate[]
  chosen: string | undefined
  now: number
  onChoose: (of: string) => void
}

/** What do you want back? Systems of this machine, and whatever servers hold besides. */
export function StepSystem({ all, candidates, chosen, now, onChoose }: Props) {
  const overview = useStore(useStores().overview, ({ value }) => value?.systems)
  const directors = useAsk('director.list', undefined).value?.deployments.length ?? 0
  const columns = useMemo(() => {
    const proofs = new Map(overview?.map(({ name, lastProof }) => [`system:${name}`, lastProof]))
    return columnsOf(now, chosen, proofs, all.asking)
  }, [now, chosen, overview, all.asking])
  if (all.servers?.length === 0)
    return (
      <Empty
        title="No server yet."
        action={
          <LinkButton href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })} icon="plus">
            Add a server
          </LinkButton>
        }
      >
        Restore points lie on servers. Add the one that holds them; nothing else has to be known here.
      </Empty>
    )
  return (
    <>
      <FailedServers byServer={all.byServer} ask={all.ask} />
      <DataTable
        label="What to restore"
        columns={columns}
        rows={candidates}
        rowKey={({ of }) => of}
        rowName={({ title }) => title}
        density="tall"
        selection={{
          mode: 'one',
          selected: new Set(chosen === undefined ? [] : [chosen]),
          onChange: keys => {
            const [of] = keys
            if (of !== undefined) onChoose(of)
          },
        }}
        off={candidate => whyNoRestore(candidate, all.asking)}
        loading={all.asking ? <AskingLine byServer={all.byServer} /> : undefined}
        empty={
          <Empty
            title="Nothing to restore yet."
            action={
              <LinkButton href={href({ page: 'servers', mode: 'list' })} icon="server">
                Look at servers
              </LinkButton>
            }
          >
            The servers that answered hold no restore point.
          </Empty>
        }
      />
      <p className={css.below}>
        <LinkButton
          size="small"
          icon="plus"
          href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })}
        >
          Add a server
        </LinkButton>
        <span className="note">
          A server that holds restore points is enough: no plan and no system has to be known here.
        </span>
      </p>
      {directors > 0 && (
        <p className={css.below}>
          <a href={href({ page: 'switch', mode: 'list' })}>Switch over between the sites of a Director</a>
          <span className="note">Another site takes over, with the last backup of the active one.</span>
        </p>
      )}
    </>
  )
}

type Proofs = ReadonlyMap<string, { at: string; ms: number } | null>

function columnsOf(
  now: number,
  chosen: string | undefined,
  proofs: Proofs,
  asking: boolean,
): readonly Column<Candidate>[] {
  return [
    {
      id: 'choice',
      head: 'Chosen',
      headHidden: true,
      width: '2rem',
      cell: ({ of }) => <RadioMark on={of === chosen} />,
    },
    {
      id: 'system',
      head: 'System',
      width: '34%',
      cell: ({ title, detail }) => (
        <>
          <span className="cell-main truncate" title={title}>
            {title}
          </span>
          <span className="cell-sub truncate" title={detail}>
            {detail}
          </span>
        </>
      ),
    },
    {
      id: 'newest',
      head: 'Newest good backup',
      width: '19%',
      cell: ({ of, newest, rows }) =>
        of === directorOf && !newest ? (
          <span className="muted">Asked next</span>
        ) : newest ? (
          <>
            <span className="cell-main">{formatWhen(newest.at, now)}</span>
            <span className="cell-sub">{formatAge(Math.max(0, now - newest.at))} old</span>
          </>
        ) : rows.some(({ state }) => state === 'damaged') ? (
          <Status is="Damaged" />
        ) : (
          <span className="muted">None</span>
        ),
    },
    {
      id: 'proof',
      head: 'Proven restore took',
      width: '19%',
      cell: ({ of }) => {
        const proof = proofs.get(of)
        return proof ? (
          <>
            <span className="cell-main">{formatDuration(proof.ms)}</span>
            <span className="cell-sub">{formatAge(Math.max(0, now - Date.parse(proof.at)))} ago</span>
          </>
        ) : (
          <Status is="Not proven" />
        )
      },
    },
    {
      id: 'how',
      head: 'Restore points',
      cell: candidate => (
        <span className="muted">
          {candidate.of === directorOf && candidate.rows.length === 0
            ? 'asked next'
            : (whyNoRestore(candidate, asking) ?? formatCount(candidate.rows.length))}
        </span>
      ),
    },
  ]
}
