import { join } from 'node:path'
import { describe } from 'vitest'
import { objectStoreConformance } from '../conformance/object-store.ts'
import { openSftp } from '../support/servers/sftp-place.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'

const available = await sshdAvailable()

describe.skipIf(!available.ok)(`sftp: OpenSSH${available.ok ? '' : ` (skipped: ${available.why})`}`, () => {
  objectStoreConformance('SFTP on OpenSSH', async () => {
    const sshd = await startSshd()
    const path = join(sshd.files, 'backups')
    return {
      store: await openSftp(sshd, path),
      reopen: () => openSftp(sshd, path),
      cleanup: () => sshd.stop(),
    }
  })
})
