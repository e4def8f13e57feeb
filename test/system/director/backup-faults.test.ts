import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../../electron/engine/overview/digest.ts'
import { verdictOf } from '../../../electron/engine/overview/verdict.ts'
import { onServer, seeServer } from '../../../electron/engine/points/on-server.ts'
import type { DirectorBackupOutcome } from '../../../electron/engine/system/director/backup/index.ts'
import type { StartedRun } from '../../../electron/engine/run/index.ts'
import { directorFileName } from '../../../shared/director-files.ts'
import { until } from '../../support/director-host.ts'
import { quick } from '../../support/director/component-tools.ts'
import { gated, setUpLaptops } from '../../support/director/laptops.ts'
import { standInAvailable } from '../../support/director/stand-in.ts'
import { objectsIn, problemsOf } from '../../support/engine.ts'
import type { Sshd } from '../../support/servers/sshd.ts'
import { startSshd } from '../../support/servers/sshd.ts'
import { mountSmallDisk, smallDisksAvailable } from '../../support/small-disk.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const available = await standInAvailable()
const smallDisks = await smallDisksAvailable()
const minute = 60_000
/** Nothing was found damaged. */
const never = { damaged: () => false }
const text = (file: string) => readFile(file, 'utf8').catch(() => '')

describe.skipIf(!available.ok)(
  `a Director’s backup when something breaks${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let sshd: Sshd
    beforeAll(async () => {
      sshd = await startSshd()
    }, minute)
    afterAll(() => sshd.stop())

    const outcomeOf = async (run: StartedRun) => {
      const record = await run.done
      expect(record).toMatchObject({ state: 'succeeded', failure: null })
      return { record, outcome: record.outcome as DirectorBackupOutcome }
    }

    it('fails when the Director reboots in the middle, leaves nothing, and begins anew when it is resumed', async () => {
      const { folders, tools, open } = await setUpLaptops(sshd, ['a'])
      const [begun, go] = [join(await tempFolder(), 'begun'), join(await tempFolder(), 'go')]
      const laptop = await open({ change: { elk: gated(tools.elk.command, begun, go) } })
      await writeFile(go, '')
      const { outcome: before } = await outcomeOf(await laptop.backUp())
      const names = await objectsIn(folders['a']!)
      const latest = await readFile(join(folders['a']!, 'mongo_latest.dump.gz'))
      await rm(go)
      const run = await laptop.backUp()
      await until(async () => (await text(begun)) === '\n\n')
      await sshd.down()
      const record = await run.done
      // A host that goes down may end the command before it cuts the connection.
      expect(record).toMatchObject({
        state: 'failed',
        failure: { code: expect.stringMatching(/^network\.|^local\.command$/) as string },
      })
      expect(await objectsIn(folders['a']!)).toEqual(names)
      expect(await readFile(join(folders['a']!, 'mongo_latest.dump.gz'))).toEqual(latest)
      await sshd.restart()
      await writeFile(go, '')
      const again = await laptop.engine.directors.resume(await laptop.engine.runs.get(run.id))
      const { outcome } = await outcomeOf(again)
      expect(outcome).toMatchObject({ servers: { a: 'done' }, latest: { a: 'replaced' } })
      expect(outcome.stamp > before.stamp).toBe(true)
    })

    it('takes no stamp twice when the clock jumps, and no latest copy back to an earlier one', async () => {
      const { folders, open } = await setUpLaptops(sshd, ['a'])
      let now = Date.parse('2026-03-26T13:15:02.500Z')
      const laptop = await open({ clock: { now: () => now, monotonic: () => performance.now() } })
      const { outcome: first } = await outcomeOf(await laptop.backUp())
      const { outcome: second } = await outcomeOf(await laptop.backUp())
      expect([first.stamp, second.stamp]).toEqual(['20260326T131502', '20260326T131503'])
      now += 24 * 3_600_000
      const { outcome: ahead } = await outcomeOf(await laptop.backUp())
      now -= 25 * 3_600_000
      const { record, outcome: back } = await outcomeOf(await laptop.backUp())
      expect(back).toMatchObject({ stamp: '20260326T121502', servers: { a: 'done' }, latest: { a: 'kept' } })
      const [problem] = await problemsOf(record, laptop.home)
      expect(problem?.detail).toMatch(
        /a run of a later time lies there \(20260327T131502\).*clock was set back/,
      )
      const latest = await readFile(join(folders['a']!, 'mongo_latest.dump.gz'))
      const newest = await readFile(join(folders['a']!, directorFileName('mongo', ahead.stamp)))
      expect(latest.equals(newest)).toBe(true)
    })

    it('is listed with what was left out of it, and the overview counts that as a risk', async () => {
      const { open } = await setUpLaptops(sshd, ['a'])
      const laptop = await open({ change: { elk: { command: null, ...quick } } })
      const { outcome } = await outcomeOf(await laptop.backUp())
      const leftOut = ['ELK (analytics configuration)']
      const { places } = laptop.engine
      // The second time from what is kept of the first.
      for (let n = 0; n < 2; n++)
        expect((await seeServer(places, 'a', {})).seen).toMatchObject([{ point: outcome.point, leftOut }])
      const { seen } = await seeServer(places, 'a', {})
      const { names } = digestOf(
        seen.map(one =>
          onServer(
            one,
            'a',
            Object.assign(() => null, never),
          ),
        ),
      )
      expect(names['dc']?.good).toMatchObject({ point: outcome.point, leftOut })
      const good = { point: outcome.point, at: 0, server: 'a', verified: false, answers: true, leftOut }
      const data = { plans: [], good, holders: ['a'], damaged: null, silent: [], unheard: [] }
      const none = { proof: null, copies: [], lacks: [] }
      expect(verdictOf({ ...data, ...none }, { dataLossTarget: null, recoveryTarget: null }, 0)).toEqual({
        ...{ readiness: 'at-risk', reasons: [`components left out: ${leftOut.join()}`] },
      })
    })

    it('sends nothing when the Director shows another host key', async () => {
      const { folders, open } = await setUpLaptops(sshd, ['a'])
      const laptop = await open()
      await sshd.restart({ newHostKey: 'ed25519' })
      const record = await (await laptop.backUp()).done
      expect(record).toMatchObject({ state: 'failed', failure: { code: 'trust.host-key-changed' } })
      expect(await objectsIn(folders['a']!)).toEqual([])
    })

    it.skipIf(!smallDisks.ok)(
      'stores the run whole on one server while the disk of the other is full',
      async () => {
        const { folders, open } = await setUpLaptops(sshd)
        await mountSmallDisk(folders['b']!, '32k')
        const laptop = await open()
        const { record, outcome } = await outcomeOf(await laptop.backUp())
        expect(outcome).toMatchObject({ servers: { a: 'done', b: 'failed' }, latest: { a: 'replaced' } })
        expect((await problemsOf(record, laptop.home))[0]).toMatchObject({
          code: 'server.failed',
          subject: 'b',
        })
        expect(await objectsIn(folders['b']!)).toEqual([])
        expect((await objectsIn(folders['a']!)).length).toBe(16)
      },
    )
  },
)
