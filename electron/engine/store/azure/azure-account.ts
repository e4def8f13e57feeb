import { EngineError } from '../../engine-error.ts'
import type { AzureSecrets, AzureServer } from '../server-record.ts'

/** Where the account is and how to prove who we are: exactly one of `key` and `sas` is set. */
export type AzureAccount = {
  /** Without a slash at its end; with an own endpoint its path may name the account (`…:10000/devstoreaccount1`). */
  endpoint: URL
  account: string
  key: string | null
  /** Query text without `?`. A secret. */
  sas: string | null
}

/** @throws EngineError `input.invalid` when record and secrets do not tell enough, or contradict each other. */
export function azureAccount(record: AzureServer, secrets: AzureSecrets): AzureAccount {
  const said = secrets.connectionString === undefined ? {} : connectionString(secrets.connectionString)
  const account = record.account ?? said['AccountName'] ?? accountOf(record.endpoint ?? said['BlobEndpoint'])
  const named = said['AccountName']
  if (named !== undefined && record.account !== undefined && named !== record.account) {
    throw invalid('account', `the connection string is for the account ${named}, not ${record.account}`)
  }
  const key = secrets.accountKey ?? said['AccountKey'] ?? null
  const sas = secrets.sas ?? said['SharedAccessSignature'] ?? null
  if ((key === null) === (sas === null))
    throw invalid('secrets.connectionString', 'the connection string holds neither key nor signature')
  if (key !== null && !/^[A-Za-z0-9+/]{20,}={0,2}$/.test(key))
    throw invalid('secrets.accountKey', 'the account key is no base64')
  if (sas !== null && !/(^|[?&])sig=/.test(sas))
    throw invalid('secrets.sas', 'the SAS token holds no signature (sig=)')
  const endpoint = record.endpoint ?? said['BlobEndpoint'] ?? endpointOf(account, said)
  if (endpoint === null || !URL.canParse(endpoint))
    throw invalid('account', 'an account or an endpoint is needed')
  if (account === null) throw invalid('account', 'an account is needed beside this endpoint')
  const url = new URL(endpoint)
  if (url.search !== '' || url.username !== '' || url.password !== '') {
    throw invalid('endpoint', 'the endpoint holds more than an address; a SAS token belongs to the secrets')
  }
  url.pathname = url.pathname.replace(/\/+$/, '')
  return { endpoint: url, account, key, sas: sas?.replace(/^\?/, '') ?? null }
}

function connectionString(text: string): Record<string, string> {
  const pairs = text.split(';').filter(part => part.trim() !== '')
  const known: Record<string, string> = {}
  for (const pair of pairs) {
    // Keys and signatures end in `=`: only the first one divides.
    const at = pair.indexOf('=')
    if (at <= 0)
      throw invalid('secrets.connectionString', 'the connection string is not made of Name=Value; pairs')
    known[pair.slice(0, at).trim()] = pair.slice(at + 1).trim()
  }
  return known
}

function endpointOf(account: string | null, said: Record<string, string>): string | null {
  if (account === null) return null
  return `${said['DefaultEndpointsProtocol'] ?? 'https'}://${account}.blob.${said['EndpointSuffix'] ?? 'core.windows.net'}`
}

/** `https://ACCOUNT.blob.…` or, where hosts have no such names, `http://127.0.0.1:10000/ACCOUNT`. */
function accountOf(endpoint: string | undefined): string | null {
  if (endpoint === undefined || !URL.canParse(endpoint)) return null
  const url = new URL(endpoint)
  const byHost = /^([a-z0-9]{3,24})\.blob\./.exec(url.hostname)?.[1]
  return byHost ?? /^\/([a-z0-9]{3,24})\/?$/.exec(url.pathname)?.[1] ?? null
}

/** @param field its path, so that a form can say it there */
const invalid = (field: string, detail: string) =>
  new EngineError('input.invalid', 'server.open', { subject: field, detail })
