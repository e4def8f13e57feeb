import { afterAll, describe } from 'vitest'
import { objectStoreConformance } from '../conformance/object-store.ts'
import { startVsftpd, vsftpdAvailable, type VsftpdOptions } from '../support/servers/vsftpd.ts'
import { openFtp } from './ftp-support.ts'

const available = await vsftpdAvailable()
const kinds: readonly [string, VsftpdOptions & { tls: 'none' | 'explicit' | 'implicit' }][] = [
  ['plain', { tls: 'none' }],
  ['explicit TLS', { tls: 'explicit' }],
  ['implicit TLS', { tls: 'implicit' }],
  ['explicit TLS, session reuse required', { tls: 'explicit', requireReuse: true }],
  ['PASV only', { tls: 'none', directives: ['cmds_denied=EPSV'] }],
]

describe.skipIf(!available.ok)(available.ok ? 'FTP' : `FTP (skipped: ${available.why})`, () => {
  const stops: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const stop of stops) await stop()
  })
  for (const [kind, options] of kinds) {
    objectStoreConformance(`FTP, ${kind} (vsftpd)`, async () => {
      const server = await startVsftpd(options)
      stops.push(() => server.stop())
      const open = () => openFtp(server, options.tls)
      const store = open()
      // The folder is made by the first write; the suite begins with one.
      return { store, reopen: async () => open(), cleanup: async () => {} }
    })
  }
})
