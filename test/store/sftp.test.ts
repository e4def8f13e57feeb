import { join } from 'node:path'
import { describe } from 'vitest'
import { objectStoreConformance } from '../conformance/object-store.ts'
import { openSftp } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'

const available = await sshdAvailable()

describe.skipIf(!available.ok)(`sftp: OpenSSH${available.ok ? '' : ` (skipped: ${available.why})`}`, () => {
  const ways = { 'file contents over ssh2': 'never', 'file contents over OpenSSH': 'always' } as const
  for (const [way, bulk] of Object.entries(ways))
    objectStoreConformance(`SFTP on OpenSSH, ${way}`, async () => {
      const sshd = await startSshd()
      const path = join(sshd.files, 'backups')
      return {
        store: await openSftp(sshd, path, { bulk }),
        reopen: () => openSftp(sshd, path, { bulk }),
        cleanup: () => sshd.stop(),
      }
    })
})
