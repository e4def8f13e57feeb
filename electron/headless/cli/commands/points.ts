import type { PointInfo } from '../../../engine/points/point.ts'
import { timeOf } from '../../../engine/archive/names.ts'
import { formatBytes } from '../../../../shared/units.ts'
import { describeFailure } from '../../../../shared/failure-copy.ts'
import type { CliContext } from '../context.ts'
import { refuseBundle } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done, failedWith, withProblems } from '../ending.ts'
import { table } from '../printable.ts'
import type { SecretOptions } from '../secrets.ts'
import { withEngine } from '../session.ts'

export type PointsOptions = SecretOptions & {
  server?: string
  name?: string
  all?: boolean
  trash?: boolean
  bundle?: string
}

export async function points(ctx: CliContext, options: PointsOptions): Promise<Ending> {
  refuseBundle(options)
  const { out } = ctx
  return await withEngine(ctx, options, async ({ engine }) => {
    const { server, name, all, trash } = options
    const { records } = await engine.servers.list()
    if (server !== undefined) await engine.servers.get(server)
    const filter = {
      ...(server === undefined ? {} : { server }),
      ...(name === undefined ? {} : { name }),
      ...(all ? { all } : {}),
      ...(trash ? { trash } : {}),
    }
    const { points: found, failed, hidden } = await engine.points.list(filter, ctx.interrupts.signal)
    const newestFirst = [...found].sort((a, b) => compare(b.stamp, a.stamp) || compare(a.name, b.name))
    for (const point of newestFirst) await out.event('point', pointFields(point))
    if (newestFirst.length > 0) {
      const rows = newestFirst.map(point => rowOf(point, Date.now()))
      for (const line of table(
        [['POINT', 'AGE', 'SERVERS', 'FILES', 'SIZE', 'STATE', trash ? 'UNTIL' : 'VERIFIED'], ...rows],
        new Set([3, 4]),
      ))
        await out.line(line)
    } else if (records.length === 0)
      out.say('There are no servers yet. Add one: drydock server add nas --type local --path /mnt/backups')
    else if (failed.length === 0) out.say(trash ? 'Nothing is in the trash.' : 'No restore points.')
    if (hidden > 0)
      out.say(
        `${hidden} not shown: incomplete or unreadable. drydock points --all shows ${hidden === 1 ? 'it' : 'them'}.`,
      )
    for (const { server: which, failure } of failed) {
      await out.event('failure', { server: which, code: failure.code })
      const { title, todo } = describeFailure(failure, { server: which })
      out.say(ctx.masker.mask(`drydock: ${title.startsWith(which) ? '' : `${which}: `}${title}`))
      out.say(ctx.masker.mask(`  To do: ${todo}`))
    }
    const asked = server === undefined ? records.length : 1
    if (failed.length === 0) return done({ points: found.length, hidden })
    return failed.length >= asked
      ? failedWith(failed[0]!.failure.code)
      : withProblems({ points: found.length })
  })
}

export const pointFields = ({
  point,
  name,
  stamp,
  servers,
  files,
  bytes,
  state,
  verified,
  kept,
  trash,
  adopted,
  leftOut,
}: PointInfo) => ({
  point,
  name,
  stamp,
  servers,
  files,
  bytes,
  state,
  verified,
  ...(kept ? { kept } : {}),
  ...(trash ? { trash } : {}),
  ...(adopted ? { adopted } : {}),
  ...(leftOut ? { leftOut } : {}),
})

const rowOf = (point: PointInfo, now: number): string[] => [
  point.point,
  ageInWords(timeOf(point.stamp), now),
  point.servers.join(','),
  String(point.files),
  formatBytes(point.bytes),
  [
    point.state,
    ...(point.kept ? ['kept'] : []),
    ...(point.adopted ? ['adopted'] : []),
    ...(point.leftOut ? ['parts left out'] : []),
  ].join(', '),
  point.trash
    ? point.trash.until.slice(0, 10)
    : point.verified === null
      ? 'no'
      : ageInWords(Date.parse(point.verified), now),
]

/** `3 days ago`. @param then ms since 1970, as is `now` */
export function ageInWords(then: number, now: number): string {
  if (!Number.isFinite(then)) return 'unknown'
  const minutes = Math.floor((now - then) / 60_000)
  if (minutes < -1) return 'in the future'
  if (minutes < 1) return 'just now'
  for (const [unit, size] of [
    ['year', 525_600],
    ['month', 43_800],
    ['day', 1440],
    ['hour', 60],
    ['minute', 1],
  ] as const) {
    const count = Math.floor(minutes / size)
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} ago`
  }
  return 'just now'
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
