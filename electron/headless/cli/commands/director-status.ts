import type { DirectorLine } from '../../../../shared/contract/director.ts'
import type { SiteCheck } from '../../../../shared/contract/site.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, failedWith, withProblems } from '../ending.ts'
import { withEngine } from '../session.ts'
import type { DeploymentOptions } from './director-deployment.ts'
import { deploymentFor, keepHostKeys } from './director-deployment.ts'
import { showLine } from './director-preflight.ts'

export type DirectorStatusOptions = DeploymentOptions

/** Looks at a Director as a system. Nothing is changed on any host; the finding is kept for the Overview. */
export async function directorStatus(
  ctx: CliContext,
  where: string,
  options: DirectorStatusOptions,
): Promise<Ending> {
  return await withEngine(ctx, options, async session => {
    const { name } = await deploymentFor(ctx, session, where, options)
    await ctx.out.line(`Director ${name}`)
    let last = Promise.resolve()
    const told = (line: DirectorLine) => {
      last = last.then(() => showLine(ctx, line, 'line'))
    }
    try {
      const check = await session.engine.directors.sites.check(name, { told }, ctx.interrupts.signal)
      await last
      await ctx.out.line(verdictText(check))
      return endingOf(name, check)
    } finally {
      await keepHostKeys(session, name)
    }
  })
}

function verdictText({ verdict, lines }: SiteCheck): string {
  if (verdict === 'good') return 'Good: it answers, and all of it that has a command can be backed up.'
  if (verdict === 'failed') return 'Failed: see what is to be done above.'
  const count = lines.filter(({ state }) => state !== 'pass').length
  return `Limited: ${count} ${count === 1 ? 'line deserves' : 'lines deserve'} a look.`
}

function endingOf(deployment: string, check: SiteCheck): Ending {
  const { at, verdict, site, mode, hosts, components, lines } = check
  const extra = { deployment, at, verdict, site, mode, hosts, components }
  if (verdict === 'good') return done(extra)
  if (verdict === 'limited') return withProblems(extra)
  const key = lines.find(({ id, state }) => id.startsWith('key:') && state === 'stop')
  if (!key) return { ...failedWith('remote.failed'), extra }
  // Whom nobody vouches for is not logged in to: refused, not failed.
  return {
    ...failedWith(key.finding.startsWith('Not known') ? 'trust.host-key-unknown' : 'trust.host-key-changed'),
    extra,
  }
}
