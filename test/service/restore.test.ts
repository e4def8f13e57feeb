import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PayloadOf } from '../../shared/contract/index.ts'
import type { RestoreRequest } from '../../shared/contract/restore.ts'
import { forge, pieces } from '../restore/forge.ts'
import type { TestService } from './support.ts'
import { openTestService } from './support.ts'

let service: TestService
let request: RestoreRequest

beforeEach(async () => {
  service = await openTestService()
  const path = join(service.root, 'disk')
  await service.call('server.save', {
    record: { type: 'local', name: 'disk', path },
    secrets: null,
    replaces: null,
  })
  const point = forge(path, pieces({ 'a.txt': 'aaaa', 'b/c.txt': 'cc' }))
  request = { point, server: 'disk', into: join(service.root, 'back') }
})

const check = (asked = request) => service.call('restore.preflight', { id: 'p', request: asked })

describe('restoring through the contract', () => {
  it('starts what a preflight found good, when the word is typed', async () => {
    const { token, confirm, verdict } = await check()
    expect([confirm, verdict]).toEqual(['back', 'GO WITH WARNINGS'])
    const lines = service.events.filter(({ name }) => name === 'restore.checked')
    expect(lines.map(({ payload }) => (payload as PayloadOf<'restore.checked'>).id)).toEqual(
      Array(10).fill('p'),
    )
    const { runId } = await service.call('restore.start', { request, token, typed: 'back' })
    await service.sees<PayloadOf<'run.changed'>>(
      'run.changed',
      run => run.id === runId && run.state === 'succeeded',
    )
    expect(readFileSync(join(service.root, 'back/b/c.txt'), 'utf8')).toBe('cc')
    expect(await service.fails('restore.start', { request, token, typed: 'back' })).toMatchObject({
      code: 'run.conflict',
    })
  })

  it('refuses a wrong word, and takes the right one afterwards', async () => {
    const { token } = await check()
    expect(await service.fails('restore.start', { request, token, typed: 'Back' })).toMatchObject({
      code: 'input.invalid',
      subject: 'typed',
    })
    expect(existsSync(join(service.root, 'back'))).toBe(false)
    await service.call('restore.start', { request, token, typed: 'back' })
  })

  it('refuses answers that were not checked', async () => {
    const { token } = await check()
    for (const other of [
      { ...request, overwrite: 'always' as const },
      { ...request, into: join(service.root, 'elsewhere/back') },
      { ...request, only: ['a.txt'] },
    ])
      expect(await service.fails('restore.start', { request: other, token, typed: 'back' })).toMatchObject({
        code: 'run.conflict',
      })
  })

  it('refuses when the target has changed since', async () => {
    const { token } = await check()
    mkdirSync(join(service.root, 'back'))
    writeFileSync(join(service.root, 'back/a.txt'), 'mine')
    const failure = await service.fails('restore.start', { request, token, typed: 'back' })
    expect(failure).toMatchObject({
      code: 'run.conflict',
      detail: expect.stringContaining('changed') as string,
    })
    expect(readFileSync(join(service.root, 'back/a.txt'), 'utf8')).toBe('mine')
  })

  it('refuses when the restore point has gone to the trash since', async () => {
    const { token } = await check()
    await service.call('point.remove', { point: request.point, server: 'disk', force: true })
    expect(await service.fails('restore.start', { request, token, typed: 'back' })).toMatchObject({
      code: 'run.conflict',
    })
  })

  it('refuses what the preflight stopped', async () => {
    const stopped = { ...request, into: '/' }
    const { verdict, token, confirm } = await check(stopped)
    expect(verdict).toBe('NO-GO')
    expect(await service.fails('restore.start', { request: stopped, token, typed: confirm })).toMatchObject({
      code: 'run.conflict',
    })
  })

  it('pages through the ledger that a restore would write', async () => {
    const first = await service.call('restore.preview', { request, limit: 1 })
    expect(first).toMatchObject({ lines: [{ path: 'a.txt', action: 'create', size: 4 }], more: true })
    const second = await service.call('restore.preview', { request, from: 1, limit: 5 })
    expect(second).toMatchObject({ lines: [{ path: 'b/c.txt' }], more: false })
  })

  it('browses and finds in a point that no plan and no system is known for', async () => {
    const { point } = request
    expect(await service.call('point.browse', { point, server: 'disk', folder: 'b' })).toMatchObject({
      entries: [{ path: 'b/c.txt', kind: 'file', size: 2 }],
      total: 1,
    })
    expect(await service.call('point.find', { point, server: 'disk', text: '*.txt' })).toMatchObject({
      entries: [{ path: 'b/c.txt' }, { path: 'a.txt' }],
    })
  })
})
