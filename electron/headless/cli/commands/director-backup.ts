import type { ComponentCommand, Deployment, DirectorCommands } from '../../../../shared/director.ts'
import type { DirectorComponent } from '../../../../shared/director-files.ts'
import { componentCommand } from '../../../../shared/director.ts'
import { directorComponents, directorFileName, directorFiles } from '../../../../shared/director-files.ts'
import {
  commandHints,
  commandsOf,
  defaultCommands,
  noAnalytics,
  notSetIn,
} from '../../../../shared/director-commands.ts'
import { describeFailure } from '../../../../shared/failure-copy.ts'
import { isPlanName, planNameRule } from '../../../../shared/plan-name.ts'
import type { RunRecord } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import { EngineError, toFailure } from '../../../engine/engine-error.ts'
import { requireNoVendor } from '../../../engine/store/vendor-place.ts'
import type { DirectorBackupOutcome } from '../../../engine/system/director/backup/index.ts'
import { usualPlanName } from '../../../engine/system/director/backup/index.ts'
import { deploymentView, readDeployment } from '../../../engine/system/director/deployment/index.ts'
import type { Host } from '../../../engine/system/director/host/host.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import { followRun, reportRun } from '../follow-run.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import type { DeploymentOptions } from './director-deployment.ts'
import { deploymentFor, keepHostKeys, lookUp, onKnown } from './director-deployment.ts'
import { onHostOf } from './director-folder.ts'

export type DirectorBackupCommandOptions = DeploymentOptions & {
  /** Absent: the commands that came along are kept, and nothing is backed up. */
  to?: string[]
  name?: string
  /** false: `--no-latest` */
  latest: boolean
  setCommand?: string[]
  limit?: number
  dryRun?: boolean
}

/** Backs up a Director's components to servers. Commands that came along are kept with its deployment. */
export async function directorBackup(
  ctx: CliContext,
  where: string,
  options: DirectorBackupCommandOptions,
): Promise<Ending> {
  const { to = [], name, latest, limit } = options
  if (name !== undefined && !isPlanName(name)) throw invalid(`--name: ${planNameRule}`, name)
  const given = commandsGiven(options.setCommand ?? [])
  if (to.length === 0 && given.size === 0) throw invalid('--to: at least one server is needed')
  return await withEngine(ctx, options, async session => {
    const { directors, servers } = session.engine
    for (const server of to) await servers.get(server)
    if (options.dryRun) return await dryRun(ctx, session, where, { ...options, given })
    const found = await deploymentFor(ctx, session, where, options)
    const deployment = withCommands(found, given)
    if (given.size > 0) await directors.deployments.save(deployment, { replaces: found, secrets: null })
    sayNotSet(ctx, notSetIn(commandsOf(deployment.commands)))
    if (to.length === 0) {
      await ctx.out.line(
        `Kept for ${deployment.name}: ${[...given.keys()].join(', ')}. Nothing was backed up.`,
      )
      return done({ deployment: deployment.name, kept: [...given.keys()] })
    }
    try {
      const run = await directors.startBackup({
        ...{ deployment: deployment.name, plan: name ?? usualPlanName(deployment.name), servers: to },
        ...{ latest, limit: limit ?? null },
      })
      return await reportDirectorBackup(ctx, await followRun(ctx, run))
    } finally {
      await keepHostKeys(session, deployment.name)
    }
  })
}

/** The end of a backup of a Director: its restore point, its files, and what became of the `latest` copies. */
export async function reportDirectorBackup(ctx: CliContext, record: RunRecord): Promise<Ending> {
  const outcome = record.outcome as DirectorBackupOutcome | null
  if (record.state !== 'succeeded' || !outcome) return await reportRun(ctx, record)
  const { point, stamp, components, latest, notSet, bytes, madeBy } = outcome
  if (madeBy) ctx.out.say(`Already made by ${madeBy.host} while this waited: ${point}.`)
  const { servers: order } = record.options as { servers: string[] }
  const on = order.filter(server => outcome.servers[server] === 'done')
  const at = point.lastIndexOf('@')
  await ctx.out.event('point', {
    ...{ point, name: point.slice(0, at), stamp: point.slice(at + 1), servers: on },
    ...{ files: components.length, bytes, state: 'complete', verified: null },
    // As it stands in the names of the files.
    fileStamp: stamp,
  })
  for (const { component, name, size, sha256 } of components) {
    await ctx.out.event('file', { component, name, size, sha256 })
    await ctx.out.line(`  ${name}, ${formatBytes(size)}${sha256 === null ? '' : `, SHA-256 ${sha256}`}`)
  }
  await ctx.out.line(
    `${point}: ${components.length} of ${directorComponents.length} files, ${formatBytes(bytes)} stored on ${on.join(', ')}`,
  )
  const replaced = on.filter(server => latest[server] === 'replaced')
  if (replaced.length > 0) ctx.out.say(`The latest copies are of this run on ${replaced.join(', ')}.`)
  sayNotSet(ctx, notSet)
  const said = { point, stamp, servers: outcome.servers, latest, notSet, ...(madeBy && { madeBy }) }
  return await reportRun(ctx, record, said)
}

