import { hostname, userInfo } from 'node:os'
import { describeFailure } from '../../../../shared/failure-copy.ts'
import type { Failure } from '../../../../shared/failure.ts'
import { parsePoint } from '../../../engine/archive/names.ts'
import { EngineError, toFailure } from '../../../engine/engine-error.ts'
import type { Change } from '../../../engine/points/index.ts'
import {
  keepPoint,
  listOnServer,
  purgePoint,
  putBackPoint,
  removePoint,
} from '../../../engine/points/index.ts'
import { SettingsBook } from '../../../engine/service/settings-book.ts'
import type { PointOnServer } from '../../../../shared/contract/point.ts'
import { formatBytes } from '../../../../shared/units.ts'
import type { CliContext } from '../context.ts'
import { invalid, refuseBundle } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done, failedWith, withProblems } from '../ending.ts'
import { ask } from '../prompt.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'

export type ChangeOptions = SecretOptions & { server?: string; bundle?: string; force?: boolean }

/** What `points remove` does: to the trash. Nothing is asked, because it can be undone. */
export async function remove(ctx: CliContext, point: string, options: ChangeOptions): Promise<Ending> {
  return await onServers(ctx, point, options, {
    applies: () => true,
    nothing: 'it is on no server that answered',
    work: async (session, change) => {
      const { trashDays } = await new SettingsBook(ctx.home).read()
      const force = options.force === true
      const { until } = await removePoint(session.engine.places, { ...change, force, trashDays })
      await ctx.out.event('removed', { point, server: change.server, until })
      await ctx.out.line(
        `${point} on ${change.server} is in the trash until ${until.slice(0, 10)}; drydock points put-back ${point} undoes it.`,
      )
    },
  })
}

/** What `points put-back` does. */
export async function putBack(ctx: CliContext, point: string, options: ChangeOptions): Promise<Ending> {
  return await onServers(ctx, point, options, {
    applies: ({ trash }) => trash !== null,
    nothing: 'it is in the trash of no server that answered',
    work: async (session, change) => {
      await putBackPoint(session.engine.places, change)
      await ctx.out.event('put-back', { point, server: change.server })
      await ctx.out.line(`${point} on ${change.server} is out of the trash.`)
    },
  })
}

/** What `points keep` does; `--off` lifts the protection. */
export async function keep(
  ctx: CliContext,
  point: string,
  options: ChangeOptions & { off?: boolean },
): Promise<Ending> {
  const kept = options.off !== true
  return await onServers(ctx, point, options, {
    latest: true,
    applies: kept ? one => one.state === 'complete' && one.trash === null : one => one.kept,
    nothing: kept
      ? 'no server that answered holds it complete'
      : 'it is protected on no server that answered',
    work: async (session, change) => {
      await keepPoint(session.engine.places, { ...change, kept })
      await ctx.out.event(kept ? 'kept' : 'keep-lifted', { point: change.point, server: change.server })
      await ctx.out.line(
        `${change.point} on ${change.server} is ${kept ? 'protected from retention and removal' : 'no longer protected'}.`,
      )
    },
  })
}

/** What `points purge` does: the point's name is to be typed, or `--yes` given. */
export async function purge(
  ctx: CliContext,
  point: string,
  options: ChangeOptions & { yes?: boolean },
): Promise<Ending> {
  return await onServers(ctx, point, options, {
    applies: ({ trash, state }) => trash !== null || state === 'incomplete',
    nothing: 'it is in the trash of no server that answered; drydock points remove puts it there',
    before: async (session, found) => {
      if (options.yes) return
      const where = found.map(({ server, bytes }) => `${server} (${formatBytes(bytes)})`).join(', ')
      if (!session.mayAsk || ctx.out.json)
        throw invalid(`this removes it for good from ${where}; say --yes`, point)
      ctx.out.say(`This removes ${point} for good from ${where}. Nothing brings it back.`)
      if ((await ask('Type its name to go on:')).trim() !== point)
        throw new EngineError('cancelled', 'points.purge', { subject: point, detail: 'nothing was removed' })
    },
    work: async (session, change) => {
      const force = options.force === true
      const { objects, bytes } = await purgePoint(session.engine.places, { ...change, force })
      await ctx.out.event('purged', { point, server: change.server, objects: objects.length, bytes })
      await ctx.out.line(`${point} is gone from ${change.server}: ${formatBytes(bytes)} were freed.`)
    },
  })
}

