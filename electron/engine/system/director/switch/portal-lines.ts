import type { PortalSettings } from '../../../../../shared/director.ts'
import { checkSchedule, sameDues } from '../../../../../shared/schedule/index.ts'
import type { ServerRecord } from '../../../store/server-record.ts'
import type { Finding } from '../preflight/board.ts'
import { pass, stop, warn } from '../preflight/board.ts'

export type SitePortal = { site: 'DC' | 'DR'; deployment: string; portal: PortalSettings | null }

type PortalServer = NonNullable<PortalSettings['server']>

const title = (site: string) => `Portal of the ${site}`
const where = 'Admin > System Tools > DB Backup'

/**
 * Whether the portals of the sites name the backup server that was chosen, and the same schedules: the vendor wants its
 * settings there made before a switch-over, and those of the command line equal to them. A portal tells nobody but a
 * person; what was noted may be old, so its time is said.
 * @param now ms since 1970 UTC
 */
export function portalLines(sites: readonly SitePortal[], record: ServerRecord, now: number): Finding[] {
  const wanted = asPortal(record)
  const lines = sites.map(one => serverLine(one, record.name, wanted))
  const [a, b] = sites
  if (a?.portal && b?.portal) lines.push(scheduleLine([a, a.portal], [b, b.portal], now))
  return lines
}

function serverLine(
  { site, deployment, portal }: SitePortal,
  name: string,
  wanted: PortalServer | null,
): Finding {
  const id = `portal/${site}`
  const note = `note what it shows for ${deployment}, then check again`
  if (!portal)
    return warn(
      id,
      title(site),
      `What the portal shows is not noted, so whether it names ${name} is not known.`,
      `Look at ${where}, and ${note}.`,
    )
  const noted = `noted ${portal.noted.slice(0, 16).replace('T', ' ')} UTC`
  if (!portal.server)
    return stop(
      id,
      title(site),
      `No backup server is set there (${noted}); setup.sh backs up to the one that is.`,
      `Set ${name} there (${where}), ${note}.`,
    )
  // That setup.sh cannot reach a disk of this machine is said in a line of its own.
  if (!wanted || !same(portal.server, wanted))
    return stop(
      id,
      title(site),
      `It backs up to ${textOf(portal.server)} (${noted}); ${name} is ${wanted ? textOf(wanted) : 'a disk of this machine'}.`,
      `Make them the same in the portal (${where}), ${note}; or begin the switch-over with the server that stands there.`,
    )
  return pass(id, title(site), `It backs up to ${textOf(portal.server)}, which is ${name} (${noted}).`)
}

function scheduleLine(
  [a, first]: readonly [SitePortal, PortalSettings],
  [b, second]: readonly [SitePortal, PortalSettings],
  now: number,
): Finding {
  const id = 'portal/schedules'
  const name = 'Schedules of both portals'
  const differ = (['configuration', 'analytics'] as const).filter(
    job => !sameTimes(first[job], second[job], now),
  )
  if (differ.length === 0) return pass(id, name, 'They are the same.')
  const said = differ.map(
    job => `${job}: ${a.site} ${first[job] ?? 'no job'}, ${b.site} ${second[job] ?? 'no job'}`,
  )
  return warn(
    id,
    name,
    `They differ (${said.join('; ')}). The vendor wants them the same; the restore of step 2 puts those of the active site into the other.`,
    `Make them the same in both portals (${where}), or go on when that is meant.`,
  )
}

/** Whether they mean the same times, however they are written. */
function sameTimes(a: string | null, b: string | null, now: number): boolean {
  if (a === null || b === null) return a === b
  const left = { kind: 'cron', expression: a.trim() } as const
  const right = { kind: 'cron', expression: b.trim() } as const
  if (checkSchedule(left, now) !== null || checkSchedule(right, now) !== null)
    return left.expression === right.expression
  return sameDues({ schedule: left, zone: 'UTC' }, { schedule: right, zone: 'UTC' }, now)
}

/** A server as the portal would show it; null for one that no portal takes. */
export function asPortal(record: ServerRecord): PortalServer | null {
  switch (record.type) {
    case 's3':
      return {
        type: 's3',
        at: record.endpoint ?? `https://s3.${record.region}.amazonaws.com`,
        place: below(record.bucket, record.prefix),
      }
    case 'azure':
      return {
        type: 'azure',
        at: record.account ?? (record.endpoint ? new URL(record.endpoint).host : ''),
        place: below(record.container, record.prefix),
      }
    case 'sftp':
      return { type: 'sftp', at: `${record.host}:${record.port}`, place: record.path }
    case 'ftp':
      return { type: 'ftp', at: `${record.host}:${record.port ?? 21}`, place: record.path }
    case 'local':
      return null
  }
}

const below = (folder: string, prefix: string): string => {
  const rest = prefix.replace(/^\/+|\/+$/g, '')
  return rest === '' ? folder : `${folder}/${rest}`
}

/** People note a host with or without its scheme and port, and a folder with or without the slash at its end. */
function same(noted: PortalServer, wanted: PortalServer): boolean {
  if (noted.type !== wanted.type || folderOf(noted.place) !== folderOf(wanted.place)) return false
  const a = addressOf(noted.at, noted.type)
  const b = addressOf(wanted.at, wanted.type)
  if (noted.type === 'azure') return a.host.split('.')[0] === b.host.split('.')[0]
  return a.host === b.host && (a.port === b.port || a.port === null)
}

const folderOf = (place: string): string => place.trim().replace(/^\.?\/+(?=.)|^\.$|(?<=.)\/+$/g, '')

const usualPorts = { s3: null, azure: null, sftp: 22, ftp: 21 } as const

/** @property port null: not said, so any may be meant */
function addressOf(at: string, type: PortalServer['type']): { host: string; port: number | null } {
  const text = at.trim().toLowerCase()
  const scheme = /^([a-z0-9+.-]+):\/\//.exec(text)?.[1]
  const rest = text.replace(/^[a-z0-9+.-]+:\/\//, '').replace(/\/.*$/, '')
  const [, host = rest, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(rest) ?? []
  const usual = scheme === 'https' ? 443 : scheme === 'http' ? 80 : usualPorts[type]
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? (scheme ? usual : null) : Number(port),
  }
}

const textOf = ({ type, at, place }: PortalServer): string => `${type} ${at}, ${place}`
