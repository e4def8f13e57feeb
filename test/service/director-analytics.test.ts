import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import type { Deployment } from '../../shared/director.ts'
import type { PlanSettings } from '../../shared/plan.ts'
import { makeStandIn, standInAvailable } from '../support/director/stand-in.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { startSshd } from '../support/servers/sshd.ts'
import type { TestService } from './support.ts'
import { openTestService } from './support.ts'

const available = await standInAvailable()
const minute = 60_000

/** A clock that goes on from `from` (ISO 8601), and can be set. */
function clockFrom(from: string) {
  let offset = Date.parse(from) - Date.now()
  return {
    now: () => Date.now() + offset,
    monotonic: () => performance.now(),
    set: (to: string) => void (offset = Date.parse(to) - Date.now()),
  }
}

const analytics: PlanSettings = {
  ...{ name: 'data', system: 'Director', zone: 'UTC', servers: ['disk'] },
  ...{ compression: 'none', level: 0, encryptTo: null },
  source: { kind: 'director', deployment: 'dc', part: 'analytics' },
  schedule: { kind: 'daily', at: '02:30' },
  keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
  ...{ before: null, after: null, missed: 'latest', limit: null, verifyAfter: false },
}
const hourly: Partial<PlanSettings> = {
  name: 'config',
  source: { kind: 'director', deployment: 'dc', part: 'configuration' },
  schedule: { kind: 'hours', every: 1, minute: 45 },
}

const save = (change: Partial<PlanSettings> = {}, passphrase: string | null = null) => ({
  ...{ settings: { ...analytics, ...change }, replaces: null, passphrase },
})

