import { describe } from 'vitest'
import type { Ensured } from './servers/debian.ts'

/**
 * `describe` for a suite that needs something this machine may not have. When it has not, the suite is skipped, and
 * its name carries the reason to the summary of `npm test`.
 *
 *     const available = await ensureDebianPackages(['openssh-server'])
 *     suiteNeeds('the SFTP store against OpenSSH', available, () => { … })
 */
export function suiteNeeds(name: string, available: Ensured, suite: () => void): void {
  if (available.ok) describe(name, suite)
  else describe.skip(`${name} (skipped: ${available.why})`, suite)
}
