import type { MasterHost, MasterView } from '../../../shared/contract/director.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import type { DirectorMode } from '../../../shared/director-files.ts'

/** `master.yml` as it will be, seen from the answers. Pure; the engine alone edits the file. */
type Path = MasterEdit['path']
type Value = Extract<MasterEdit, { op: 'set' }>['value']

/** Where a value stands in the file. */
export const paths = {
  host: (index: number, key: 'ip' | 'port' | 'user' | 'enabled' | 'password'): Path => [
    'servers',
    index,
    key,
  ],
  keepalived: (index: number, key: 'ip' | 'id'): Path => [
    'keepalived',
    index,
    key === 'ip' ? 'host_vrrp_ip' : 'host_vrrp_id',
  ],
  site: (): Path => ['director_site'],
  installMsp: (): Path => ['install_msp'],
  installTenant: (): Path => ['install_tenant'],
  externalIp: (index: number): Path => ['external_ip', index],
  disk: (key: string): Path => ['external_disk', key.replace(/^external_disk\./, '')],
}

/** `servers[0].ip` */
export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )

const text = (value: Value): string | null => (value === null || value === '' ? null : String(value))
const number = (value: Value): number => (typeof value === 'number' ? value : Number(value))

/** The view with the changes in it. What it does not show is left out. */
export function withEdits(view: MasterView, edits: readonly MasterEdit[]): MasterView {
  return edits.reduce(apply, view)
}

function apply(view: MasterView, edit: MasterEdit): MasterView {
  const [key, at, field] = edit.path
  if (edit.op === 'secret') return key === 'servers' ? withHost(view, at, withSecret) : view
  const { value } = edit
  switch (key) {
    case 'servers':
      return withHost(view, at, host => withField(host, field, value))
    case 'keepalived':
      return {
        ...view,
        keepalived: view.keepalived.map((one, index) =>
          index !== at
            ? one
            : field === 'host_vrrp_ip'
              ? { ...one, ip: text(value) }
              : { ...one, id: text(value) === null ? null : number(value) },
        ),
      }
    case 'director_site':
      return { ...view, directorSite: text(value) }
    case 'install_msp':
      return { ...view, installMsp: text(value) }
    case 'install_tenant':
      return { ...view, installTenant: text(value) }
    case 'external_ip':
      return {
        ...view,
        externalIp: view.externalIp.map((one, index) => (index === at ? (text(value) ?? '') : one)),
      }
    case 'external_disk':
      return {
        ...view,
        disks: view.disks.map(one =>
          one.key.replace(/^external_disk\./, '') === at ? { ...one, value: text(value) ?? '' } : one,
        ),
      }
    default:
      return view
  }
}

const withHost = (
  view: MasterView,
  at: Path[number] | undefined,
  change: (host: MasterHost) => MasterHost,
) => ({
  ...view,
  hosts: view.hosts.map(host => (host.index === at ? change(host) : host)),
})

const withSecret = (host: MasterHost): MasterHost => ({
  ...host,
  auth: host.pem === null ? 'password' : 'both',
})

function withField(host: MasterHost, field: Path[number] | undefined, value: Value): MasterHost {
  switch (field) {
    case 'ip':
    case 'user':
    case 'name':
      return { ...host, [field]: text(value) ?? '' }
    case 'port':
      return Number.isInteger(number(value)) ? { ...host, port: number(value) } : host
    case 'enabled':
      return { ...host, enabled: value === true }
    default:
      return host
  }
}

/** What the enabled hosts amount to; null when it is neither. */
export function modeOf({ hosts }: MasterView): DirectorMode | null {
  const enabled = hosts.filter(host => host.enabled).length
  return enabled === 1 ? 'standalone' : enabled === 3 ? 'cluster' : null
}

/** What is typed for a port; null when it is none. */
export function readPort(typed: string): number | null {
  const port = /^\d{1,5}$/.test(typed.trim()) ? Number(typed) : 0
  return port >= 1 && port <= 65535 ? port : null
}

/** A value as it will stand in YAML: a number stays one where the file had one, empty is nothing. */
export function typedValue(typed: string, was: Value): Value {
  const trimmed = typed.trim()
  if (trimmed === '') return null
  return typeof was === 'number' && /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed
}

/** How a host is signed in to, in words. */
export function authWords({ auth, pem }: MasterHost, changed: boolean): string {
  if (changed) return 'new password, from the vault'
  if (auth === 'none') return 'no key and no password'
  if (auth === 'both') return 'key and password'
  return auth === 'pem' ? `key ${pem ?? ''}`.trim() : 'password'
}
