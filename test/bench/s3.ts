import { open } from 'node:fs/promises'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { noLog } from '../../electron/engine/ports.ts'
import { openStore } from '../../electron/engine/store/open-store.ts'
import { s3Server } from '../../electron/engine/store/server-record.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import type { Swift } from '../support/servers/swift.ts'
import { startSwift } from '../support/servers/swift.ts'
import type { Bench } from './bench.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import { inParallel, partBytes } from './support/as-the-engine.ts'
import { rclonePeer } from './support/rclone.ts'
import type { Peer } from './support/transfer.ts'
import { benchTransfer } from './support/transfer.ts'

const bucket = 'bench'

export const s3: Bench = {
  name: 's3',
  about: 'one file over S3, both ways, against rclone and a bare SDK loop',
  run: options =>
    inBenchFolder(async function* (folder) {
      const ensured = await ensureDebianPackages(['rclone'])
      if (!ensured.ok) throw new Error(ensured.why)
      const swift = await startSwift()
      if (!swift.ok) throw new Error(swift.why)
      const { server } = swift
      try {
        await server.bucket(bucket)
        const record = s3Server.parse({
          name: 'bench',
          added: '',
          type: 's3',
          endpoint: server.endpoint,
          bucket,
        })
        const bytes = options.quick ? 100_000_000 : 500_000_000
        const open = () => openStore(record, server, { env: {}, log: noLog })
        const client = connect(server)
        const remove = (Key: string) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))
        const peers = [rclone(server), bareSdk(server, bytes)]
        yield* benchTransfer('Swift’s S3', { folder, bytes, open, peers, remove }, options)
      } finally {
        await server.stop()
      }
    }),
}

const connect = (server: Swift) =>
  new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: server,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })

// Without its MD5 of the whole file, which it would read twice for.
const rclone = (server: Swift): Peer =>
  rclonePeer(
    {
      type: 's3',
      provider: 'Other',
      endpoint: server.endpoint,
      region: server.region,
      access_key_id: server.accessKeyId,
      secret_access_key: server.secretAccessKey,
      force_path_style: 'true',
    },
    `${bucket}/`,
    ['--s3-disable-checksum', '--s3-no-check-bucket'],
  )

/** What a programmer writes with the SDK in an afternoon: the same parts, as many at once, nothing hashed. */
function bareSdk(server: Swift, bytes: number): Peer {
  const count = Math.ceil(bytes / partBytes)
  const withClient = async (work: (client: S3Client) => Promise<void>) => {
    const client = connect(server)
    try {
      await work(client)
    } finally {
      client.destroy()
    }
  }
  return {
    name: 'bare SDK',
    put: (source, Key) =>
      withClient(async client => {
        const place = { Bucket: bucket, Key }
        const file = await open(source)
        try {
          const { UploadId } = await client.send(new CreateMultipartUploadCommand(place))
          const Parts: { ETag: string | undefined; PartNumber: number }[] = []
          await inParallel(count, async index => {
            const { buffer, bytesRead } = await file.read(
              Buffer.allocUnsafeSlow(partBytes),
              0,
              partBytes,
              index * partBytes,
            )
            const PartNumber = index + 1
            const Body = buffer.subarray(0, bytesRead)
            const { ETag } = await client.send(
              new UploadPartCommand({ ...place, UploadId, PartNumber, Body }),
            )
            Parts[index] = { ETag, PartNumber }
          })
          await client.send(
            new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }),
          )
          const { ContentLength } = await client.send(new HeadObjectCommand(place))
          if (ContentLength !== bytes) throw new Error(`${ContentLength} bytes were stored`)
        } finally {
          await file.close()
        }
      }),
    get: (Key, target) =>
      withClient(async client => {
        const file = await open(target, 'wx')
        try {
          await inParallel(count, async index => {
            let at = index * partBytes
            const Range = `bytes=${at}-${at + partBytes - 1}`
            const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key, Range }))
            for await (const piece of Body as AsyncIterable<Uint8Array>) {
              await file.write(piece, 0, piece.length, at)
              at += piece.length
            }
          })
        } finally {
          await file.close()
        }
      }),
  }
}