describe.skipIf(!available.ok)(
  `plans of a Director’s analytics data${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let sshd: Sshd
    beforeAll(async () => {
      sshd = await startSshd()
    }, minute)
    afterAll(() => sshd.stop())

    /** The deployment `dc`, reached over ssh, and the servers `disk` and `nas`, this one over SFTP. */
    async function setUp(test: TestService) {
      const { host, port, user, privateKey, privateKeyFile } = sshd
      const hosts = [{ ip: '127.0.0.1', port, name: 'director-dc', user, pem: privateKeyFile }]
      const standIn = await makeStandIn({ hosts })
      onTestFinished(() => standIn.remove())
      const hostKey = await sshd.hostFingerprint()
      let known: string | null = null
      /** Keeps how the analytics data is had. @param text of the command; null: it is not set */
      const setCommand = async (text: string | null, silence = 30) => {
        const record: Omit<Deployment, 'added'> = {
          name: 'dc',
          place: { kind: 'ssh', host, port, user, folder: standIn.folder, hostKey },
          hostKeys: { [`127.0.0.1:${port}`]: hostKey },
          analytics: { command: text, silence, longest: 60 },
        }
        await test.call('director.save', { record, secrets: { privateKey }, replaces: known })
        known = 'dc'
      }
      await setCommand(null)
      const disk = join(test.root, 'disk')
      const nas = join(sshd.files, test.root.replaceAll('/', '-'))
      await mkdir(nas)
      for (const [record, secrets] of [
        [{ type: 'local', name: 'disk', path: disk }, null],
        [{ type: 'sftp', name: 'nas', host, port, user, path: nas, hostKey }, { privateKey }],
      ] as const)
        await test.call('server.save', { record, secrets, replaces: null })
      const system = { name: 'Director', kind: 'director' as const, dataLossTarget: 60, recoveryTarget: null }
      await test.call('system.save', { record: system, replaces: null })
      return { disk, nas, setCommand, standIn }
    }

    const ended = (test: TestService, runId: string) =>
      test.sees<RunSnapshot>(
        'run.changed',
        run => run.id === runId && ['succeeded', 'failed'].includes(run.state),
      )

    it('take the UTC day before their due time, to both servers, and come back as they were printed', async () => {
      const clock = clockFrom('2026-11-21T12:00:00Z')
      const test = await openTestService({ clock })
      const { disk, nas, setCommand } = await setUp(test)
      const printed = join(test.root, 'printed')
      await setCommand(
        `d=$(mktemp -d); trap 'rm -r "$d"' EXIT; echo "$DRYDOCK_DAY" > "$d/day"; seq 400000 > "$d/documents"
echo 'a word that is no failure' >&2
tar -C "$d" -czf - day documents | tee ${printed}`,
      )
      const passphrase = 'what only this plan knows'
      await test.call(
        'plan.save',
        save(
          {
            ...{ zone: 'Asia/Tokyo', schedule: { kind: 'daily', at: '08:59' } },
            ...{ servers: ['disk', 'nas'], compression: 'zstd', level: 3, encryptTo: 'passphrase' },
          },
          passphrase,
        ),
      )
      expect(await readdir(nas)).toEqual([])
      // Due on the 21st in UTC, which is the 22nd in Tokyo; begun late, on the 22nd in UTC.
      clock.set('2026-11-21T23:58:59Z')
      await test.call('plan.start', { name: 'data' })
      clock.set('2026-11-22T00:10:00Z')
      const run = await test.sees<RunSnapshot>('run.changed', ({ state }) => state === 'succeeded')
      expect(run).toMatchObject({ kind: 'backup', plan: 'data', problems: 0 })
      const { outcome } = await test.call('run.get', { runId: run.id })
      const { point } = outcome as { point: string }
      const stamp = point.split('@')[1]
      const names = await readdir(nas)
      expect(names).toContain(`data_analytics_${stamp}.tar.gz.zst.age`)
      expect(await filesIn(disk)).toEqual(names.sort())
      const manifest = await readFile(join(nas, `data_${stamp}.manifest.json`), 'utf8')
      expect(JSON.parse(manifest)).toMatchObject({ source: { kind: 'command', as: 'analytics.tar.gz' } })
      expect(manifest).not.toContain('"dc"')
      const said = await test.call('run.log', { runId: run.id, from: 0 })
      expect(JSON.stringify(said)).toContain('analytics: a word that is no failure')
      expect(JSON.stringify(said)).toContain('analytics of 2026-11-20')

      const secret = { passphrase }
      const { runId: verify } = await test.call('point.verify', { point, server: 'nas', deep: true, secret })
      expect(await ended(test, verify)).toMatchObject({ state: 'succeeded', problems: 0 })
      const into = join(test.root, 'into')
      await mkdir(into)
      const request = { point, server: 'nas', into, secret }
      const { token, confirm } = await test.call('restore.preflight', { id: 'p', request })
      const { runId: restore } = await test.call('restore.start', { request, token, typed: confirm })
      expect(await ended(test, restore)).toMatchObject({ state: 'succeeded', problems: 0 })
      const [back, sent] = await Promise.all([readFile(join(into, 'analytics.tar.gz')), readFile(printed)])
      expect(sha256(back)).toBe(sha256(sent))
    })

    it('leave nothing of what failed, and a resume takes the same day', async () => {
      const clock = clockFrom('2026-11-21T12:00:00Z')
      const test = await openTestService({ clock })
      const { disk, setCommand } = await setUp(test)
      await test.call('plan.save', save())
      const broken: [command: string, how: RegExp, silence?: number][] = [
        ['seq 900000; echo no more room >&2; exit 9', /ended with status 9: no more room/],
        ['no-such-program-here', /status 127: .*no-such-program-here/],
        ['echo begun; exec sleep 300', /printed nothing for 1 s/, 1],
        ['echo nothing today >&2', /ended well, but printed nothing: nothing today/],
      ]
      for (const [command, how, silence] of broken) {
        await setCommand(command, silence)
        const { runId } = await test.call('plan.run', { name: 'data' })
        const { state, failure } = await ended(test, runId)
        expect([command, state, failure?.code]).toEqual([command, 'failed', 'local.command'])
        expect(failure?.detail).toMatch(how)
        expect(await filesIn(disk)).toEqual([])
      }
      const [first] = test.events.flatMap(({ name, payload }) =>
        name === 'run.changed' && (payload as RunSnapshot).state === 'failed' ? [payload as RunSnapshot] : [],
      )
      clock.set('2026-11-22T12:00:00Z')
      await setCommand('echo "$DRYDOCK_DAY"')
      await test.call('run.resume', { runId: first!.id })
      await test.sees<RunSnapshot>('run.changed', ({ state }) => state === 'succeeded')
      const file = (await readdir(disk)).find(name => /^data_analytics_\w+Z\.bin$/.test(name))
      expect(await readFile(join(disk, file ?? ''), 'utf8')).toBe('2026-11-20\n')
    })

    it('do not start without a command, nor twice, nor beside the vendor’s repositories; what is daily stays so', async () => {
      const test = await openTestService({ clock: clockFrom('2026-11-21T12:00:00Z') })
      const { disk, setCommand } = await setUp(test)
      expect(
        await test.fails('plan.save', save({ schedule: { kind: 'hours', every: 12, minute: 0 } })),
      ).toMatchObject({ code: 'input.invalid', subject: 'settings.schedule' })
      const { schedule, source } = { ...analytics, ...hourly }
      const ofConfig = { schedule, source, zone: 'UTC', servers: ['disk'] }
      const notesOf = async (asked: object) =>
        (await test.call('plan.preview', { ...ofConfig, ...asked })).notes.map(({ lines }) => lines.join())
      expect(await notesOf({})).not.toContain('S2.32')
      expect(await test.fails('plan.preview', { ...ofConfig, source: analytics.source })).toMatchObject({
        code: 'input.invalid',
        subject: 'schedule',
      })
      // As an older Drydock has written it: no part.
      const { part: _, ...old } = { ...hourly.source, part: null }
      for (const settings of [save(), save({ ...hourly, source: old as PlanSettings['source'] })]) {
        const { state } = await test.call('plan.save', settings)
        expect(state).toBe('created')
      }
      expect((await test.call('plan.list')).plans.map(({ settings }) => settings.source)).toEqual([
        { kind: 'director', deployment: 'dc', part: 'analytics' },
        { kind: 'director', deployment: 'dc', part: 'configuration' },
      ])
      expect(await notesOf({})).toContain('S2.32')
      expect(await notesOf({ schedule: analytics.schedule })).not.toContain('S2.32')
      for (const method of ['plan.start', 'plan.run'])
        expect(await test.fails(method, { name: 'data' })).toMatchObject({
          ...{ code: 'input.invalid', subject: 'dc' },
          detail: expect.stringContaining('no analytics command is set') as string,
        })

      const go = join(test.root, 'go')
      await setCommand(`until [ -e ${go} ]; do sleep 0.05; done; echo data`)
      const { runId } = await test.call('plan.run', { name: 'data' })
      for (const [method, asked] of [
        ['plan.run', { name: 'data' }],
        ['plan.remove', { name: 'data' }],
        ['plan.save', { ...save({ level: 1 }), replaces: 'data' }],
      ] as const)
        expect([method, (await test.fails(method, asked)).code]).toEqual([method, 'run.conflict'])
      await writeFile(go, '')
      expect(await ended(test, runId)).toMatchObject({ state: 'succeeded' })
      const before = await filesIn(disk)

      await mkdir(join(disk, 'dcrepository'))
      const { runId: refused } = await test.call('plan.run', { name: 'data' })
      expect((await ended(test, refused)).failure).toMatchObject({ code: 'remote.unsupported' })
      expect((await filesIn(disk)).filter(name => name !== 'dcrepository')).toEqual(before)
    })
  },
)

/** Without what a disk is known by. */
const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter(name => name !== '.drydock-medium.json').sort()

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
