import type { SiteSchedule } from '../../../../shared/contract/site.ts'
import { systemClock } from '../../../engine/ports.ts'
import type { CliContext } from '../context.ts'
import type { Ending } from '../ending.ts'
import { done } from '../ending.ts'
import { table } from '../printable.ts'
import { withPlans } from './plans.ts'

/** The schedules of a Director and of its other site, side by side, and what a configuration restore does to them. */
export async function directorSchedules(ctx: CliContext, name: string): Promise<Ending> {
  const { siteSchedules } = await import('../../../engine/service/site-schedules.ts')
  return await withPlans(ctx, {}, async (plans, { engine }) => {
    const { out } = ctx
    const { other, rows, notes } = await siteSchedules({ plans, engine, clock: systemClock }, name)
    const lines = rows.flatMap(({ what, here, there, same }) => [
      ...here.map(one => [what, name, ...cells(one)]),
      ...there.map(one => [what, other ?? '', ...cells(one)]),
      ...(same === null ? [] : [[what, same ? 'the same times' : 'other times', '', '', '']]),
    ])
    for (const row of rows) await out.event('schedules', row)
    for (const note of notes) await out.event('note', note)
    if (lines.length === 0)
      out.say('Nothing is known of its schedules: no plan backs it up, and its portal is not noted.')
    else
      for (const line of table([['KIND', 'DIRECTOR', 'FROM', 'WHEN', 'IN UTC'], ...lines]))
        await out.line(line)
    for (const { tone, text } of notes) await out.line(tone === 'tell' ? text : `! ${text}`)
    if (other !== null && notes.some(({ text }) => text.includes('check both sites')))
      out.say(`To do: drydock director status ${name}; drydock director status ${other}`)
    return done({ deployment: name, other })
  })
}

const cells = ({ from, plan, words, zone, utc, started }: SiteSchedule): string[] => [
  from === 'portal' ? 'portal' : `plan ${plan ?? ''}${started ? '' : ' (not started)'}`,
  `${words}, ${zone}`,
  utc,
]
