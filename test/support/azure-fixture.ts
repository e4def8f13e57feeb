import {
  ContainerSASPermissions,
  StorageSharedKeyCredential,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob'
import { noLog } from '../../electron/engine/ports.ts'
import { AzureStore } from '../../electron/engine/store/azure/azure-store.ts'
import type { AzureSecrets, AzureServer } from '../../electron/engine/store/server-record.ts'
import type { Azurite } from './servers/azurite.ts'
import { startAzurite } from './servers/azurite.ts'

/** An Azurite and what several suites ask of it. */
export class AzureFixture {
  readonly server: Azurite
  #containers = 0

  private constructor(server: Azurite) {
    this.server = server
  }

  static async start(): Promise<AzureFixture> {
    return new AzureFixture(await startAzurite())
  }

  stop(): Promise<void> {
    return this.server.stop()
  }

  /** A new, empty container. */
  async container(): Promise<string> {
    const name = `c-${++this.#containers}-test`
    await this.server.container(name)
    return name
  }

  open(
    container: string,
    more: Partial<AzureServer> = {},
    secrets: AzureSecrets = { accountKey: this.server.key },
    env: Record<string, string> = {},
  ): AzureStore {
    const record: AzureServer = {
      type: 'azure',
      name: 'blob',
      added: '2026-11-20T00:00:00Z',
      learned: {},
      prefix: '',
      endpoint: this.server.endpoint,
      container,
      ...more,
    }
    return new AzureStore(record, secrets, { env, log: noLog })
  }

  /** The same place on another port, behind a fault proxy. */
  openAt(port: number, container: string): AzureStore {
    return this.open(container, {
      endpoint: this.server.endpoint.replace(String(this.server.port), String(port)),
    })
  }

  /** A SAS token for the container, or for one blob in it. */
  sas(
    container: string,
    permissions: string,
    more: { expiresInMs?: number; blobName?: string } = {},
  ): string {
    return generateBlobSASQueryParameters(
      {
        containerName: container,
        permissions: ContainerSASPermissions.parse(permissions),
        startsOn: new Date(Date.now() - 7_200_000),
        expiresOn: new Date(Date.now() + (more.expiresInMs ?? 3_600_000)),
        ...(more.blobName === undefined ? {} : { blobName: more.blobName }),
      },
      new StorageSharedKeyCredential(this.server.account, this.server.key),
    ).toString()
  }
}

export async function names(store: AzureStore, prefix = ''): Promise<string[]> {
  const list: string[] = []
  for await (const { name } of store.list(prefix)) list.push(name)
  return list.sort()
}

/** Everything an error shows, with its causes, as a log would print it. */
export async function shown(work: Promise<unknown>): Promise<{ code: string; detail: string; text: string }> {
  const err = await work.then(
    () => null,
    (e: unknown) => e as Error & { code: string; detail: string },
  )
  if (!err) throw new Error('an error was expected')
  const texts: string[] = []
  for (let at: unknown = err; at instanceof Error; at = at.cause)
    texts.push(at.stack ?? '', JSON.stringify(at))
  return { code: err.code, detail: err.detail, text: texts.join('\n') }
}
