import { createRequire } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

type Server = { run(): Promise<{ port: number }>; close(): Promise<void> }
type Make = new (options: object) => Server

export type S3rver = {
  endpoint: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
  stop(): Promise<void>
}

/** A small S3 server of another make, in this process. It cannot list parts: nothing on it can be resumed. */
export async function startS3rver(bucket: string): Promise<S3rver> {
  // The package has no types and is CommonJS.
  const Server = createRequire(import.meta.url)('s3rver') as Make
  const directory = await mkdtemp(path.join(os.tmpdir(), 'drydock-s3rver-'))
  const server = new Server({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  })
  const { port } = await server.run()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    stop: async () => {
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
