import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { LocalHost } from '../../../electron/engine/system/director/host/local-host.ts'
import { seesFrom, startServeProbe } from '../../../electron/engine/system/director/preflight/serve-probe.ts'
import { freePort } from '../../support/free-port.ts'
import { ensureDebianPackages } from '../../support/servers/debian.ts'
import { suiteNeeds } from '../../support/skip.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const word = 'drydock-1234'

/** A host on which only these programs are found. */
async function hostWith(...programs: string[]): Promise<LocalHost> {
  const PATH = join(await tempFolder(), 'bin')
  await mkdir(PATH)
  for (const name of ['sh', ...programs]) {
    const { stdout } = await promisify(execFile)('sh', ['-c', `command -v ${name}`])
    await symlink(stdout.trim(), join(PATH, name))
  }
  return new LocalHost({ PATH })
}

suiteNeeds(
  'the probe of the address that files are served on',
  await ensureDebianPackages(['python3', 'bash']),
  () => {
    const signal = new AbortController().signal
    const here = new LocalHost({ HOME: '/' })

    async function listening() {
      const probe = await startServeProbe(here, { bind: null, towards: '127.0.0.1', word }, signal)
      onTestFinished(() => probe.end())
      return probe
    }

    it('is seen by hosts with python3, and by hosts with bash alone', async () => {
      const { address, port } = await listening()
      expect(address).toBe('127.0.0.1')
      expect(await seesFrom(here, { address, port, word }, signal)).toBe(true)
      const bash = await hostWith('bash', 'timeout', 'head')
      expect(await seesFrom(bash, { address, port, word }, signal)).toBe(true)
      expect(await seesFrom(bash, { address, port, word: null }, signal)).toBe(true)
    })

    it('is not known to be seen where neither is there', async () => {
      const { address, port } = await listening()
      expect(await seesFrom(await hostWith(), { address, port, word }, signal)).toBeNull()
    })

    it('is not taken for something else that answers, and a closed port is no answer', async () => {
      const { address, port } = await listening()
      const bash = await hostWith('bash', 'timeout', 'head')
      for (const host of [here, bash]) {
        expect(await seesFrom(host, { address, port, word: 'drydock-other' }, signal)).toContain(
          'something else',
        )
        expect(await seesFrom(host, { address, port: await freePort(), word }, signal)).toMatch(/refused/i)
      }
    })

    it('is gone when it has been ended', async () => {
      const { address, port, end } = await listening()
      await end()
      await expect.poll(() => seesFrom(here, { address, port, word: null }, signal)).toMatch(/refused/i)
    })
  },
)
