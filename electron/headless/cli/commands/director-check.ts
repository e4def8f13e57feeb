import type { DirectorProblem } from '../../../../shared/director.ts'
import type { DirectorMode } from '../../../../shared/director-files.ts'
import type {
  CheckResult,
  DirectorSite,
  FilesOnServer,
} from '../../../engine/system/director/deployment/index.ts'
import {
  checkDeployment,
  checkInput,
  lookOnServer,
  readDeployment,
} from '../../../engine/system/director/deployment/index.ts'
import type { Host } from '../../../engine/system/director/host/host.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, noGo } from '../ending.ts'
import { withEngine } from '../session.ts'
import type { FolderOptions } from './director-folder.ts'
import { onHostOf, placeText } from './director-folder.ts'
import { lookUp, onKnown } from './director-deployment.ts'

export type DirectorCheckOptions = FolderOptions & {
  server?: string
  mode?: DirectorMode
  site?: DirectorSite
}

/**
 * Checks the two YAML files of a deployment folder, or of one that is kept under a name; with a server, also that the files they name are there and whole.
 * Nothing is written anywhere.
 */
export async function directorCheck(
  ctx: CliContext,
  where: string,
  options: DirectorCheckOptions,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const { server, mode = null, site: expectedSite = null } = options
    const { signal } = ctx.interrupts
    if (server !== undefined) {
      await session.engine.servers.get(server)
      ctx.around.server = server
    }
    const { known, place } = await lookUp(ctx, session, where, options)
    const reading = (host: Host) => readDeployment(host, place.folder, signal)
    const read = await (known
      ? onKnown(ctx, session, { known, place }, reading)
      : onHostOf(ctx, session, place, reading))
    let onServer: FilesOnServer | null = null
    if (server !== undefined)
      onServer = await lookOnServer(
        await session.engine.servers.open(server),
        read.texts['restore.yml'],
        signal,
      )
    const result = checkDeployment({ ...checkInput(read), mode, expectedSite, onServer })
    await ctx.out.line(
      `${placeText(place)}${result.mode ? `: ${result.mode}` : ''}${server === undefined ? '' : `, backup files on ${server}`}`,
    )
    await showProblems(ctx, result.problems)
    await ctx.out.line(verdictLine(result))
    return checkEnding(result)
  })
}

/** One line per problem, and what to do about it below. */
export async function showProblems({ out }: CliContext, problems: readonly DirectorProblem[]): Promise<void> {
  for (const { level, file, path, line, finding, fix } of problems) {
    const where = [file, ...(line === null ? [] : [`line ${line}`]), ...(path === '' ? [] : [path])].join(
      ', ',
    )
    await out.line(`  ${level === 'stop' ? 'FAIL' : 'warn'}  ${where}: ${finding}`)
    await out.line(`        To do: ${fix}`)
  }
}

export function verdictLine({ verdict, problems }: Pick<CheckResult, 'verdict' | 'problems'>): string {
  const stops = problems.filter(({ level }) => level === 'stop').length
  const warns = problems.length - stops
  const warnings = `${warns} ${warns === 1 ? 'warning' : 'warnings'}`
  if (verdict === 'go') return 'GO: nothing is wrong with the two files.'
  if (verdict === 'warn') return `GO WITH WARNINGS: ${warnings}.`
  return `NO-GO: ${stops} to mend before a restore${warns === 0 ? '' : `, ${warnings}`}.`
}

export function checkEnding(result: CheckResult, more: Record<string, unknown> = {}): Ending {
  const { verdict, mode } = result
  const problems = result.problems.map(({ edit: _, ...said }) => said)
  const extra = { verdict, mode, problems, ...more }
  return verdict === 'no-go' ? noGo(extra) : done(extra)
}
