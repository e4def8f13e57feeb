import type { MasterView } from '../../../shared/contract/director.ts'
import type { SwitchDirection, SwitchRecord, SwitchStep } from '../../../shared/contract/switch.ts'
import type { DirectorMode } from '../../../shared/director-files.ts'
import type { ServerRecord } from '../../../shared/server.ts'
import type { Step, StatusWord } from '../../ui/index.ts'

/** Switch-overs in words and in order. Pure. */

export type Site = SwitchStep['site']
/** The site that is active before, and the one that is afterwards. */
export const sitesOf = (direction: SwitchDirection): readonly [active: Site, next: Site] =>
  direction === 'dc-to-dr' ? ['DC', 'DR'] : ['DR', 'DC']

export const directionWords: Record<SwitchDirection, { title: string; says: string }> = {
  'dc-to-dr': {
    title: 'DC to DR',
    says: 'The DC takes a last backup and becomes passive. The DR stops its databases, restores that backup and becomes the active site.',
  },
  'dr-to-dc': {
    title: 'DR back to DC',
    says: 'The DR takes a last backup and becomes passive. The DC stops its databases, restores that backup and is the active site again.',
  },
}

export const stages = ['first', 'second', 'address', 'done'] as const
export type Stage = (typeof stages)[number]

/** The stage that is next; of one that was given up the last. */
export function stageOf({ state, steps: [first, second] }: SwitchRecord): Stage {
  if (state !== 'open') return 'done'
  if (first.state !== 'done') return 'first'
  return second.state === 'done' ? 'address' : 'second'
}

/** Its step of `setup.sh`; null for the two stages without one. */
export const stepAt = (stage: Stage): 1 | 2 | null => (stage === 'first' ? 1 : stage === 'second' ? 2 : null)

/** What its status says; a pair between two steps is what needs somebody. */
export function statusOf(record: SwitchRecord): { is: StatusWord; says: string } {
  const { state, steps } = record
  if (state === 'finished') return { is: 'Done', says: 'Switched over' }
  if (state === 'given-up') return { is: 'Cancelled', says: 'Given up' }
  const stage = stageOf(record)
  if (stage === 'address') return { is: 'At risk', says: 'Address to change' }
  const [at, name] = stage === 'first' ? [steps[0], 'Step 1'] : [steps[1], 'Step 2']
  if (at.state === 'running') return { is: 'Running', says: `${name} runs` }
  if (at.state === 'failed') return { is: 'Failed', says: `${name} failed` }
  return stage === 'first' ? { is: 'Created', says: 'Not begun' } : { is: 'At risk', says: 'Step 2 is next' }
}

/** What a pair of sites is while it stands open, as one sentence. */
export function openWords(record: SwitchRecord): string {
  const [active, next] = sitesOf(record.direction)
  switch (stageOf(record)) {
    case 'first':
      return {
        waiting: `Nothing was started yet: the ${active} is the active site.`,
        running: `The ${active} is becoming passive.`,
        failed: `Whether the ${active} is still the active site is not known before step 1 is done.`,
        done: '',
      }[record.steps[0].state]
    case 'second':
      return `The ${active} is passive, and the ${next} is not active before step 2 is done.`
    case 'address':
      return `The ${next} is active; clients find it once ${record.address.value} is changed.`
    case 'done':
      return ''
  }
}

const stepWords: Record<SwitchStep['state'], string> = {
  waiting: '',
  running: 'running',
  done: 'done',
  failed: 'failed',
}

/** The four stages with what is known of each. `shown`: the one that is looked at. */
export function stagesOf(record: SwitchRecord, shown: Stage, verdict: string | null): Step[] {
  const { steps, address, state, direction } = record
  const [active, next] = sitesOf(direction)
  const now = stages.indexOf(stageOf(record))
  const said = ({ deployment, state: is }: SwitchStep) =>
    [deployment, stepWords[is]].filter(Boolean).join(', ')
  const names: Record<Stage, { name: string; answer: string }> = {
    first: { name: `The ${active} becomes passive`, answer: said(steps[0]) },
    second: { name: `The ${next} becomes active`, answer: said(steps[1]) },
    address: { name: 'Address', answer: address.value },
    done: { name: state === 'given-up' ? 'Given up' : 'Done', answer: '' },
  }
  const through: Record<Stage, boolean> = {
    first: steps[0].state === 'done',
    second: steps[1].state === 'done',
    address: address.done !== null,
    done: false,
  }
  return stages.map((key, index) => {
    const { name, answer } = names[key]
    const words = index === now && verdict ? `${steps[index]?.deployment ?? answer}: ${verdict}` : answer
    return {
      key,
      name,
      state: key === shown ? 'now' : through[key] ? 'done' : 'later',
      ...(words !== '' && { answer: words }),
    }
  })
}

/** What is chosen before a switch-over is written down. Null: not chosen yet. */
export type Draft = {
  direction: SwitchDirection
  /** The active site's folder, then the other's. */
  folders: readonly [string | null, string | null]
  modes: readonly [DirectorMode | null, DirectorMode | null]
  server: string | null
  how: SwitchRecord['address']['how']
  address: string
}

/** Why it cannot be written down; null: it can. */
export function whyNotBegin({ direction, folders, modes, server, address }: Draft): string | null {
  const [active, next] = sitesOf(direction)
  if (folders[0] === null) return `no folder of the ${active} is chosen`
  if (folders[1] === null) return `no folder of the ${next} is chosen`
  if (modes[0] === null || modes[1] === null) return 'standalone or cluster is not said'
  if (noPair(direction, modes)) return 'these modes are no pair'
  if (server === null) return 'no backup server is chosen'
  return address.trim() === '' ? 'the address is missing' : null
}

/** Only a cluster DC has a standalone DR beside it, never the other way round. */
export function noPair(direction: SwitchDirection, modes: Draft['modes']): boolean {
  const [dc, dr] = direction === 'dc-to-dr' ? modes : [modes[1], modes[0]]
  return dc === 'standalone' && dr === 'cluster'
}

const plain = (host: string) => host.toLowerCase().replace(/^\[|\]$/g, '')

function hostOf(record: ServerRecord): string | null {
  if (record.type === 'sftp' || record.type === 'ftp') return plain(record.host)
  if (record.type === 'local' || record.endpoint === undefined) return null
  return plain(new URL(record.endpoint).hostname)
}

/** The host of a site that a server stands on; null: on none that is known. */
export function siteUnder(record: ServerRecord, views: readonly (MasterView | null)[]): string | null {
  const host = hostOf(record)
  if (host === null) return null
  for (const view of views) {
    const own = view?.hosts.find(({ ip, bondIp }) =>
      [ip, bondIp].some(known => known && plain(known) === host),
    )
    if (own) return own.name || own.ip
    if ([...(view?.externalIp ?? []), ...(view?.keepalived ?? []).map(({ ip }) => ip ?? '')].includes(host))
      return host
  }
  return null
}

/** Where the site that takes over is found, by its `master.yml`. */
export function addressesOf({ externalIp, keepalived, hosts }: MasterView): string[] {
  const outside = externalIp.filter(ip => ip !== '')
  if (outside.length > 0) return outside
  const shared = keepalived.flatMap(({ ip }) => (ip ? [ip] : []))
  return shared.length > 0 ? shared : hosts.flatMap(({ ip, enabled }) => (enabled && ip ? [ip] : []))
}
