import type { ServerRecord } from '../../../engine/store/server-record.ts'

/** Where a server is, in one line and without secrets. */
export function aboutServer(record: ServerRecord): string {
  switch (record.type) {
    case 's3':
      return `s3://${record.bucket}/${record.prefix}${record.endpoint ? ` at ${record.endpoint}` : ` in ${record.region}`}`
    case 'azure':
      return `azure://${record.account ? `${record.account}/` : ''}${record.container}/${record.prefix}${record.endpoint ? ` at ${record.endpoint}` : ''}`
    case 'sftp':
      return `sftp://${record.user}@${hostOf(record.host)}:${record.port}${pathOf(record.path)}${record.jump ? ` through ${record.jump.user}@${hostOf(record.jump.host)}:${record.jump.port}` : ''}`
    case 'ftp': {
      const scheme = { explicit: 'ftpes', implicit: 'ftps', none: 'ftp' }[record.tls]
      return `${scheme}://${record.user}@${hostOf(record.host)}${record.port === undefined ? '' : `:${record.port}`}${pathOf(record.path)}`
    }
    case 'local':
      return record.path
  }
}

const hostOf = (host: string) => (host.includes(':') ? `[${host}]` : host)
const pathOf = (path: string) => (path.startsWith('/') ? path : path === '.' ? '' : `/~/${path}`)
