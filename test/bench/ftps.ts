import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { noLog } from '../../electron/engine/ports.ts'
import { openStore } from '../../electron/engine/store/open-store.ts'
import { ftpServer } from '../../electron/engine/store/server-record.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import type { Vsftpd } from '../support/servers/vsftpd.ts'
import { startVsftpd } from '../support/servers/vsftpd.ts'
import type { Bench } from './bench.ts'
import { inBenchFolder } from './support/bench-folder.ts'
import { obscured, rclonePeer } from './support/rclone.ts'
import type { Peer } from './support/transfer.ts'
import { benchTransfer } from './support/transfer.ts'

export const ftps: Bench = {
  name: 'ftps',
  about: 'one file over FTP with explicit TLS, both ways, against rclone',
  run: options =>
    inBenchFolder(async function* (folder) {
      const ensured = await ensureDebianPackages(['rclone'])
      if (!ensured.ok) throw new Error(ensured.why)
      const server = await startVsftpd({ tls: 'explicit' })
      try {
        const { host, port, user, password, ca } = server
        const record = ftpServer.parse({
          name: 'bench',
          added: '',
          type: 'ftp',
          host,
          port,
          user,
          ca,
        })
        const open = () => openStore(record, { password }, { env: {}, log: noLog })
        const remove = (name: string) => rm(join(server.home, name), { force: true })
        const bytes = options.quick ? 100_000_000 : 500_000_000
        const peers = [await rclone(server, options.say)]
        yield* benchTransfer('vsftpd with TLS', { folder, bytes, open, peers, remove }, options)
      } finally {
        await server.stop()
      }
    }),
}

const tries = 4

/**
 * rclone 1.60 completes transfers with vsftpd only without TLS 1.3, without a TLS session cache and with one stream,
 * and not always then: a try that fails is told and not counted, the time of the next one is.
 */
async function rclone({ host, port, user, password }: Vsftpd, say: (line: string) => void): Promise<Peer> {
  const settings = {
    type: 'ftp',
    host,
    port: String(port),
    user,
    pass: await obscured(password),
    explicit_tls: 'true',
    disable_tls13: 'true',
    tls_cache_size: '0',
    // Ours checks the certificate.
    no_check_certificate: 'true',
  }
  return rclonePeer(settings, '', ['--multi-thread-streams', '0'], { tries, say })
}