type Work = {
  /** On which of the servers that hold it there is something to do. */
  applies: (point: PointOnServer) => boolean
  /** Why there is nothing to do. */
  nothing: string
  /** Whether `latest` may be said: not where the next newest would be harmed by a slip. */
  latest?: boolean
  before?: (session: Session, found: readonly PointOnServer[]) => Promise<void>
  work: (session: Session, change: Change) => Promise<void>
}

/** On the server named, or on all where it applies; one that fails stops no other. */
async function onServers(
  ctx: CliContext,
  text: string,
  options: ChangeOptions,
  { applies, nothing, latest = false, before, work }: Work,
): Promise<Ending> {
  refuseBundle(options)
  const { plan, stamp } = parsePoint(text)
  if (stamp === 'latest' && !latest) throw invalid('which one must be said by its stamp: NAME@STAMP', text)
  const { signal } = ctx.interrupts
  return await withEngine(ctx, options, async session => {
    const { engine } = session
    const { server } = options
    if (server !== undefined) ctx.around.server = (await engine.servers.get(server)).name
    const point =
      stamp === 'latest'
        ? (await engine.points.open(text, { signal, ...(server === undefined ? {} : { server }) })).point
        : text
    const names = server ? [server] : (await engine.servers.list()).records.map(({ name }) => name)
    const failures: { server: string; failure: Failure }[] = []
    const found: PointOnServer[] = []
    for (const name of names) {
      try {
        const { points } = await listOnServer(engine.places, name, { all: true, name: plan, signal })
        found.push(...points.filter(one => one.point === point))
      } catch (err) {
        signal.throwIfAborted()
        failures.push({ server: name, failure: toFailure(err, 'points.list') })
      }
    }
    const chosen = found.filter(applies)
    if (chosen.length > 0) await before?.(session, chosen)
    const changed: string[] = []
    for (const { server: name } of chosen) {
      try {
        await work(session, { point, server: name, by: operator(), signal })
        changed.push(name)
      } catch (err) {
        signal.throwIfAborted()
        failures.push({ server: name, failure: toFailure(err, 'points.change') })
      }
    }
    // One server alone: its failure is the command's, told as any other.
    const [only] = failures
    if (only && failures.length === 1 && changed.length === 0) throw asError(only.failure)
    if (!only && chosen.length === 0)
      throw new EngineError(found.length > 0 ? 'run.conflict' : 'data.missing', 'points.change', {
        subject: point,
        detail: found.length > 0 ? nothing : 'it is on no server that was asked',
      })
    for (const { server: which, failure } of failures) await tell(ctx, which, failure)
    if (!only) return done({ point, servers: changed })
    return changed.length > 0 ? withProblems({ point, servers: changed }) : failedWith(only.failure.code)
  })
}

const asError = ({ code, during, subject, detail }: Failure): EngineError =>
  new EngineError(code, during, {
    ...(subject === undefined ? {} : { subject }),
    ...(detail === undefined ? {} : { detail }),
  })

async function tell(ctx: CliContext, server: string, failure: Failure): Promise<void> {
  await ctx.out.event('failure', { server, code: failure.code })
  const { title, todo } = describeFailure(failure, { server })
  ctx.out.say(ctx.masker.mask(`drydock: ${title.startsWith(server) ? '' : `${server}: `}${title}`))
  ctx.out.say(ctx.masker.mask(`  To do: ${todo}`))
}

function operator(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    return `${process.getuid?.() ?? ''}@${hostname()}`
  }
}
