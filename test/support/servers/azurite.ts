import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { freePort } from '../free-port.ts'
import { startDaemon } from './daemon.ts'

/** Microsoft's own emulator of Azure Blob Storage. */
export type Azurite = {
  port: number
  /** With the account in its path, as the emulator wants it. */
  endpoint: string
  account: string
  /** Made for this instance. */
  key: string
  folder: string
  /** For what only a test does: making containers, signing SAS tokens, foreign blobs. */
  service: BlobServiceClient
  container(name: string): Promise<void>
  stop(): Promise<void>
}

/** Starts it on a free loopback port, in a folder of its own, with an account key of its own. */
export async function startAzurite(): Promise<Azurite> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-azurite-'))
  try {
    const port = await freePort()
    const account = 'drydocktest'
    const key = randomBytes(64).toString('base64')
    const program = path.join(
      path.dirname(createRequire(import.meta.url).resolve('azurite/package.json')),
      'dist/src/blob/main.js',
    )
    const daemon = await startDaemon({
      command: process.execPath,
      args: [
        program,
        ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
        ...['--location', folder, '--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ],
      port,
      log: path.join(folder, 'azurite.log'),
      cwd: folder,
      // Not an argument: arguments of a process can be seen by everyone on the machine.
      env: { AZURITE_ACCOUNTS: `${account}:${key}` },
    })
    const endpoint = `http://127.0.0.1:${port}/${account}`
    const service = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(account, key), {
      retryOptions: { maxTries: 1 },
    })
    return {
      port,
      endpoint,
      account,
      key,
      folder,
      service,
      container: async name => void (await service.createContainer(name)),
      stop: async () => {
        await daemon.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (err) {
    await rm(folder, { recursive: true, force: true })
    throw err
  }
}
