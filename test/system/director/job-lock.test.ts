import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startJob } from '../../../electron/engine/system/director/job/start-job.ts'
import { localMachine, until } from '../../support/director-host.ts'
import type { TestMachine } from '../../support/director-host.ts'
import { begin, deployment, reason, specOf } from '../../support/director-job.ts'
import { ensureDebianPackages } from '../../support/servers/debian.ts'

const python = await ensureDebianPackages(['python3'])

describe.skipIf(!python.ok)(`the lock of a deployment folder${reason(python)}`, () => {
  let machine: TestMachine
  beforeAll(async () => {
    machine = await localMachine()
  })
  afterAll(() => machine?.stop())

  /** The lock that a job made, changed before the next job meets it. */
  async function lockLike(change: (lock: Record<string, unknown>) => unknown) {
    const folder = await deployment('sleep 1000')
    const host = await machine.open()
    const spec = specOf(folder)
    const link = await startJob(host, spec)
    const file = join(folder, '.drydock-lock')
    const lock = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    await link.stop('kill')
    await until(async () => (await link.status()).is === 'ended')
    const text = change({ ...lock, pid: process.pid, start: await startOf(process.pid) })
    await writeFile(file, typeof text === 'string' ? text : JSON.stringify(text))
    return { host, folder, file }
  }

  it.each([
    ['of a process that is gone', (lock: object) => ({ ...lock, pid: 4_000_000 })],
    ['of a pid that another process has now', (lock: object) => ({ ...lock, start: '1' })],
    ['from before a restart of the machine', (lock: object) => ({ ...lock, boot: 'another' })],
    ['that was never filled', () => ''],
  ])('takes over a lock %s', async (_, change) => {
    const { host, folder, file } = await lockLike(change)
    const spec = specOf(folder)
    await begin(host, spec)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ job: spec.id })
  })

  it.each([
    ['whose process runs', (lock: object) => lock, /^m\.keller@laptop-7 since 20\d\d-/],
    ['of another machine', (lock: object) => ({ ...lock, machine: 'x', boot: 'y' }), /on another machine/],
    ['that it cannot read', () => 'not JSON', /cannot be read/],
  ])('leaves alone a lock %s', async (_, change, detail) => {
    const { host, folder, file } = await lockLike(change)
    const before = await readFile(file, 'utf8')
    const starting = startJob(host, specOf(folder))
    await expect(starting).rejects.toMatchObject({ code: 'run.conflict' })
    await starting.catch((err: { detail?: string }) => expect(err.detail).toMatch(detail))
    expect(await readFile(file, 'utf8')).toBe(before)
  })

  it('lets exactly one of many take over a stale lock', async () => {
    const { host, folder } = await lockLike(lock => ({ ...lock, boot: 'another' }))
    const specs = Array.from({ length: 6 }, () => specOf(folder))
    const ends = await Promise.allSettled(specs.map(spec => begin(host, spec)))
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const end of ends)
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'run.conflict' })
  })
})

async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
