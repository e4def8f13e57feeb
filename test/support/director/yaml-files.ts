import type { DirectorMode } from '../../../shared/director-files.ts'
import { directorComponents, directorFileName, directorFiles } from '../../../shared/director-files.ts'

/** A host of `master.yml`. */
export type StandInHost = {
  ip: string
  port?: number
  name?: string
  user?: string
  password?: string
  /** A key's file on the deployment host. */
  pem?: string
  enabled?: boolean
}

export type MasterOptions = {
  mode: DirectorMode
  /** Invented ones when absent: one, or three for a cluster. */
  hosts?: readonly StandInHost[]
  site?: 'DC' | 'DR'
  /** `install_msp` and `install_tenant`; empty as a restore needs it when absent. */
  install?: string
  vrrpId?: number
  /** For a cluster; left out with `false`. */
  keepalived?: boolean
}

export const inventedPassword = 'Invented: "quay" #4'

/** The hosts that stand in `master.yml` when none are told. */
export function inventedHosts(mode: DirectorMode): StandInHost[] {
  return Array.from({ length: mode === 'cluster' ? 3 : 1 }, (_, index) => ({ ip: `192.0.2.${11 + index}` }))
}

/** A `master.yml` as people keep it: with comments, quotes of both kinds, keys that nobody knows. */
export function masterYml(options: MasterOptions): string {
  const hosts = options.hosts ?? inventedHosts(options.mode)
  const cluster = options.mode === 'cluster'
  const server = (host: StandInHost, index: number): string[] => [
    `  - ip: ${host.ip}${index === 0 ? '          # the address of the management network' : ''}`,
    `    port: ${host.port ?? 22}`,
    `    name: ${host.name ?? `server${index + 1}`}`,
    `    user: ${host.user ?? 'operator'}`,
    ...(host.pem === undefined
      ? [
          '    # pem: /home/operator/.ssh/id_ed25519',
          `    password: ${JSON.stringify(host.password ?? inventedPassword)}`,
        ]
      : [`    pem: '${host.pem.replaceAll("'", "''")}'`]),
    '    components:',
    '      - Master:             # left as it is',
    '        - name: elk',
    '          cpu: 8',
    '          memory: 32GB',
    ...(cluster ? ['    lan-nics: [enp4s0f0, enp4s0f1]', `    bond_ip: 198.51.100.${31 + index}`] : []),
    '    host_interface:',
    `    enabled: ${host.enabled ?? true}`,
  ]
  const install = options.install === undefined ? '' : ` ${options.install}`
  return [
    '# master.yml of a site of example.com',
    'servers:',
    ...hosts.flatMap(server),
    ...(cluster && options.keepalived !== false
      ? [
          'keepalived:',
          '  - host_vrrp_ip: 192.0.2.50',
          `    host_vrrp_id: ${options.vrrpId ?? 50}   # unique per setup`,
        ]
      : []),
    'vxlan_id: 199',
    'external_ip: [198.51.100.7]',
    `director_site: "${options.site ?? 'DR'}"     # DC or DR`,
    'docker_registry:',
    `install_msp:${install}`,
    `install_tenant:${install}`,
    'external_disk:',
    '  analytics_disk_size: 100',
    "  analytics_data_path: '/media/disk1/elkdata'",
    '  minio_disk_size: 100',
    '  minio_data_path: /media/disk1/miniodata',
    'certsInfo: {countryCode: DE, state: , city: , organization: Example, organizationalUnit: , email: ops@example.com}',
    'smtp_details: {smtp_enabled: 0, smtp_host: , smtp_port: 587, smtp_password: }',
    '',
  ].join('\n')
}

export type RestoreYmlOptions = {
  /** Of the five names; `latest` when absent. */
  stamp?: string
  /** `old` has the five `FTP_*` keys before them. */
  form?: 'new' | 'old'
  /** With comments and quotes of both kinds; without, it is five bare lines. */
  decorated?: boolean
}

/** A `restore.yml`. Its decorated form is what an edit must keep. */
export function restoreYml(options: RestoreYmlOptions = {}): string {
  const { stamp = 'latest', form = 'new', decorated = true } = options
  const old = [
    'FTP_HOST: ftp.example.com',
    'FTP_PORT: 21',
    'FTP_USER: backup',
    'FTP_PASSWORD: "invented-harbour"',
    'FTP_DIR: /backups',
  ]
  const quotes = ['', '"', "'", '', '"']
  const lines = directorComponents.map((component, index) => {
    const quote = decorated ? (quotes[index] ?? '') : ''
    const comment = decorated && index === 1 ? '   # keycloak' : ''
    return `${directorFiles[component].key}: ${quote}${directorFileName(component, stamp)}${quote}${comment}`
  })
  const head = decorated ? ['# which files a restore fetches', ''] : []
  return [...head, ...(form === 'old' ? old : []), ...lines, ''].join('\n')
}
