import { readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BackupLock } from '../../../electron/engine/system/director/backup/backup-lock.ts'
import type { LockNote, TakeLock } from '../../../electron/engine/system/director/backup/backup-lock.ts'
import type { DirectorBackupOutcome } from '../../../electron/engine/system/director/backup/index.ts'
import type { Host } from '../../../electron/engine/system/director/host/host.ts'
import { LocalHost } from '../../../electron/engine/system/director/host/local-host.ts'
import type { StartedRun } from '../../../electron/engine/run/index.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'
import { openSsh, runs, until } from '../../support/director-host.ts'
import { gated, ofPlan, setUpLaptops } from '../../support/director/laptops.ts'
import { standInAvailable } from '../../support/director/stand-in.ts'
import { objectsIn, problemsOf } from '../../support/engine.ts'
import type { Sshd } from '../../support/servers/sshd.ts'
import { startSshd } from '../../support/servers/sshd.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const available = await standInAvailable()
const minute = 60_000
const since = '2026-11-20T02:30:00.000Z'

const noteOf = (run: string, plan = 'dc'): LockNote => ({ who: 'ann@laptop-1', run, plan, since })
const text = (file: string) => readFile(file, 'utf8').catch(() => '')

describe.skipIf(!available.ok)(
  `two laptops that back up one Director${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let sshd: Sshd
    /** `~/.drydock` of the Director's login. */
    let own: string
    beforeAll(async () => {
      sshd = await startSshd()
      own = join(sshd.folder, 'login-home', '.drydock')
    }, minute)
    afterAll(() => sshd.stop())

    /** Takes the lock as another laptop would. */
    async function take(host: Host, run: string, change: Partial<TakeLock> = {}) {
      const waited: (LockNote | null)[] = []
      let without = ''
      const options = { note: noteOf(run), signal: AbortSignal.timeout(minute), patienceMs: minute }
      const waiting = (other: LockNote | null) => void waited.push(other)
      const lock = await BackupLock.take(host, { ...options, waiting, ...change }, why => (without = why))
      return { lock, waited, without }
    }

    /** Waits until the run waits for another. @returns what it says */
    async function waits(run: StartedRun): Promise<string> {
      await until(() => run.record.progress.phase === 'waiting' || run.record.ended !== null)
      return run.record.progress.stalled ?? `it ended as ${run.record.state}`
    }

    const outcomeOf = async (run: StartedRun) => {
      const record = await run.done
      expect(record).toMatchObject({ state: 'succeeded', failure: null })
      return { record, outcome: record.outcome as DirectorBackupOutcome }
    }

    it('the second waits for the first, says for whom, and does not repeat what that has made', async () => {
      const { folders, tools, open } = await setUpLaptops(sshd)
      const [begun, go] = [join(await tempFolder(), 'begun'), join(await tempFolder(), 'go')]
      const change = { mongo: gated(tools.mongo.command, begun, go) }
      const [first, second] = [await open({ change }), await open({ change })]
      const due = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString()
      const one = await first.backUp({ ofPlan: ofPlan(due) })
      await until(async () => (await text(begun)) !== '')
      const two = await second.backUp({ ofPlan: ofPlan(due) })
      expect(await waits(two)).toMatch(
        new RegExp(
          `^the backup ${one.id} of .+ \\(.+\\) goes on since \\d\\d:\\d\\d UTC; this one waits for it$`,
        ),
      )
      expect(JSON.parse(await text(join(own, 'backup.json')))).toMatchObject({ run: one.id, plan: 'dc' })
      await writeFile(go, '')
      const { outcome: made } = await outcomeOf(one)
      const { record, outcome } = await outcomeOf(two)
      expect(outcome).toEqual({ ...made, madeBy: { host: one.record.origin?.host, run: one.id } })
      expect([record.problems, record.progress.stalled]).toEqual([0, undefined])
      expect(await text(begun)).toBe('\n')
      for (const folder of Object.values(folders))
        expect((await objectsIn(folder)).filter(name => name.endsWith('.manifest.json'))).toEqual([
          `dc_${made.stamp}Z.manifest.json`,
        ])
      const log = await text(join(second.home, 'runs', record.id, 'log.txt'))
      expect(log).toContain(`${made.point} was made by`)
    })

    it('one by hand makes its own after it waited, and one that is cancelled while it waits ends at once', async () => {
      const { folders, tools, open } = await setUpLaptops(sshd, ['a'])
      const [begun, go] = [join(await tempFolder(), 'begun'), join(await tempFolder(), 'go')]
      const first = await open({ change: { mongo: gated(tools.mongo.command, begun, go) } })
      const second = await open()
      const one = await first.backUp()
      await until(async () => (await text(begun)) !== '')
      const [byHand, given] = [await second.backUp(), await second.backUp({ plan: 'other' })]
      await Promise.all([waits(byHand), waits(given)])
      given.stop('operator')
      expect(await given.done).toMatchObject({ state: 'cancelled' })
      expect(one.record.state).toBe('running')
      await writeFile(go, '')
      const { outcome: older } = await outcomeOf(one)
      const { outcome: newer } = await outcomeOf(byHand)
      expect(newer).toMatchObject({ latest: { a: 'replaced' } })
      expect(newer.madeBy).toBeUndefined()
      expect(newer.stamp > older.stamp).toBe(true)
      const latest = await readFile(join(folders['a']!, 'mongo_latest.dump.gz'))
      const wanted = await readFile(join(folders['a']!, directorFileName('mongo', newer.stamp)))
      expect(latest.equals(wanted)).toBe(true)
    })

    it('the second makes its own when the first left a server, a component or the latest copies out', async () => {
      const { folders, open } = await setUpLaptops(sshd)
      const laptop = await open()
      const due = new Date().toISOString()
      /** What a run makes that waited for one which has made this much. */
      const after = async (make: (run: string) => Promise<unknown>) => {
        const host = await openSsh(sshd)
        const { lock } = await take(host, 'b-first')
        const run = await laptop.backUp({ ofPlan: ofPlan(due) })
        await waits(run)
        await make('b-first')
        await lock?.release()
        return (await outcomeOf(run)).outcome
      }
      const whole = await after(async () => {})
      expect(whole.madeBy).toBeUndefined()
      /** The manifest of what was made last, as if the first laptop had made it. */
      const claim = async (name: string, run: string) => {
        const file = join(folders[name]!, `dc_${whole.stamp}Z.manifest.json`)
        const manifest = JSON.parse(await readFile(file, 'utf8')) as object
        await writeFile(file, JSON.stringify({ ...manifest, run }))
        for (const one of directorComponents) {
          const copy = join(folders[name]!, directorFileName(one, 'latest'))
          await writeFile(copy, await readFile(join(folders[name]!, directorFileName(one, whole.stamp))))
        }
      }
      const half = await after(run => claim('a', run))
      expect(half.madeBy).toBeUndefined()
      const old = await after(async run => {
        await claim('a', run)
        await claim('b', run)
        await writeFile(join(folders['b']!, 'elk_latest_dump.tar.gz'), 'of a run before')
      })
      expect(old.madeBy).toBeUndefined()
      expect(await after(run => Promise.all([claim('a', run), claim('b', run)]))).toMatchObject({
        ...{ point: whole.point, madeBy: { host: 'laptop-1', run: 'b-first' } },
      })
    })

    it('a run that lost its lock leaves the latest copies to the one that took it', async () => {
      const { folders, tools, open } = await setUpLaptops(sshd, ['a'])
      const [begun, go] = [join(await tempFolder(), 'begun'), join(await tempFolder(), 'go')]
      const laptop = await open({
        change: { 'ec-provision': gated(tools['ec-provision'].command, begun, go) },
      })
      const run = await laptop.backUp()
      await until(async () => (await text(begun)) !== '')
      const [holder] = await processesOf(run.id)
      process.kill(holder!, 'SIGKILL')
      const { lock } = await take(await openSsh(sshd), 'b-other')
      await writeFile(go, '')
      const { record, outcome } = await outcomeOf(run)
      expect(outcome).toMatchObject({ servers: { a: 'done' }, latest: { a: 'kept' } })
      const [problem] = await problemsOf(record, laptop.home)
      expect(problem?.detail).toMatch(/the backup b-other of laptop-1 \(ann\) has begun meanwhile/)
      expect((await objectsIn(folders['a']!)).filter(name => name.includes('latest'))).toEqual([])
      await lock?.release()
    })

    it('the lock goes with its connection, and with a laptop that gives no sign of life', async () => {
      const first = await openSsh(sshd)
      const { lock } = await take(first, 'b-1')
      const [holder] = await processesOf('b-1')
      await sshd.dropConnections()
      await until(() => lock?.lost !== null)
      await until(async () => !(await runs(holder!)))
      const { lock: next, waited } = await take(await openSsh(sshd), 'b-2')
      expect([next?.lost, waited]).toEqual([null, []])
      await next?.release()

      // A fake of a laptop that is unplugged: its connection stays, and nothing comes over it.
      const silent = await openSsh(sshd)
      const mute: Host = Object.assign(Object.create(silent) as Host, {
        stream: (script: string, options: object) => silent.stream(script, { ...options, input: oneByte() }),
      })
      const { lock: gone } = await take(mute, 'b-3', { silenceMs: 1000 })
      const { lock: last, waited: seen } = await take(await openSsh(sshd), 'b-4')
      expect(seen).toEqual([noteOf('b-3')])
      await until(() => gone?.lost !== null)
      expect(last?.lost).toBeNull()
      await last?.release()
    })

    it('believes no note that is left on the Director, and waits no longer than it may', async () => {
      const host = new LocalHost({ ...process.env, HOME: await tempFolder() })
      const home = (await host.run('cd && pwd')).stdout.toString().trim()
      const { lock } = await take(host, 'b-1')
      const file = join(home, '.drydock', 'backup.json')
      expect((await readdir(join(home, '.drydock'))).sort()).toEqual(['backup.json', 'backup.lock'])
      const seen: (LockNote | null)[] = []
      const waiting = (other: LockNote | null) => void seen.push(other)
      const never = take(host, 'b-2', { waiting, patienceMs: 3000 }).catch((err: unknown) => err)
      await until(() => seen.length === 1)
      await writeFile(file, JSON.stringify({ ...noteOf('b\u001b[2J'), who: 'x'.repeat(9000) }))
      await until(() => seen.length === 2)
      expect(seen).toEqual([noteOf('b-1'), null])
      expect(await never).toMatchObject({
        ...{ code: 'run.conflict' },
        detail: 'another backup of this Director did not end within 1 min, so nothing was backed up',
      })
      await lock?.release()
    })

    it('goes on without a lock where none can be held, and says why', async () => {
      const bin = await tempFolder()
      await symlink('/bin/sh', join(bin, 'sh'))
      const bare = new LocalHost({ PATH: bin, HOME: bin })
      expect(await take(bare, 'b-1')).toMatchObject({ lock: null, without: 'there is no python3' })
      const home = await tempFolder()
      await writeFile(join(home, '.drydock'), 'no folder')
      const odd = new LocalHost({ ...process.env, HOME: home })
      expect((await take(odd, 'b-1')).without).toMatch(/FileExistsError|File exists/)
    })
  },
)

async function* oneByte(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('\n')
  await sleep(minute, undefined, { ref: false })
}

/** Processes of the Director that hold a lock for a run. */
async function processesOf(run: string): Promise<number[]> {
  const found: number[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const args = (await text(join('/proc', pid, 'cmdline'))).split('\0')
    if (args[1] === '-I' && args.some(arg => arg.includes(`"run":"${run}"`))) found.push(Number(pid))
  }
  return found
}
