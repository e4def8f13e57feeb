import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import type { TestService } from './support.ts'
import { openTestService } from './support.ts'

let test: TestService
let point: string

const ended = async (runId: string) =>
  await test.sees<RunSnapshot>('run.changed', run => run.id === runId && run.ended !== null)

beforeEach(async () => {
  test = await openTestService()
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
      schedule: { kind: 'cron', expression: '0 0 1 1 *' },
      keep: { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
      ...{ before: null, after: null, missed: 'latest', limit: null, verifyAfter: true },
      encryptTo: 'passphrase',
    },
    replaces: null,
    passphrase: 'of the plan',
  })
  const { outcome } = await ended((await test.call('plan.run', { name: 'docs' })).runId)
  point = (outcome as { point: string }).point
})

const verify = async (secret?: { passphrase: string }) => {
  const asked = { point, server: 'disk', deep: true, ...(secret ? { secret } : {}) }
  return await ended((await test.call('point.verify', asked)).runId)
}

describe('point.verify of an encrypted point', () => {
  it('proves that it decrypts with what is sent, or with what the vault holds for its plan', async () => {
    // The plan asked for one of its own after the run.
    const own = await test.sees<RunSnapshot>(
      'run.changed',
      run => run.kind === 'verify' && run.state === 'succeeded',
    )
    expect(own.outcome).toMatchObject({ decrypted: true })
    expect((await verify({ passphrase: 'of the plan' })).outcome).toMatchObject({ decrypted: true })
    expect((await verify()).outcome).toMatchObject({ decrypted: true })
    expect((await verify({ passphrase: 'another' })).failure).toMatchObject({ code: 'auth.passphrase' })
  })

  it('says that only the stored bytes were compared when the plan has another passphrase by now', async () => {
    const { plans } = await test.call('plan.list')
    await test.call('plan.save', {
      settings: plans[0]!.settings,
      replaces: 'docs',
      passphrase: 'a newer one',
    })
    const { state, outcome } = await verify()
    expect(state).toBe('succeeded')
    expect(outcome).toMatchObject({
      decrypted: false,
      unproven: expect.stringContaining('the passphrase kept for its plan does not open it') as string,
    })
  })
})
