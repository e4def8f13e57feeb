import type { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from './object-store.ts'
import type { ServerRecord, StoreContext } from './server-record.ts'
import { azureSecrets, ftpSecrets, s3Secrets, sftpSecrets } from './server-record.ts'

/**
 * Opens the store a record describes, bare: callers wrap it with `retrying`, `limiting` and `metering`.
 * SDKs are loaded here, when the first server of their kind is opened, so that others do not pay for them.
 * @param secrets what the vault holds for this server, unchecked; null when it holds nothing.
 * @throws EngineError `auth.secret-missing` or `input.invalid` when the secrets do not fit the type.
 */
export async function openStore(
  record: ServerRecord,
  secrets: unknown,
  context: StoreContext,
): Promise<ObjectStore> {
  switch (record.type) {
    case 'local': {
      const { LocalStore } = await import('./local/local-store.ts')
      return new LocalStore(record)
    }
    case 'sftp': {
      const { SftpStore } = await import('./sftp/sftp-store.ts')
      return new SftpStore(record, check(sftpSecrets, secrets ?? {}, record), context)
    }
    case 'ftp': {
      const { FtpStore } = await import('./ftp/ftp-store.ts')
      return new FtpStore(record, check(ftpSecrets, secrets, record), context)
    }
    case 's3': {
      const { S3Store } = await import('./s3/s3-store.ts')
      return new S3Store(record, record.profile ? null : check(s3Secrets, secrets, record), context)
    }
    case 'azure': {
      const { AzureStore } = await import('./azure/azure-store.ts')
      return new AzureStore(record, check(azureSecrets, secrets, record), context)
    }
  }
}

function check<S extends z.ZodType>(schema: S, secrets: unknown, record: ServerRecord): z.infer<S> {
  if (secrets === null || secrets === undefined)
    throw new EngineError('auth.secret-missing', 'server.open', { subject: record.name })
  const parsed = schema.safeParse(secrets)
  if (parsed.success) return parsed.data
  // zod's issues name keys and expectations, never the values: safe to show.
  const detail = parsed.error.issues
    .map(issue => `${issue.path.join('.') || 'secrets'}: ${issue.message}`)
    .join('; ')
  throw new EngineError('input.invalid', 'server.open', { subject: record.name, detail })
}
