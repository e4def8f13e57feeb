import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Alarm } from '../../shared/contract/plan.ts'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import { directorComponents, directorFileName } from '../../shared/director-files.ts'
import type { PlanSettings } from '../../shared/plan.ts'
import { directorTools } from '../support/director/component-tools.ts'
import { makeStandIn, standInAvailable } from '../support/director/stand-in.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { startSshd } from '../support/servers/sshd.ts'
import { tempFolder } from '../support/temp-folder.ts'
import type { TestService } from './support.ts'
import { openTestService } from './support.ts'

const available = await standInAvailable()
const minute = 60_000
const passphrase = 'the passphrase of a vault that only tests open'

/** A clock on which the next minute begins soon, so that nobody waits for a real one. */
function shortlyBeforeTheMinute(): { now(): number; monotonic(): number } {
  const offset = 60_000 - 1500 - (Date.now() % 60_000)
  return { now: () => Date.now() + offset, monotonic: () => performance.now() }
}

describe.skipIf(!available.ok)(
  `a Director’s backup in a console${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let sshd: Sshd
    beforeAll(async () => {
      sshd = await startSshd()
    }, minute)
    afterAll(() => sshd.stop())

    /** The deployment `dc`, reached over ssh, and a local server `disk`. @param first what mongo's command begins with */
    async function setUp(test: TestService, first = ''): Promise<{ disk: string }> {
      const { host, port, user, privateKey, privateKeyFile } = sshd
      const standIn = await makeStandIn({
        hosts: [{ ip: '127.0.0.1', port, name: 'director-dc', user, pem: privateKeyFile }],
      })
      onTestFinished(() => standIn.remove())
      const tools = await directorTools(join(test.root, 'director'), null)
      const hostKey = await sshd.hostFingerprint()
      await test.call('director.save', {
        record: {
          name: 'dc',
          place: { kind: 'ssh', host, port, user, folder: standIn.folder, hostKey },
          hostKeys: { [`127.0.0.1:${port}`]: hostKey },
          commands: { ...tools, mongo: { ...tools.mongo, command: `${first}\n${tools.mongo.command}` } },
        },
        secrets: { privateKey },
        replaces: null,
      })
      const disk = join(test.root, 'disk')
      const record = { type: 'local', name: 'disk', path: disk }
      await test.call('server.save', { record, secrets: null, replaces: null })
      return { disk }
    }

    const ended = (test: TestService, runId: string, state: string) =>
      test.sees<RunSnapshot>('run.changed', run => run.id === runId && run.state === state)

    it('starts, says why it cannot be paused, and begins anew when it is taken up', async () => {
      const test = await openTestService()
      const [go, good] = [join(test.root, 'go'), join(test.root, 'good')]
      const { disk } = await setUp(test, `until [ -e ${go} ]; do sleep 0.05; done; [ -e ${good} ] || exit 9`)
      const { runId } = await test.call('director.backup', { deployment: 'dc', servers: ['disk'] })
      await test.sees<RunSnapshot>('run.changed', ({ progress }) => progress.phase === 'Mongo DB')
      expect((await test.fails('run.pause', { runId })).detail).toMatch(/cannot be paused/)
      await writeFile(go, '')
      expect(await ended(test, runId, 'failed')).toMatchObject({ failure: { code: 'local.command' } })
      expect((await readdir(disk)).filter(name => name.endsWith('.gz'))).toEqual([])
      await writeFile(good, '')
      await test.call('run.resume', { runId })
      const run = await ended(test, runId, 'succeeded')
      expect(run).toMatchObject({ kind: 'director-backup', plan: null, about: 'dc → disk' })
      const { outcome } = await test.call('run.get', { runId })
      const { stamp } = outcome as { stamp: string }
      expect(await readdir(disk)).toEqual(
        expect.arrayContaining(
          directorComponents.flatMap(one => [directorFileName(one, stamp), directorFileName(one, 'latest')]),
        ),
      )
    })

    it('runs as a plan: waits for a locked vault, keeps as many as it says, and is on the overview', async () => {
      const root = await tempFolder()
      const locked = { root, env: { DRYDOCK_VAULT: 'passphrase' } }
      const first = await openTestService(locked)
      await first.call('vault.unlock', { passphrase, create: true })
      const { disk } = await setUp(first)
      const system = { name: 'Director', kind: 'director' as const, dataLossTarget: 60, recoveryTarget: null }
      await first.call('system.save', { record: system, replaces: null })
      const settings: PlanSettings = {
        ...{ name: 'dc-config', system: 'Director', zone: 'UTC', servers: ['disk'] },
        ...{ compression: 'none', level: 0, encryptTo: null },
        source: { kind: 'director', deployment: 'dc', part: 'configuration' },
        schedule: { kind: 'cron', expression: '* * * * *' },
        keep: { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
        ...{ before: null, after: null, missed: 'latest', limit: null, verifyAfter: false },
      }
      const save = (change: Partial<PlanSettings>) => ({
        ...{ settings: { ...settings, ...change }, replaces: null, passphrase: null },
      })
      const source = { kind: 'director' as const, deployment: 'nowhere', part: 'configuration' as const }
      expect(await first.fails('plan.save', save({ source }))).toMatchObject({
        subject: 'source.deployment',
      })
      expect(await first.fails('plan.save', save({ encryptTo: 'passphrase' }))).toMatchObject({
        subject: 'settings.encryptTo',
      })
      await first.call('plan.save', save({}))
      const { runId: byHand } = await first.call('plan.run', { name: 'dc-config' })
      expect(await ended(first, byHand, 'succeeded')).toMatchObject({ plan: 'dc-config', problems: 0 })
      expect(await first.fails('director.remove', { name: 'dc' })).toMatchObject({ code: 'run.conflict' })
      await first.call('plan.start', { name: 'dc-config' })
      await first.close()

      const second = await openTestService({ ...locked, clock: shortlyBeforeTheMinute() })
      await second.sees<{ alarms: Alarm[] }>('alarm.changed', ({ alarms }) =>
        alarms.some(({ about }) => about.kind === 'vault'),
      )
      await second.call('vault.unlock', { passphrase })
      const run = await second.sees<RunSnapshot>(
        'run.changed',
        ({ id, state }) => id !== byHand && state === 'succeeded',
      )
      expect(run).toMatchObject({ kind: 'director-backup', plan: 'dc-config' })
      await second.call('plan.stop', { name: 'dc-config' })
      const { systems } = await second.call('overview.get')
      expect(systems).toMatchObject([{ name: 'Director', about: 'Director · dc' }])
      // The earlier point is in the trash: retention knows the points of a Director.
      await expect
        .poll(async () => (await readdir(disk)).filter(name => name.endsWith('.removed.json')).length, {
          timeout: minute,
        })
        .toBe(1)
    })
  },
)
