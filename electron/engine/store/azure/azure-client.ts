import type { ContainerClient } from '@azure/storage-blob'
import { AnonymousCredential, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { httpAgents } from '../http/agents.ts'
import type { HttpAgents } from '../http/agents.ts'
import type { AzureServer, StoreContext } from '../server-record.ts'
import { PlainGet } from '../http/plain-get.ts'
import type { AzureAccount } from './azure-account.ts'
import { AzureGet } from './azure-get.ts'

/** The SDK's client for one container, without its own retries, redirects and proxy settings. */
export function azureClient(
  account: AzureAccount,
  record: AzureServer,
  context: StoreContext,
): { container: ContainerClient; agents: HttpAgents; plain: AzureGet | null } {
  const agents = httpAgents({ endpoint: account.endpoint, ca: record.ca, env: context.env })
  const agent = account.endpoint.protocol === 'http:' ? agents.httpAgent : agents.httpsAgent
  // Not in the options' type, but handed on to the pipeline, where an agent goes before any proxy of the SDK.
  const options = { agent, retryOptions: { maxTries: 1 }, redirectOptions: { maxRetries: 0 } }
  const credential =
    account.key === null
      ? new AnonymousCredential()
      : new StorageSharedKeyCredential(account.account, account.key)
  const url = `${account.endpoint.href.replace(/\/$/, '')}${account.sas === null ? '' : `?${account.sas}`}`
  const service = new BlobServiceClient(url, credential, options)
  const container = service.getContainerClient(record.container)
  const plain = agents.connect && new AzureGet(new PlainGet(agents.connect), account)
  return { container, agents, plain }
}
