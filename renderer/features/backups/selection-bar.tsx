import { useState } from 'react'
import { useStore } from 'zustand'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { useCall, useStores } from '../../app/app-context.tsx'
import { counted, formatBytes } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { Button, LinkButton, Menu, type MenuItem, Push, Toolbar, Trouble } from '../../ui/index.ts'
import { AdoptDialog } from './adopt-dialog.tsx'
import { directorRestoreOf, isVendors } from './adopt-model.ts'
import css from './backups.module.css'
import { isGood, type PointRow, whyNot } from './model.ts'
import { RemoveDialog } from './remove-dialog.tsx'
import { restoreHref } from './restore-link.ts'
import { type Started, StartedRuns } from './started-runs.tsx'
import { type Job, useBatch } from './use-batch.ts'
import { pointShort } from './words.ts'

type Props = {
  selected: readonly PointRow[]
  listings: readonly (readonly PointOnServer[])[]
  servers: readonly string[]
  now: number
}

/** What is selected, and what can be done with it; below it what came of the last deed. */
export function SelectionBar({ selected, listings, servers, now }: Props) {
  const call = useCall()
  const batch = useBatch()
  const [removing, setRemoving] = useState<readonly PointOnServer[] | null>(null)
  const [adopting, setAdopting] = useState<PointOnServer | null>(null)
  const plans = useStore(useStores().plans, ({ value }) => value?.plans)
  const [started, setStarted] = useState<Started | null>(null)
  const [one] = selected.length === 1 ? selected : []
  const copies = selected.flatMap(row => row.copies)
  const jobs = (
    chosen: readonly PointOnServer[],
    work: (copy: PointOnServer, signal: AbortSignal) => ReturnType<Job['work']>,
  ): Job[] =>
    chosen.map(copy => ({ what: copy.point, server: copy.server, work: signal => work(copy, signal) }))

  const start = async (what: Started['what'], list: Job[]) => {
    setStarted(null)
    const well = await batch.run(list)
    const runIds = well.map(value => (value as { runId: string }).runId)
    if (runIds.length > 0) setStarted({ what, runIds })
  }
  const verify = (chosen: readonly PointOnServer[]) =>
    void start(
      'verification',
      jobs(chosen, ({ point, server }, signal) =>
        call('point.verify', { point, server, deep: true }, { signal }),
      ),
    )
  const copyTo = (to: string) =>
    void start(
      'copy',
      selected.flatMap(row => {
        const from = row.copies.find(copy => isGood(copy) && whyNot(copy, 'copy') === null)
        if (!from || row.copies.some(({ server }) => server === to)) return []
        return jobs([from], ({ point, server }, signal) =>
          call('point.copy', { point, from: server, to }, { signal }),
        )
      }),
    )
  const keep = (kept: boolean) =>
    void batch.run(
      jobs(
        copies.filter(copy => copy.kept !== kept && whyNot(copy, 'keep') === null),
        ({ point, server }, signal) => call('point.keep', { point, server, kept }, { signal }),
      ),
    )

  const readable = copies.filter(({ state }) => state !== 'incomplete')
  const perCopy = one && readable.length > 1
  const verifyItems: MenuItem[] = [
    ...readable.map(copy => ({
      id: copy.server,
      text: `Read back from ${copy.server}`,
      onPick: () => verify([copy]),
    })),
    { id: 'rule', rule: true },
    { id: 'all', text: `Read back all ${readable.length} copies`, onPick: () => verify(readable) },
  ]
  const targets: MenuItem[] = servers.map(server => {
    const lacking = selected.filter(row => !row.copies.some(copy => copy.server === server))
    return {
      id: server,
      text: server,
      icon: 'server',
      off: lacking.length === 0 ? 'holds it already' : null,
      onPick: () => copyTo(server),
    }
  })
  const removable = copies.filter(copy => whyNot(copy, 'remove') === null)
  const source = one?.copies.find(copy => isGood(copy)) ?? one?.copies[0]
  // The page’s own action restores it as a Director.
  const isDirectors = directorRestoreOf(selected, plans ?? none) !== null
  const verb = 'verify'
  const off = {
    verify: readable.length === 0 ? `nothing complete to ${verb} is selected` : null,
    copy: copies.map(copy => whyNot(copy, 'copy')).every(why => why !== null)
      ? (copies.map(copy => whyNot(copy, 'copy'))[0] ?? null)
      : null,
    keep: copies.every(copy => whyNot(copy, 'keep') !== null) ? whyNot(copies[0]!, 'keep') : null,
    remove: removable.length === 0 ? whyNot(copies[0]!, 'remove') : null,
  }
  const verifyButton = (
    <Button
      size="small"
      icon="shield-check"
      busy={batch.busy}
      off={off.verify}
      {...(perCopy ? { iconAfter: 'chevron-down' as const } : { onClick: () => verify(readable) })}
    >
      Verify
    </Button>
  )
  const isKept = copies.some(({ kept }) => kept)

  return (
    <>
      <div className={css.selection}>
        <Toolbar label="Selected restore points" selected>
          <span className="truncate">
            <b>{one ? pointShort(one, now) : counted(selected.length, 'restore point')}</b>{' '}
            <span className="muted">
              selected, {formatBytes(selected.reduce((sum, { bytes }) => sum + bytes, 0))}
            </span>
          </span>
          <Push />
          {one && source && source.state !== 'incomplete' && (
            <LinkButton
              size="small"
              icon="folder-open"
              href={href({ page: 'backups', mode: 'show', point: one.point, server: source.server })}
            >
              Browse
            </LinkButton>
          )}
          {one && source && isVendors(one) && (
            <Button size="small" icon="file-check-2" onClick={() => setAdopting(source)}>
              Adopt…
            </Button>
          )}
          {one && isDirectors && (
            <LinkButton size="small" icon="archive-restore" href={href(restoreHref(one))}>
              Restore its files
            </LinkButton>
          )}
          {perCopy ? (
            <Menu label="Verify" items={verifyItems}>
              {verifyButton}
            </Menu>
          ) : (
            verifyButton
          )}
          <Menu label="Copy to" items={targets}>
            <Button size="small" icon="copy" iconAfter="chevron-down" busy={batch.busy} off={off.copy}>
              Copy to
            </Button>
          </Menu>
          <Button
            size="small"
            icon={isKept ? 'lock-open' : 'lock'}
            busy={batch.busy}
            off={off.keep}
            onClick={() => keep(!isKept)}
          >
            {isKept ? 'Lift protection' : 'Protect'}
          </Button>
          <Button
            size="small"
            kind="danger-quiet"
            icon="trash-2"
            off={off.remove}
            onClick={() => setRemoving(removable)}
          >
            Move to trash
          </Button>
        </Toolbar>
      </div>
      {started && <StartedRuns started={started} onClose={() => setStarted(null)} />}
      {batch.failures.map(({ what, server, failure }) => (
        <Trouble
          key={`${what} ${server}`}
          failure={failure}
          around={{ server }}
          title={`${what} on ${server}: not done`}
        />
      ))}
      {adopting && <AdoptDialog copy={adopting} onClose={() => setAdopting(null)} />}
      {removing && (
        <RemoveDialog copies={removing} listings={listings} now={now} onClose={() => setRemoving(null)} />
      )}
    </>
  )
}

const none: readonly never[] = []

/** Stands where the selection will: the rows below must not move under the pointer when one is selected. */
export function NothingSelected({ opens }: { opens?: string }) {
  return (
    <p className={css.idle}>
      Nothing selected. Space selects{opens === undefined ? '.' : `, Enter opens ${opens}.`}
    </p>
  )
}
