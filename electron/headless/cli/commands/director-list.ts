import { refuseUsedDirector } from '../../../engine/service/plans-on.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done, withProblems } from '../ending.ts'
import { table } from '../printable.ts'
import { withEngine } from '../session.ts'
import { placeText } from './director-folder.ts'
import { withPlans } from './plans.ts'

/** The deployment folders that are kept, without their secrets. */
export async function directorList(ctx: CliContext): Promise<Ending> {
  return await withEngine(ctx, {}, async ({ engine }) => {
    const { out } = ctx
    const { records, unreadable } = await engine.directors.deployments.book.list()
    for (const { name, place, added } of records)
      await out.event('deployment', { name, where: placeText(place), place, added })
    for (const line of table(records.map(({ name, place }) => [name, placeText(place)]))) await out.line(line)
    if (records.length === 0 && unreadable.length === 0)
      out.say('No deployment folder is kept yet; drydock director preflight keeps the one it reads.')
    for (const { name, detail } of unreadable) out.say(`${name}: cannot be read: ${detail}`)
    return unreadable.length > 0 ? withProblems() : done()
  })
}

/** Forgets a deployment folder and what opens its host. Nothing there is touched. */
export async function directorRemove(ctx: CliContext, name: string): Promise<Ending> {
  return await withPlans(ctx, {}, async (plans, { engine }) => {
    const { place } = await engine.directors.deployments.book.get(name)
    await refuseUsedDirector({ plans }, name, 'director.remove')
    await engine.directors.deployments.remove(name)
    await ctx.out.line(`Forgot ${name} and its secrets. ${placeText(place)} was not touched.`)
    return done({ deployment: name })
  })
}
