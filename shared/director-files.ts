/** The names of a Director's backup files. Nothing here needs a schema: pages read it too. */

/** The five parts of a Director's configuration backup, in the order of `restore.yml`. */
export const directorComponents = ['mongo', 'postgres', 'elk', 'certificate-service', 'ec-provision'] as const
export type DirectorComponent = (typeof directorComponents)[number]

/** Per component: its key in `restore.yml`, how its file names begin and end, and what people call it. */
export const directorFiles = {
  mongo: {
    key: 'MONGO_DUMP_FILE',
    prefix: 'mongo_',
    suffix: '.dump.gz',
    latest: 'mongo_latest.dump.gz',
    title: 'Mongo DB',
  },
  postgres: {
    key: 'POSTGRES_DUMP_FILE',
    prefix: 'postgres_',
    suffix: '_dump.tar.gz',
    latest: 'postgres_latest_dump.tar.gz',
    title: 'Postgres DB',
  },
  elk: {
    key: 'ELK_DUMP_FILE',
    prefix: 'elk_',
    suffix: '_dump.tar.gz',
    latest: 'elk_latest_dump.tar.gz',
    title: 'ELK (analytics configuration)',
  },
  'certificate-service': {
    key: 'CERTIFICATE_SERVICE_CERTS_DUMP_FILE',
    prefix: 'certificate_service_certs_',
    suffix: '_dump.tar.gz',
    latest: 'certificate_service_certs_latest_dump.tar.gz',
    title: 'Certificate service',
  },
  'ec-provision': {
    key: 'EC_PROVISION_CERTS_DUMP_FILE',
    prefix: 'ec_provision_certs_',
    suffix: '_dump.tar.gz',
    latest: 'ec_provision_certs_latest_dump.tar.gz',
    title: 'Edge controller certificates',
  },
} as const satisfies Record<DirectorComponent, unknown>

export type DirectorFileName = {
  component: DirectorComponent
  /** `YYYYMMDDThhmmss` UTC, with a Z when the file carries one; `latest` for the copy that is overwritten by each run. */
  stamp: string
}

/** Reads a backup file's name; null for anything else. */
export function parseDirectorFile(name: string): DirectorFileName | null {
  for (const component of directorComponents) {
    const { prefix, suffix, latest } = directorFiles[component]
    if (name === latest) return { component, stamp: 'latest' }
    if (!name.startsWith(prefix) || !name.endsWith(suffix)) continue
    const stamp = name.slice(prefix.length, name.length - suffix.length)
    if (/^\d{8}T\d{6}Z?$/.test(stamp)) return { component, stamp }
  }
  return null
}

/** The name of a component's file. @param stamp as in `DirectorFileName` */
export function directorFileName(component: DirectorComponent, stamp: string): string {
  const { prefix, suffix, latest } = directorFiles[component]
  return stamp === 'latest' ? latest : `${prefix}${stamp}${suffix}`
}

export const directorModes = ['standalone', 'cluster'] as const
export type DirectorMode = (typeof directorModes)[number]
