import { open } from 'node:fs/promises'
import {
  BlobServiceClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob'
import { noLog } from '../../electron/engine/ports.ts'
import { openStore } from '../../electron/engine/store/open-store.ts'
import { azureServer } from '../../electron/engine/store/server-record.ts'
import type { Azurite } from '../support/servers/azurite.ts'
import { startAzurite } from '../support/servers/azurite.ts'
import type { Bench } from './bench.ts'
import { inParallel, partBytes } from './support/as-the-engine.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import { rclonePeer } from './support/rclone.ts'
import type { Peer } from './support/transfer.ts'
import { benchTransfer } from './support/transfer.ts'

const container = 'bench'

export const azure: Bench = {
  name: 'azure',
  about: 'one file to Azurite and back, against rclone and a bare SDK loop',
  run: options =>
    inBenchFolder(async function* (folder) {
      const server = await startAzurite()
      try {
        await server.container(container)
        const { endpoint, account, key } = server
        const record = azureServer.parse({
          name: 'bench',
          added: '',
          type: 'azure',
          endpoint,
          account,
          container,
        })
        const open = () => openStore(record, { accountKey: key }, { env: {}, log: noLog })
        const blobs = server.service.getContainerClient(container)
        const remove = (name: string) => blobs.getBlobClient(name).deleteIfExists()
        const bytes = options.quick ? 100_000_000 : 500_000_000
        const peers = [rclone(server), bareSdk(server, bytes)]
        yield* benchTransfer('Azurite', { folder, bytes, open, peers, remove }, options)
      } finally {
        await server.stop()
      }
    }),
}

/** A signature in the address is the only way to tell this rclone of an emulator on another port than 10000. */
function rclone(server: Azurite): Peer {
  const sas = generateBlobSASQueryParameters(
    {
      containerName: container,
      permissions: ContainerSASPermissions.parse('racwdl'),
      expiresOn: new Date(Date.now() + 24 * 3_600_000),
    },
    new StorageSharedKeyCredential(server.account, server.key),
  )
  const address = `${server.endpoint}/${container}?${sas.toString()}`
  return rclonePeer({ type: 'azureblob', sas_url: address }, `${container}/`, [
    '--azureblob-disable-checksum',
  ])
}

/** The same blocks, as many at once, nothing hashed. */
function bareSdk(server: Azurite, bytes: number): Peer {
  const count = Math.ceil(bytes / partBytes)
  const blob = (name: string) =>
    new BlobServiceClient(server.endpoint, new StorageSharedKeyCredential(server.account, server.key), {
      retryOptions: { maxTries: 1 },
    })
      .getContainerClient(container)
      .getBlockBlobClient(name)
  return {
    name: 'bare SDK',
    put: async (source, name) => {
      const client = blob(name)
      const file = await open(source)
      try {
        const ids = Array.from({ length: count }, (_, index) =>
          Buffer.from(String(index).padStart(6, '0')).toString('base64'),
        )
        await inParallel(count, async index => {
          const { buffer, bytesRead } = await file.read(
            Buffer.allocUnsafeSlow(partBytes),
            0,
            partBytes,
            index * partBytes,
          )
          await client.stageBlock(ids[index]!, buffer.subarray(0, bytesRead), bytesRead)
        })
        await client.commitBlockList(ids)
      } finally {
        await file.close()
      }
    },
    get: async (name, target) => {
      const client = blob(name)
      const file = await open(target, 'wx')
      try {
        await inParallel(count, async index => {
          let at = index * partBytes
          const { readableStreamBody } = await client.download(at, Math.min(partBytes, bytes - at))
          for await (const piece of readableStreamBody as AsyncIterable<Buffer>) {
            await file.write(piece, 0, piece.length, at)
            at += piece.length
          }
        })
      } finally {
        await file.close()
      }
    },
  }
}
