import type {
  DirectorLine,
  DirectorPreflight,
  DirectorRequest,
} from '../../../../shared/contract/director.ts'
import type { DirectorMode } from '../../../../shared/director-files.ts'
import { directorComponents, directorFileName } from '../../../../shared/director-files.ts'
import { formatBytes } from '../../../../shared/units.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done, noGo } from '../ending.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import type { DeploymentOptions } from './director-deployment.ts'
import { deploymentFor, keepHostKeys } from './director-deployment.ts'
import { showDiff } from './director-edit.ts'

export type DirectorPreflightOptions = DeploymentOptions & {
  server: string
  stamp: string
  mode?: DirectorMode
  served?: boolean
  serveOn?: string
  safetyCopy?: string
}

/** Checks everything that a restore needs. Nothing is changed on any host, and nothing is written to the server. */
export async function directorPreflight(
  ctx: CliContext,
  where: string,
  options: DirectorPreflightOptions,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const request = await requestFor(ctx, session, where, options)
    const preflight = await showPreflight(ctx, session, request)
    const said = preflightFields(request, preflight)
    return preflight.verdict === 'NO-GO' ? noGo(said) : done(said)
  })
}

/** What is asked for, with what was left out filled in. */
export async function requestFor(
  ctx: CliContext,
  session: Session,
  where: string,
  options: DirectorPreflightOptions,
): Promise<DirectorRequest> {
  const { engine } = session
  const { server, serveOn, safetyCopy } = options
  if (serveOn !== undefined && !options.served) throw invalid('--serve-on goes with --served')
  ctx.around.server = server
  await engine.servers.get(server)
  if (safetyCopy !== undefined) await engine.servers.get(safetyCopy)
  const deployment = await deploymentFor(ctx, session, where, options)
  const stamp =
    options.stamp === 'latest' ? await latestOn(ctx, session, server) : checkedStamp(options.stamp)
  return {
    deployment: deployment.name,
    mode: options.mode ?? (await modeOf(ctx, session, deployment.name)),
    server,
    stamp,
    edits: {
      names: Object.fromEntries(
        directorComponents.map(component => [component, directorFileName(component, stamp)]),
      ) as Record<(typeof directorComponents)[number], string>,
      master: [],
    },
    fetch: options.served ? 'served' : 'direct',
    serveOn: serveOn ?? null,
    safetyCopy: safetyCopy ?? null,
  }
}

function checkedStamp(stamp: string): string {
  if (/^\d{8}T\d{6}Z?$/.test(stamp)) return stamp
  throw invalid('--stamp: YYYYMMDDThhmmss as in the file names, or latest, is expected')
}

/**
 * The newest run on the server whose five files are all there. A safety copy is what was wanted no more: it is restored
 * only when its stamp is said.
 */
async function latestOn(ctx: CliContext, { engine }: Session, server: string): Promise<string> {
  const { points } = await engine.directors.points(server, { deep: false }, ctx.interrupts.signal)
  const whole = points.filter(({ flags }) => flags.length === 0)
  const newest = whole.find(({ safetyCopy }) => !safetyCopy)
  if (newest) return newest.stamp
  throw new EngineError('data.missing', 'director.points', {
    subject: server,
    detail:
      points.length === 0
        ? "no run's files are there"
        : whole.length > 0
          ? `all that is whole there are safety copies before a restore; to restore one, name it: --stamp ${whole[0]?.stamp}`
          : 'no run has its five files there, none of them empty',
  })
}

async function modeOf(ctx: CliContext, { engine }: Session, deployment: string): Promise<DirectorMode> {
  const { mode } = await engine.directors.read(deployment, ctx.interrupts.signal)
  if (mode !== null) return mode
  throw invalid('master.yml does not tell whether it is one host or three: say --mode standalone or cluster')
}

/** Runs it, each line as soon as it is known, and what it comes to. */
export async function showPreflight(
  ctx: CliContext,
  session: Session,
  request: DirectorRequest,
): Promise<DirectorPreflight> {
  const { out } = ctx
  await out.line(
    `Preflight: run ${request.stamp} of ${request.server} to ${request.deployment}, ${request.mode}`,
  )
  let last = Promise.resolve()
  const told = (line: DirectorLine) => {
    last = last.then(() => showLine(ctx, line))
  }
  try {
    const preflight = await session.engine.directors.preflight(request, {
      signal: ctx.interrupts.signal,
      told,
    })
    await last
    await showOutcome(ctx, preflight)
    return preflight
  } finally {
    await keepHostKeys(session, request.deployment)
  }
}

const words = { pass: 'ok  ', warn: 'warn', stop: 'FAIL', 'not-tried': '-   ' } as const

/** One line of a check, and what to do about it below. @param event what it is called with `--json` */
export async function showLine(
  { out }: CliContext,
  line: DirectorLine,
  event: 'preflight' | 'line' = 'preflight',
): Promise<void> {
  const { id, title, state, finding, fix, pin, took } = line
  await out.event(event, {
    ...{ id, title, state, finding, took },
    ...(fix === undefined ? {} : { fix }),
    ...(pin === undefined ? {} : { pin }),
  })
  await out.line(`  ${words[state]}  ${title}: ${finding}`)
  if (fix !== undefined && state !== 'pass') await out.line(`        To do: ${fix}`)
  if (pin && state !== 'pass')
    await out.line(`        When it is the right key: --trust ${pin.address}=${pin.fingerprint}`)
  // Of the machine that the folder lies on; the first one is what it showed.
  const [shown] = (id === 'host' && state === 'stop' && /SHA256:[A-Za-z0-9+/]{43}/.exec(finding)) || []
  if (shown !== undefined) await out.line(`        When it is the right key: --host-key ${shown}`)
}

async function showOutcome(ctx: CliContext, preflight: DirectorPreflight): Promise<void> {
  const { out } = ctx
  const { files, hosts, diffs, verdict } = preflight
  for (const { name, size, sha256 } of files)
    await out.line(`  ${name}, ${formatBytes(size)}${sha256 === null ? '' : `, SHA-256 ${sha256}`}`)
  for (const diff of diffs) if (diff.changed > 0) await showDiff(ctx, diff)
  for (const { name, ip, erased } of hosts)
    await out.line(
      `  ${name} (${ip}): ${erased ? 'everything of the Director on it is erased' : 'not touched'}`,
    )
  await out.line(verdict === 'NO-GO' ? 'NO-GO: see what is to be done above.' : `${verdict}.`)
}

export const verdicts = { GO: 'go', 'GO WITH WARNINGS': 'warn', 'NO-GO': 'no-go' } as const

/** What the result line says of a preflight. */
export const preflightFields = (
  { deployment, mode, server, stamp, fetch }: DirectorRequest,
  { verdict, hosts, files, confirm }: DirectorPreflight,
): Record<string, unknown> => ({
  verdict: verdicts[verdict],
  ...{ deployment, mode, server, stamp, fetch, hosts, files, confirm },
})