/** Where it would be copied from, what would be run there, and where to. */
async function dryRun(
  ctx: CliContext,
  session: Session,
  where: string,
  options: DirectorBackupCommandOptions & { given: Given },
): Promise<Ending> {
  const { to = [], latest, given } = options
  const { known, place } = await lookUp(ctx, session, where, options)
  const { signal } = ctx.interrupts
  const read = (host: Host) => readDeployment(host, place.folder, signal)
  const { master } = deploymentView(
    await (known ? onKnown(ctx, session, { known, place }, read) : onHostOf(ctx, session, place, read)),
  )
  const director = master?.hosts.find(({ enabled }) => enabled)
  if (!director) throw invalid('master.yml names no enabled host, so there is no Director to copy from')
  const address = `${director.user}@${director.ip}:${director.port}`
  await ctx.out.line(
    `From ${director.name} (${address}) to ${to.join(', ') || 'no server'}. Nothing was run or written.`,
  )
  const commands = commandsOf(withGiven(known?.commands, given))
  for (const component of directorComponents) {
    const { command } = commands[component]
    await ctx.out.event('component', { component, command })
    await ctx.out.line(`  ${directorFileName(component, 'STAMP')}`)
    for (const line of (command ?? 'not set').split('\n')) await ctx.out.line(`        ${line}`)
  }
  const analytics = given.has('analytics') ? withAnalytics(known?.analytics, given) : known?.analytics
  if (analytics) {
    await ctx.out.event('component', { component: 'analytics', command: analytics.command })
    await ctx.out.line('  Not in this backup, but in plans with --analytics: the analytics data of a day')
    for (const line of (analytics.command ?? 'not set').split('\n')) await ctx.out.line(`        ${line}`)
  }
  const notSet = notSetIn(commands)
  const replaces = latest && notSet.length === 0
  await ctx.out.line(
    replaces
      ? 'Then the latest copies are replaced.'
      : `The latest copies would stay as they are${latest ? ': not all five components are set' : ''}.`,
  )
  sayNotSet(ctx, notSet)
  const said = { director: address, servers: to, latest: replaces, notSet, dryRun: true }
  const failed = await failingServers(ctx, session, to)
  const [first] = failed
  // As the run would end.
  if (first && failed.length === to.length) throw first
  return notSet.length > 0 || failed.length > 0 ? withProblems(said) : done(said)
}

/** Looks whether each server could be written to. @returns why those could not that cannot */
async function failingServers(
  ctx: CliContext,
  { engine }: Session,
  servers: readonly string[],
): Promise<EngineError[]> {
  const failed: EngineError[] = []
  for (const name of servers) {
    try {
      const store = await engine.servers.open(name)
      try {
        await requireNoVendor(store, name, ctx.interrupts.signal)
      } finally {
        await store.close()
      }
    } catch (err) {
      if (!(err instanceof EngineError) || err.code === 'cancelled') throw err
      failed.push(err)
      const { title } = describeFailure(toFailure(err, 'director.backup'))
      ctx.out.say(`${name} would fail: ${title}`)
      await ctx.out.event('problem', { code: 'server.failed', subject: name, detail: title })
    }
  }
  return failed
}

function sayNotSet({ out }: CliContext, notSet: readonly DirectorComponent[]): void {
  for (const component of notSet) {
    out.say(`${directorFiles[component].title} is not backed up. ${commandHints[component]}`)
    out.say(`  To do: --set-command '${component}=COMMAND'`)
  }
}

/** By component; `analytics` is what plans of analytics data run. An empty command takes it out. */
type Given = ReadonlyMap<DirectorComponent | 'analytics', string>

const settable = [...directorComponents, 'analytics'] as const

/** `COMPONENT=CMD`, each once. */
function commandsGiven(given: readonly string[]): Given {
  const found = new Map<DirectorComponent | 'analytics', string>()
  for (const text of given) {
    const at = text.indexOf('=')
    const component = settable.find(name => name === text.slice(0, at))
    if (!component) throw invalid(`--set-command: COMPONENT=COMMAND is expected, of ${settable.join(', ')}`)
    if (found.has(component)) throw invalid(`--set-command: ${component} is given twice`)
    const command = text.slice(at + 1).trim()
    const checked = componentCommand.shape.command.safeParse(command === '' ? null : command)
    if (!checked.success) throw invalid(`--set-command: ${component}: ${checked.error.issues[0]?.message}`)
    found.set(component, command)
  }
  return found
}

function withCommands(found: Deployment, given: Given): Deployment {
  const commands = withGiven(found.commands, given)
  const analytics = given.has('analytics') ? { analytics: withAnalytics(found.analytics, given) } : {}
  return { ...found, commands, ...analytics }
}

const withAnalytics = (known: ComponentCommand | undefined, given: Given): ComponentCommand => ({
  ...(known ?? noAnalytics),
  command: given.get('analytics') || null,
})

/** The operator's commands with those that were given now; an empty one leaves the component out. */
function withGiven(known: DirectorCommands | undefined, given: Given): DirectorCommands {
  const commands: Partial<Record<DirectorComponent, ComponentCommand>> = { ...known }
  for (const [component, command] of given)
    if (component !== 'analytics')
      commands[component] = {
        ...(commands[component] ?? defaultCommands[component]),
        command: command === '' ? null : command,
      }
  return commands
}
