import { useState } from 'react'
import { useStore } from 'zustand'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { useCall, useStores } from '../../app/app-context.tsx'
import { counted, formatBytes, formatDate, formatMoment } from '../../app/format.ts'
import { AlertDialog, Checkbox, Facts, Notice, Trouble } from '../../ui/index.ts'
import css from './backups.module.css'
import { othersOn, stampTime } from './model.ts'
import { useBatch } from './use-batch.ts'

type Props = {
  /** Copies that may be removed. */
  copies: readonly PointOnServer[]
  /** All that servers hold, so that it can be told what stays. */
  listings: readonly (readonly PointOnServer[])[]
  now: number
  onClose: () => void
}

/** Asks before copies go to the trash: what goes, what stays, until when it can be undone. */
export function RemoveDialog({ copies, listings, now, onClose }: Props) {
  const call = useCall()
  const days = useStore(useStores().settings, ({ value }) => value?.trashDays ?? 60)
  const servers = [...new Set(copies.map(({ server }) => server))]
  const [from, setFrom] = useState<ReadonlySet<string>>(() => new Set(servers))
  const [last, setLast] = useState(false)
  const batch = useBatch()
  const going = copies.filter(({ server }) => from.has(server))
  const points = new Set(going.map(({ point }) => point))
  const lastOnes = going.filter(copy => !stays(copy))
  const bytes = going.reduce((sum, copy) => sum + copy.bytes, 0)
  const [first] = copies

  /** Whether another good one of its name stays on its server. */
  function stays(copy: PointOnServer): boolean {
    const there = listings.find(list => list[0]?.server === copy.server) ?? []
    return (
      othersOn(there, copy).some(({ point }) => !points.has(point)) ||
      copy.damaged ||
      copy.state === 'incomplete'
    )
  }

  const names = new Set(going.map(({ name }) => name))
  const left = new Set(
    listings.flatMap(list =>
      list.flatMap(copy =>
        names.has(copy.name) &&
        copy.trash === null &&
        !going.some(one => one.point === copy.point && one.server === copy.server)
          ? [copy.point]
          : [],
      ),
    ),
  )

  const move = async () => {
    const jobs = going.map(({ point, server }) => ({
      what: point,
      server,
      work: (signal: AbortSignal) => call('point.remove', { point, server, force: last }, { signal }),
    }))
    if ((await batch.run(jobs)).length === jobs.length) onClose()
  }

  return (
    <AlertDialog
      open
      escape="harmless"
      title={
        points.size === 1
          ? 'Move this restore point to the trash?'
          : `Move ${points.size} restore points to the trash?`
      }
      keep="Cancel"
      onKeep={onClose}
      deed={{
        text: 'Move to trash',
        onPick: () => void move(),
        busy: batch.busy,
        off:
          going.length === 0
            ? 'no server is chosen'
            : lastOnes.length > 0 && !last
              ? 'the last good one would go; tick the box first'
              : null,
      }}
    >
      <p>
        {points.size === 1 && first
          ? `${first.name}, ${formatMoment(stampTime(first.stamp), now)}. `
          : `${counted(points.size, 'restore point')} of ${[...names].join(', ')}. `}
        {counted(going.length, 'copy', 'copies')}, {formatBytes(bytes)}
        {servers.length === 1 ? ` on ${servers[0] ?? ''}` : ''}.
        {points.size === 1 && first?.damaged && ' It is damaged.'}
      </p>
      {servers.length > 1 && (
        <div className={css.checks} role="group" aria-label="Copies to move">
          {servers.map(server => (
            <Checkbox
              key={server}
              checked={from.has(server)}
              onChange={checked => {
                const next = new Set(from)
                if (checked) next.add(server)
                else next.delete(server)
                setFrom(next)
              }}
            >
              On {server}
            </Checkbox>
          ))}
        </div>
      )}
      <Facts
        names="6.5rem"
        facts={[
          [
            'Still safe',
            left.size === 0
              ? `Nothing else of ${[...names].join(', ')} is left on a server that answered.`
              : `${counted(left.size, 'restore point')} of ${[...names].join(', ')} ${left.size === 1 ? 'stays' : 'stay'}.`,
          ],
          [
            'You can undo',
            `until ${formatDate(now + days * 86_400_000)}, from the trash. After that the space is freed.`,
          ],
        ]}
      />
      {lastOnes.length > 0 && (
        <div className={css.checks}>
          <Notice tone="warn">
            {lastOnes.length === 1
              ? `This is the last good restore point of ${lastOnes[0]?.name ?? ''} on ${lastOnes[0]?.server ?? ''}.`
              : `For ${counted(lastOnes.length, 'copy', 'copies')} no other good one of the same name stays on that server.`}
          </Notice>
          <Checkbox checked={last} onChange={setLast}>
            Move the last good one too
          </Checkbox>
        </div>
      )}
      {batch.failures.map(({ what, server, failure }) => (
        <Trouble key={`${what} ${server}`} failure={failure} title={`${what} on ${server} was not moved`} />
      ))}
    </AlertDialog>
  )
}
