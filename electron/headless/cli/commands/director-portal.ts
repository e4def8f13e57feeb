import type { Deployment, PortalSettings } from '../../../../shared/director.ts'
import { portalSettings } from '../../../../shared/director.ts'
import { checkSchedule, scheduleWords } from '../../../../shared/schedule/index.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { withEngine } from '../session.ts'

export type DirectorPortalOptions = {
  configuration?: string
  analytics?: string
  type?: NonNullable<PortalSettings['server']>['type']
  at?: string
  place?: string
  /** Forget what was noted. */
  none?: boolean
  /** The deployment of the other site; empty: there is none. */
  other?: string
}

/** Notes what the portal of a Director shows, and which deployment is its other site. Nothing is asked there. */
export async function directorPortal(
  ctx: CliContext,
  name: string,
  options: DirectorPortalOptions,
): Promise<Ending> {
  const { none = false, other, ...given } = options
  const some = Object.keys(given).length > 0
  if (none && some) throw invalid('--none goes with nothing else that the portal shows')
  return await withEngine(ctx, {}, async ({ engine }) => {
    const { book } = engine.directors.deployments
    const known = await book.get(name)
    if (other !== undefined && other !== '') {
      if (other === name) throw invalid('--other: a Director is not its own other site')
      await book.get(other)
    }
    const { portal: before, otherSite, ...rest } = known
    const portal = none ? undefined : some ? noted(before, given, new Date().toISOString()) : before
    const site = other === undefined ? otherSite : other || undefined
    const record: Deployment = {
      ...rest,
      ...(portal && { portal }),
      ...(site !== undefined && { otherSite: site }),
    }
    if (some || none || other !== undefined)
      await engine.directors.deployments.save(record, { replaces: known, secrets: null })
    await ctx.out.event('portal', { portal: portal ?? null, otherSite: site ?? null })
    for (const line of portalLines(portal)) await ctx.out.line(line)
    if (site !== undefined) await ctx.out.line(`Its other site is ${site}.`)
    return done({ deployment: name })
  })
}

/** What was given; the rest stays as it was noted before. `none` as a schedule: there is no such job. */
function noted(
  before: PortalSettings | undefined,
  { configuration, analytics, type, at, place }: Omit<DirectorPortalOptions, 'none' | 'other'>,
  now: string,
): PortalSettings {
  const of = before?.server
  const server =
    type === undefined && at === undefined && place === undefined
      ? (of ?? null)
      : { type: type ?? of?.type, at: at ?? of?.at, place: place ?? of?.place }
  if (server && Object.values(server).includes(undefined))
    throw invalid('--type, --at and --place: all three say which server the portal shows')
  const parsed = portalSettings.safeParse({
    configuration: cronOf('--configuration', configuration, before?.configuration ?? null),
    analytics: cronOf('--analytics', analytics, before?.analytics ?? null),
    server,
    noted: now,
  })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(`${issue?.path.map(String).join('.')}: ${issue?.message}`)
}

function cronOf(option: string, text: string | undefined, before: string | null): string | null {
  if (text === undefined) return before
  if (text === 'none') return null
  const expression = text.trim().replace(/\s+/g, ' ')
  const wrong = checkSchedule({ kind: 'cron', expression }, Date.now())
  if (wrong !== null) throw invalid(`${option}: ${wrong}; it is in UTC, as "30 2 * * *", or none`)
  return expression
}

function portalLines(portal: PortalSettings | undefined): string[] {
  if (!portal) return ['What its portal shows is not noted.']
  const words = (expression: string | null) =>
    expression === null ? 'no job' : `${scheduleWords({ kind: 'cron', expression })}, UTC`
  const { server, configuration, analytics, noted: at } = portal
  return [
    `The portal, as noted ${at.slice(0, 10)}:`,
    `  configuration backup  ${words(configuration)}`,
    `  analytics backup      ${words(analytics)}`,
    `  server                ${server ? `${server.type}, ${server.at}, ${server.place}` : 'none'}`,
  ]
}
