import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Alarm } from '../../shared/contract/plan.ts'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import { tempFolder } from '../support/temp-folder.ts'
import type { TestService } from './support.ts'
import { openTestService } from './support.ts'

const locked = { env: { DRYDOCK_VAULT: 'passphrase' } }
const passphrase = 'the passphrase of a vault that only tests open'

async function withPlan(test: TestService, encrypted: boolean): Promise<void> {
  await mkdir(join(test.root, 'data'))
  await writeFile(join(test.root, 'data', 'file'), 'some text')
  const record = { type: 'local', name: 'disk', path: join(test.root, 'disk') }
  await test.call('server.save', { record, secrets: null, replaces: null })
  const system = { name: 'Docs', kind: 'folder' as const, dataLossTarget: 60, recoveryTarget: null }
  await test.call('system.save', { record: system, replaces: null })
  await test.call('plan.save', {
    settings: {
      ...{ name: 'docs', system: 'Docs', zone: 'UTC', servers: ['disk'], compression: 'zstd', level: 1 },
      source: { kind: 'files', paths: [join(test.root, 'data')], excludes: [] },
      schedule: { kind: 'cron', expression: '* * * * *' },
      keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
      ...{ before: null, after: null, missed: 'latest', limit: null, verifyAfter: false },
      encryptTo: encrypted ? 'passphrase' : null,
    },
    replaces: null,
    passphrase: encrypted ? 'of the plan' : null,
  })
}

/** A clock on which the next minute begins soon, so that nobody waits for a real one. */
function shortlyBeforeTheMinute(): { now(): number; monotonic(): number } {
  const offset = 60_000 - 1500 - (Date.now() % 60_000)
  return { now: () => Date.now() + offset, monotonic: () => performance.now() }
}

describe('plans in a console', () => {
  it('wait for a locked vault, say so, and go on when it is unlocked', async () => {
    const root = await tempFolder()
    const first = await openTestService({ root, ...locked })
    await first.call('vault.unlock', { passphrase, create: true })
    await withPlan(first, true)
    await first.close()
    const second = await openTestService({ root, ...locked })
    expect(await second.fails('plan.start', { name: 'docs' })).toMatchObject({ code: 'auth.vault-locked' })
    await second.call('vault.unlock', { passphrase })
    await second.call('plan.start', { name: 'docs' })
    await second.close()
    const third = await openTestService({ root, ...locked, clock: shortlyBeforeTheMinute() })
    await third.sees<{ alarms: Alarm[] }>('alarm.changed', ({ alarms }) =>
      alarms.some(({ about }) => about.kind === 'vault'),
    )
    expect(await third.call('vault.status')).toMatchObject({ state: 'locked', waiting: 1 })
    expect(await third.call('run.list', {})).toMatchObject({ total: 0 })
    await third.call('vault.unlock', { passphrase })
    const run = await third.sees<RunSnapshot>('run.changed', ({ state }) => state === 'succeeded')
    expect(run).toMatchObject({ kind: 'backup', plan: 'docs', about: 'docs → disk' })
    await third.sees<{ alarms: Alarm[] }>('alarm.changed', ({ alarms }) => alarms.length === 0)
  })

  it('are listed beside entries that cannot be read, which are told by name', async () => {
    const test = await openTestService({ root: await tempFolder() })
    await withPlan(test, false)
    const file = join(test.home, 'plans.json')
    const kept = JSON.parse(await readFile(file, 'utf8')) as { plans: unknown[] }
    await writeFile(
      file,
      JSON.stringify({ ...kept, plans: [...kept.plans, { settings: { name: 'broken', zone: 5 } }] }),
    )
    const { plans, unreadable } = await test.call('plan.list')
    expect(plans.map(({ settings }) => settings.name)).toEqual(['docs'])
    expect(unreadable).toEqual([{ name: 'broken', detail: expect.any(String) }])
  })

  it('are seen by every console, and run in the one that holds the schedule', async () => {
    const root = await tempFolder()
    const one = await openTestService({ root })
    const two = await openTestService({ root })
    await withPlan(one, false)
    await two.sees('plan.changed')
    expect((await two.call('plan.list')).plans).toMatchObject([
      { settings: { name: 'docs' }, state: 'created' },
    ])
    const { runId } = await two.call('plan.run', { name: 'docs' })
    await one.sees<RunSnapshot>('run.changed', run => run.id === runId && run.state === 'succeeded')
    await one.call('overview.get')
    for (;;) {
      const { systems, asking } = await one.call('overview.get')
      if (systems[0]?.lastGood && asking.length === 0) break
      await one.sees('overview.changed')
      one.events.length = 0
    }
    const { points } = await one.call('point.list', { server: 'disk' })
    expect(points).toMatchObject([{ name: 'docs', state: 'complete', trash: null }])
    expect(await one.call('point.show', { server: 'disk', point: points[0]!.point })).toMatchObject({
      encrypted: false,
      content: { files: 1, bytes: expect.any(Number) },
    })
  })

  it('are quiet while nothing is due: nothing is told when nothing has changed', async () => {
    const root = await tempFolder()
    const test = await openTestService({ root })
    await withPlan(test, false)
    // The events of what was just done come within moments; then an observer sees none.
    await sleep(500)
    test.events.length = 0
    await sleep(4000)
    expect(test.events.map(({ name }) => name)).toEqual([])
  })

  it('declare an outage for every console, and end it', async () => {
    const root = await tempFolder()
    const one = await openTestService({ root })
    const two = await openTestService({ root })
    await one.call('outage.declare', { note: 'fire' })
    await two.sees<{ outage: { note: string } | null }>(
      'outage.changed',
      ({ outage }) => outage?.note === 'fire',
    )
    await two.call('outage.end')
    await one.sees<{ outage: unknown }>('outage.changed', ({ outage }) => outage === null)
    expect(await two.fails('outage.end')).toMatchObject({ code: 'run.conflict' })
  })
})
