import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProofBook } from '../../electron/engine/proof/index.ts'
import type { Engine } from '../../electron/engine/engine.ts'
import { directorServersAvailable } from '../support/director/director-servers.ts'
import {
  restoredStamp,
  setUpRestore,
  startRestore,
  startRestoreServers,
} from '../support/director/restore-setup.ts'

const available = await directorServersAvailable()
const minute = 60_000

const bookOf = (engine: Engine) =>
  new ProofBook({
    runs: engine.runs,
    belongs: async () => ({ plan: null, system: null }),
    outages: async () => [],
    server: async () => 'FTP without encryption',
    deployment: async () => ({ host: 'not asked', folder: '/from/the/book' }),
  })

describe.skipIf(!available.ok)(
  `the report of a real setup.sh${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let servers: Awaited<ReturnType<typeof startRestoreServers>>
    beforeAll(async () => {
      servers = await startRestoreServers()
    }, minute)
    afterAll(() => servers.stop())

    it('has the hashes of what was uploaded, the change of restore.yml, the recap, the log, and no secret', async () => {
      const setup = await setUpRestore(servers, { over: 'ssh' })
      const opened = await setup.engine()
      const { engine, home } = opened
      const { run } = await startRestore(opened, setup.request)
      await run.done
      const book = bookOf(engine)
      const report = await book.show(run.id)
      expect(report).toMatchObject({ result: 'restored', point: `director@${restoredStamp}` })
      const { director } = report
      expect(
        Object.fromEntries(director?.files.map(({ component, sha256 }) => [component, sha256]) ?? []),
      ).toEqual(setup.backup.sha256)
      expect(director?.hosts).toEqual([{ name: 'director-dr', ip: '127.0.0.1', erased: true }])
      expect(director?.exit).toBe(0)
      expect(director?.recap.map(({ host }) => host)).toContain('director-dr')
      expect(director?.diffs.map(({ file }) => file)).toEqual(['restore.yml'])
      const log = await readFile(join(home, 'runs', run.id, 'terminal.log'))
      expect(director?.terminal).toEqual({
        bytes: log.length,
        sha256: createHash('sha256').update(log).digest('hex'),
      })
      expect(report.measured.recoveryTime?.ms).toBe(director?.sinceStart)
      expect(JSON.stringify(report)).not.toContain(setup.vsftpd.password)
      expect(report.notProven[0]).toMatch(/^The databases/)

      await engine.directors.afterwards(run.id, [{ id: 'director', ok: true, note: 'all 3 sites' }])
      expect((await book.show(run.id)).proven.at(-1)).toMatch(
        /^Director pages: .*all is there \(all 3 sites\)/,
      )
    })

    it('says of a script that ended in the middle how it ended, and what state the hosts are in', async () => {
      const setup = await setUpRestore(servers, { over: 'local', behave: ['exits:half:3'] })
      const opened = await setup.engine()
      const { engine } = opened
      const { run } = await startRestore(opened, setup.request)
      expect(await run.done).toMatchObject({ state: 'failed' })
      const report = await bookOf(engine).show(run.id)
      expect(report).toMatchObject({
        result: 'failed',
        director: { exit: 3 },
        measured: { recoveryTime: null },
      })
      expect(report.notProven[0]).toMatch(/^The restore did not come to its end.*: .*setup\.sh ended with 3/)
      expect(report.proven.join('\n')).not.toMatch(/exit status is 0|in its recap/)
    })
  },
)
