import type { ServerRecord } from '../store/server-record.ts'

/** Where a server is, in one line and without secrets: what a report says of it, long after it may have been removed. */
export function aboutServer(record: ServerRecord): string {
  switch (record.type) {
    case 's3':
      return `S3, ${record.endpoint ?? `AWS ${record.region}`}, bucket ${record.bucket}${under(record.prefix)}`
    case 'azure': {
      const account = record.endpoint ?? record.account
      return `Azure Blob${account === undefined ? '' : `, ${account}`}, container ${record.container}${under(record.prefix)}`
    }
    case 'sftp':
      return `SFTP, ${record.user}@${record.host}:${record.port}, ${record.path}`
    case 'ftp':
      return `${record.tls === 'none' ? 'FTP without encryption' : 'FTPS'}, ${record.user}@${record.host}, ${record.path}`
    case 'local':
      return `local folder ${record.path}`
  }
}

const under = (prefix: string) => (prefix === '' ? '' : `, under ${prefix}`)
