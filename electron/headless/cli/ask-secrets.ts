import { EngineError } from '../../engine/engine-error.ts'
import type { ServerRecord } from '../../engine/store/server-record.ts'
import { ask, canAsk } from './prompt.ts'

/**
 * The secrets of a server, typed on the terminal. Null for one that needs none (local disk, an AWS profile, the ssh
 * agent). @throws EngineError `auth.secret-missing` when some are needed and nobody can be asked
 */
export async function askServerSecrets(
  record: ServerRecord,
  mayAsk = canAsk(),
): Promise<Record<string, string> | null> {
  if (record.type === 'local' || (record.type === 's3' && record.profile !== undefined)) return null
  if (!mayAsk) {
    if (record.type === 'sftp') return null
    throw new EngineError('auth.secret-missing', 'server.add', {
      subject: record.name,
      detail: expected[record.type],
    })
  }
  switch (record.type) {
    case 's3': {
      const accessKeyId = (await ask('Access key id:')).trim()
      const secretAccessKey = (await ask('Secret access key:', { hidden: true })).trim()
      return { accessKeyId, secretAccessKey }
    }
    case 'azure':
      return azureSecret((await ask('Account key, SAS or connection string:', { hidden: true })).trim())
    case 'sftp': {
      const password = await ask('Password (empty: the keys of the ssh agent):', { hidden: true })
      return password === '' ? null : { password }
    }
    case 'ftp':
      return { password: await ask('Password:', { hidden: true }) }
  }
}

const expected = {
  s3: 'expected: {"accessKeyId":…,"secretAccessKey":…}, or --profile',
  azure: 'expected: {"accountKey":…} or {"sas":…} or {"connectionString":…}',
  ftp: 'expected: {"password":…}',
} as const

/** The three kinds look so different that nobody has to say which one it is. */
export function azureSecret(text: string): Record<string, string> {
  if (/(?:AccountKey|SharedAccessSignature|DefaultEndpointsProtocol|BlobEndpoint)=/i.test(text))
    return { connectionString: text }
  if (/(?:^|[?&])sig=/.test(text)) return { sas: text }
  return { accountKey: text }
}
