import type { ComponentCommand, DirectorCommands, DirectorComponent } from '../../../../shared/director.ts'
import {
  componentCommand,
  directorComponents,
  directorFileName,
  directorFiles,
} from '../../../../shared/director.ts'
import { commandHints, commandsOf, defaultCommands, notSetIn } from '../../../../shared/director-commands.ts'
import { isPlanName, planNameRule } from '../../../../shared/plan-name.ts'
import type { RunRecord } from '../../../../shared/run.ts'
import { formatBytes } from '../../../../shared/units.ts'
import { usualPlanName } from '../../../engine/system/director/backup/index.ts'
import type { ComponentsOutcome } from '../../../engine/system/director/components/index.ts'
import { deploymentView, readDeployment } from '../../../engine/system/director/deployment/index.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import { followRun, reportRun } from '../follow-run.ts'
import type { Session } from '../session.ts'
import { withEngine } from '../session.ts'
import type { DeploymentOptions } from './director-deployment.ts'
import { deploymentFor, keepHostKeys, lookUp } from './director-deployment.ts'
import { onHostOf } from './director-folder.ts'

export type DirectorBackupCommandOptions = DeploymentOptions & {
  to: string[]
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
  const { to, name, latest, limit } = options
  if (to.length === 0) throw invalid('--to: at least one server is needed')
  if (name !== undefined && !isPlanName(name)) throw invalid(`--name: ${planNameRule}`, name)
  const given = commandsGiven(options.setCommand ?? [])
  return await withEngine(ctx, options, async session => {
    const { directors, servers } = session.engine
    for (const server of to) await servers.get(server)
    if (options.dryRun) return await dryRun(ctx, session, where, { ...options, given })
    const found = await deploymentFor(ctx, session, where, options)
    const deployment = { ...found, commands: withGiven(found.commands, given) }
    if (given.size > 0) await directors.save(deployment, { replaces: found, secrets: null })
    sayNotSet(ctx, notSetIn(commandsOf(deployment.commands)))
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
  const outcome = record.outcome as ComponentsOutcome | null
  if (record.state !== 'succeeded' || !outcome) return await reportRun(ctx, record)
  const { point, stamp, components, latest, notSet, bytes } = outcome
  const { servers: order } = record.options as { servers: string[] }
  const on = order.filter(server => outcome.servers[server] === 'done')
  await ctx.out.event('point', { point, stamp, servers: on, files: components.length, bytes })
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
  return await reportRun(ctx, record, { point, stamp, servers: outcome.servers, latest, notSet })
}

/** Where it would be copied from, what would be run there, and where to. */
async function dryRun(
  ctx: CliContext,
  session: Session,
  where: string,
  options: DirectorBackupCommandOptions & { given: ReadonlyMap<DirectorComponent, string> },
): Promise<Ending> {
  const { to, latest, given } = options
  const { known, place } = await lookUp(ctx, session, where, options)
  const { signal } = ctx.interrupts
  const { master } = known
    ? await session.engine.directors.read(known.name, signal)
    : await onHostOf(ctx, session, place, async host =>
        deploymentView(await readDeployment(host, place.folder, signal)),
      )
  const director = master?.hosts.find(({ enabled }) => enabled)
  if (!director) throw invalid('master.yml names no enabled host, so there is no Director to copy from')
  const address = `${director.user}@${director.ip}:${director.port}`
  await ctx.out.line(`From ${director.name} (${address}) to ${to.join(', ')}. Nothing was run or written.`)
  const commands = commandsOf(withGiven(known?.commands, given))
  for (const component of directorComponents) {
    const { command } = commands[component]
    await ctx.out.event('component', { component, command })
    await ctx.out.line(`  ${directorFileName(component, 'STAMP')}`)
    for (const line of (command ?? 'not set').split('\n')) await ctx.out.line(`        ${line}`)
  }
  await ctx.out.line(
    latest ? 'Then the latest copies are replaced.' : 'The latest copies would stay as they are.',
  )
  const notSet = notSetIn(commands)
  sayNotSet(ctx, notSet)
  const said = { director: address, servers: to, latest, notSet, dryRun: true }
  return notSet.length > 0 ? withProblems(said) : done(said)
}

function sayNotSet({ out }: CliContext, notSet: readonly DirectorComponent[]): void {
  for (const component of notSet) {
    out.say(`${directorFiles[component].title} is not backed up. ${commandHints[component]}`)
    out.say(`  To do: --set-command '${component}=COMMAND'`)
  }
}

/** `COMPONENT=CMD`, each once. */
function commandsGiven(given: readonly string[]): ReadonlyMap<DirectorComponent, string> {
  const found = new Map<DirectorComponent, string>()
  for (const text of given) {
    const at = text.indexOf('=')
    const component = directorComponents.find(name => name === text.slice(0, at))
    if (!component)
      throw invalid(`--set-command: COMPONENT=COMMAND is expected, of ${directorComponents.join(', ')}`)
    if (found.has(component)) throw invalid(`--set-command: ${component} is given twice`)
    const command = text.slice(at + 1).trim()
    const checked = componentCommand.shape.command.safeParse(command === '' ? null : command)
    if (!checked.success) throw invalid(`--set-command: ${component}: ${checked.error.issues[0]?.message}`)
    found.set(component, command)
  }
  return found
}

/** The operator's commands with those that were given now; an empty one leaves the component out. */
function withGiven(
  known: DirectorCommands | undefined,
  given: ReadonlyMap<DirectorComponent, string>,
): DirectorCommands {
  const commands: Partial<Record<DirectorComponent, ComponentCommand>> = { ...known }
  for (const [component, command] of given)
    commands[component] = {
      ...(commands[component] ?? defaultCommands[component]),
      command: command === '' ? null : command,
    }
  return commands
}
