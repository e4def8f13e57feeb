import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ssh2 from 'ssh2'

/**
 * A fake: an SFTP server made of ssh2's own server half, for what OpenSSH never does. It serves one file to anyone
 * with any password, does not call itself OpenSSH (so clients must keep to 32 KiB requests), and answers reads with
 * fewer bytes than asked for.
 */
export type FakeSftp = { port: number; largestRead(): number; stop(): Promise<void> }

export async function startFakeSftp(file: Buffer, options: { promise?: number } = {}): Promise<FakeSftp> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const { STATUS_CODE } = ssh2.utils.sftp
  const folder = { mode: 0o040755, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 }
  const attrs = { mode: 0o100644, uid: 0, gid: 0, size: options.promise ?? file.length, atime: 0, mtime: 0 }
  const handle = Buffer.from('one')
  let largest = 0
  let reads = 0
  const server = new ssh2.Server({ hostKeys: [privateKey], ident: 'fake_1.0' }, client => {
    client.on('error', () => {})
    client.on('authentication', context => {
      if (context.method === 'password') context.accept()
      else context.reject(['password'])
    })
    client.on('session', accept => {
      accept().on('sftp', acceptSftp => {
        const sftp = acceptSftp()
        sftp.on('STAT', (id, path) => sftp.attrs(id, path === '/' ? folder : attrs))
        sftp.on('OPEN', id => sftp.handle(id, handle))
        sftp.on('FSTAT', id => sftp.attrs(id, attrs))
        sftp.on('CLOSE', id => sftp.status(id, STATUS_CODE.OK))
        sftp.on('READ', (id, _handle, offset, length) => {
          largest = Math.max(largest, length)
          reads += 1
          const short = Math.max(1, Math.floor(length / (1 + (reads % 4))))
          const bytes = file.subarray(offset, offset + short)
          if (bytes.length === 0) sftp.status(id, STATUS_CODE.EOF)
          else sftp.data(id, bytes)
        })
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    largestRead: () => largest,
    stop: () => new Promise(resolve => server.close(() => resolve())),
  }
}
