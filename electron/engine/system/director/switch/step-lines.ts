import type { MasterView } from '../../../../../shared/contract/director.ts'
import type { SwitchRecord } from '../../../../../shared/contract/switch.ts'
import type { DirectorMode } from '../../../../../shared/director-files.ts'
import type { Finding } from '../preflight/board.ts'
import { pass, stop, warn } from '../preflight/board.ts'

export type Step = 1 | 2

export const otherSiteOf = (site: 'DC' | 'DR'): 'DC' | 'DR' => (site === 'DC' ? 'DR' : 'DC')

/** The pairs that the vendor's guide allows. @returns null, or why not */
export function modesRefused(modes: Record<'DC' | 'DR', DirectorMode>): string | null {
  return modes.DC === 'standalone' && modes.DR === 'cluster'
    ? 'a standalone DC with a DR that is a cluster is no pair that the vendor supports: it names cluster with cluster, cluster with standalone, and standalone with standalone'
    : null
}

export const modesOf = (
  steps: readonly { site: 'DC' | 'DR'; mode: DirectorMode }[],
): Record<'DC' | 'DR', DirectorMode> => ({
  DC: steps.find(({ site }) => site === 'DC')?.mode ?? 'standalone',
  DR: steps.find(({ site }) => site === 'DR')?.mode ?? 'standalone',
})

export function modesLine({ steps }: Pick<SwitchRecord, 'steps'>): Finding {
  const modes = modesOf(steps)
  const why = modesRefused(modes)
  const title = 'DC and DR together'
  return why === null
    ? pass('modes', title, `DC ${modes.DC}, DR ${modes.DR}: a pair that the vendor supports.`)
    : stop(
        'modes',
        title,
        `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
        'Give this switch-over up; restore the DR as a standalone Director, or deploy the DC as a cluster.',
      )
}

/** Whether this step is the one that is due. @param ran of the first step's newest run, where there is one */
export function orderLine(
  { state, steps }: SwitchRecord,
  step: Step,
  ran: { ended: string | null; problems: number } | null,
): Finding {
  const title = 'Order of the steps'
  const own = steps[step - 1]!
  const [first] = steps
  if (state !== 'open') return stop('first', title, 'This switch-over is closed.', 'Begin another one.')
  if (own.state === 'done')
    return stop('first', title, `Step ${step} is done already.`, 'Go on with the next one.')
  if (own.state === 'running')
    return stop(
      'first',
      title,
      `Step ${step} runs already${own.run === null ? '' : ` (${own.run})`}.`,
      'Attach to it and wait for its end.',
    )
  if (step === 1) return pass('first', title, `Step 1 of 2: against the ${own.site}, the active site.`)
  if (first.state !== 'done')
    return stop(
      'first',
      title,
      `Step 1 against the ${first.site} is not done.`,
      'Do step 1 first: it makes the backup that this one restores, and the other site passive.',
    )
  if (ran && ran.problems > 0)
    return warn(
      'first',
      title,
      `Step 1 ended with 0, yet tasks failed in it (${ran.problems}): its backup may not be whole.`,
      'Look at the report of its run and at the files on the server before this site restores them.',
    )
  return pass('first', title, `Step 2 of 2: step 1 against the ${first.site} ended${atTime(ran?.ended)}.`)
}

/**
 * Whether the folders say that their sites were taken for each other. One that says nothing, or what it should, may be
 * right: its preflight looks at it then.
 * @param steps `says`: `director_site` of its folder; null when it is empty or cannot be read
 * @returns null, or why not
 */
export function swappedRefused(
  steps: readonly { deployment: string; site: 'DC' | 'DR'; says: string | null }[],
): string | null {
  const told = steps.flatMap(one => {
    const says = one.says?.toUpperCase()
    return says === 'DC' || says === 'DR' ? [{ ...one, says }] : []
  })
  if (told.length === 0 || told.some(({ site, says }) => site === says)) return null
  const said = told.map(({ deployment, says }) => `${deployment} says ${says}`).join(', ')
  return `director_site in master.yml: ${said}; did you swap the two (--from and --to)?`
}

/**
 * Whether `master.yml` points at the site that this step is about.
 * @param other what the folder of the other step says; null: nothing, or not known
 */
export function siteLine(
  view: MasterView | null,
  wanted: 'DC' | 'DR',
  other: string | null = null,
): Finding | null {
  if (!view) return null
  const title = 'Site'
  const stands = view.directorSite
  const edit = { op: 'set' as const, path: ['director_site'], value: wanted }
  const fix = `Make sure that the servers in master.yml are those of the ${wanted}, then write director_site: "${wanted}".`
  if (stands?.toUpperCase() === wanted)
    return pass('site', title, `director_site is ${wanted}, as this step needs it.`)
  // To write the one site into the folder of the other would send setup.sh to the wrong hosts.
  if (other?.toUpperCase() === wanted)
    return stop(
      'site',
      title,
      `director_site is ${stands?.slice(0, 40) ?? 'empty'}, this step is against the ${wanted}, and the folder of the other step says ${wanted}: the two may be swapped.`,
      'Look which folder is of which site. When they are swapped, give this switch-over up and begin another one the other way round.',
    )
  if (stands === null)
    return {
      ...warn('site', title, `director_site is empty; this step is against the ${wanted}.`, fix),
      edit,
    }
  return {
    ...stop(
      'site',
      title,
      `director_site is ${stands.slice(0, 40)}, and this step is against the ${wanted}: the file points at the other site.`,
      fix,
    ),
    edit,
  }
}

/**
 * Whether the two steps work on different hosts.
 * @param own `ip:port` of the hosts of this step
 * @param others those of the other; null: not known, and why
 */
export function pairLine(
  own: readonly string[],
  others: { site: 'DC' | 'DR'; hosts: readonly string[] } | { unknown: string },
): Finding {
  const title = 'Hosts of the two sites'
  if ('unknown' in others)
    return warn(
      'pair',
      title,
      `Not compared: ${others.unknown}`,
      'Make sure that both steps do not name the same hosts.',
    )
  const same = own.filter(host => others.hosts.includes(host))
  if (same.length > 0)
    return stop(
      'pair',
      title,
      `${same.join(', ')} ${same.length === 1 ? 'is a host' : 'are hosts'} of the ${others.site} too: both steps would work on the same machine.`,
      'Let master.yml of each step name the hosts of its own site.',
    )
  return pass('pair', title, `None of them is a host of the ${others.site}.`)
}

const atTime = (ended: string | null | undefined): string =>
  ended ? ` at ${ended.slice(0, 16).replace('T', ' ')} UTC` : ''
