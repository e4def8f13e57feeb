import { azureSecrets, ftpSecrets, s3Secrets, sftpSecrets } from '../../../store/server-record.ts'
import type { AzureServer, FtpServer, S3Server, SftpServer } from '../../../store/server-record.ts'
import type { ServerRecord } from '../../../store/server-record.ts'
import { azureAccount } from '../../../store/azure/azure-account.ts'
import type { RestoreAnswers } from '../answers.ts'

export type FetchAnswers =
  | {
      answers: RestoreAnswers
      /** Where `setup.sh` will connect to. */
      reach: { host: string; port: number }
      /** What may go wrong all the same; null when nothing is known. */
      warn: string | null
    }
  /** Why `setup.sh` cannot be told to fetch from there, as a sentence. Never holds a secret. */
  | { notDirect: string }

/** A terminal takes no longer lines. */
const longestLine = 4000

/**
 * What `setup.sh` is to be told so that it fetches from a server itself. It asks for less than Drydock knows: what it
 * has no question for cannot be said to it.
 * @param secrets as the vault holds them, unchecked; null: none
 */
export function fetchAnswers(record: ServerRecord, secrets: unknown): FetchAnswers {
  const told = tell(record, secrets)
  if ('notDirect' in told) return told
  for (const [question, answer] of Object.entries(told.answers)) {
    const text = String(answer)
    if (/\p{Cc}/u.test(text))
      return no(
        `the ${words(question)} holds a line break or another control character, which cannot be typed`,
      )
    if (text.length > longestLine) return no(`the ${words(question)} is too long to be typed into a terminal`)
    if (text === '' && question !== 'blob') return no(`the ${words(question)} is empty`)
  }
  const secret = Object.entries(told.answers).find(([, answer]) => /^\s|\s$|\\/.test(String(answer)))
  if (!secret) return told
  const odd = `The ${words(secret[0])} holds a backslash, or a blank at an end: scripts often lose these`
  return { ...told, warn: told.warn === null ? `${odd}.` : `${told.warn} ${odd}.` }
}

function tell(record: ServerRecord, secrets: unknown): FetchAnswers {
  switch (record.type) {
    case 's3':
      return s3(record, secrets)
    case 'azure':
      return azure(record, secrets)
    case 'sftp':
      return sftp(record, secrets)
    case 'ftp':
      return ftp(record, secrets)
    case 'local':
      return no('it is a disk of this machine')
  }
}

function s3(record: S3Server, secrets: unknown): FetchAnswers {
  if (record.profile !== undefined) return no('its keys come from a profile on this machine')
  const parsed = s3Secrets.safeParse(secrets)
  if (!parsed.success) return no('its keys are not in the vault')
  if (parsed.data.sessionToken !== undefined)
    return no('its keys are temporary ones with a session token, which the script does not ask for')
  if (record.prefix.replace(/^\/+|\/+$/g, '') !== '')
    return no(`the files are in the folder ${record.prefix} of the bucket, and the script asks for none`)
  const endpoint = new URL(record.endpoint ?? `https://s3.${record.region}.amazonaws.com`)
  if (endpoint.pathname !== '/' || endpoint.search !== '' || endpoint.username !== '')
    return no('its URL is more than a host and a port')
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = parsed.data
  return {
    answers: { type: 'S3', accessKey, secretKey, bucket: record.bucket, url: endpoint.origin },
    reach: reachOf(endpoint),
    warn: ownCa(record.ca),
  }
}

function azure(record: AzureServer, secrets: unknown): FetchAnswers {
  const parsed = azureSecrets.safeParse(secrets)
  if (!parsed.success) return no('its key is not in the vault')
  let account
  try {
    account = azureAccount(record, parsed.data)
  } catch {
    return no('what is known of its account does not fit together')
  }
  if (account.key === null)
    return no('it is reached with a SAS token, and the script asks for an account key')
  const usual = `${account.account}.blob.core.windows.net`
  const elsewhere =
    account.endpoint.hostname === usual
      ? null
      : `The script asks for no address, and this account is at ${account.endpoint.host}.`
  const blob = record.prefix.replace(/^\/+|\/+$/g, '')
  return {
    answers: {
      type: 'AZURE',
      accountName: account.account,
      accountKey: account.key,
      container: record.container,
      blob,
    },
    reach: reachOf(account.endpoint),
    warn: [elsewhere, blob === '' ? noBlob : null, ownCa(record.ca)].filter(Boolean).join(' ') || null,
  }
}

/** What an empty line would mean to the script is not known, so Drydock does not type one. */
const noBlob = 'The script asks for a blob name, and this server has no folder: it will ask you.'

function sftp(record: SftpServer, secrets: unknown): FetchAnswers {
  if (record.jump) return no(`it is reached through ${record.jump.host}, which the script cannot do`)
  const parsed = sftpSecrets.safeParse(secrets ?? {})
  const password = parsed.success ? parsed.data.password : undefined
  if (password === undefined) return no('it is reached with a key, and the script asks for a password')
  const { host, port, user, path: dir } = record
  return {
    answers: { type: 'FTP', ftpType: 'sftp', host, port, user, password, dir },
    reach: { host, port },
    warn: null,
  }
}

function ftp(record: FtpServer, secrets: unknown): FetchAnswers {
  if (record.tls !== 'none') return no('it speaks FTP inside TLS, and the script plain FTP')
  const parsed = ftpSecrets.safeParse(secrets)
  if (!parsed.success) return no('its password is not in the vault')
  const { host, port = 21, user, path: dir } = record
  return {
    answers: { type: 'FTP', ftpType: 'ftp', host, port, user, password: parsed.data.password, dir },
    reach: { host, port },
    warn: 'FTP is not encrypted: the password and the files can be read on the way.',
  }
}

const no = (notDirect: string): FetchAnswers => ({ notDirect })

function reachOf(url: URL): { host: string; port: number } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port }
}

const ownCa = (ca: string | undefined): string | null =>
  ca === undefined
    ? null
    : 'Its certificate is of an authority of its own: the script must trust it where it runs.'

const words = (question: string): string => question.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)

/** Why `setup.sh` cannot be told to fetch from a server itself; null when it can. */
export function notDirect(record: ServerRecord, secrets: unknown): string | null {
  const found = fetchAnswers(record, secrets)
  return 'notDirect' in found ? found.notDirect : null
}
