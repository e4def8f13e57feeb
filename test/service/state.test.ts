import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../shared/failure-copy.ts'
import { damagedListOf, stateLists } from '../../shared/state-list.ts'
import { windowAdvice } from '../../shared/window-advice.ts'
import type { TestService } from './support.ts'
import { openTestService } from './support.ts'

const listing = { servers: 'server.list', plans: 'plan.list', systems: 'system.list' } as const

async function withDisk(): Promise<TestService> {
  const test = await openTestService()
  const record = { type: 'local', name: 'disk', path: join(test.root, 'disk') }
  await test.call('server.save', { record, secrets: null, replaces: null })
  return test
}

describe('a damaged list of the state folder', () => {
  it.each(stateLists)(
    'is told in words of its own, and can be set aside without losing it: %s',
    async list => {
      const test = await withDisk()
      const file = join(test.home, `${list}.json`)
      await writeFile(file, '{"bro')
      const failure = await test.fails(listing[list])
      expect(damagedListOf(failure)).toBe(list)
      const { title, safe, todo } = describeFailure(failure)
      expect(title).toBe(`${file}: it is damaged: the list of ${list} in ${list}.json cannot be read`)
      expect(todo).toContain(`drydock state set-aside ${list}.json`)
      expect(`${safe} ${todo}`).not.toMatch(/earlier restore point|another server/)
      expect(windowAdvice(failure, todo)).toMatch(/set it aside under (?:Servers|Plans)/)

      const { keptAs } = await test.call('state.setAside', { list })
      expect(keptAs).toMatch(/^(?:servers|plans|systems)\.json\.damaged-\d{8}T\d{6}Z$/)
      expect(await readFile(join(test.home, keptAs), 'utf8')).toBe('{"bro')
      expect(await test.call(listing[list])).toMatchObject({ [list]: [] })

      // A second one in the same second replaces nothing.
      await writeFile(file, '')
      const second = await test.call('state.setAside', { list })
      expect(second.keptAs).not.toBe(keptAs)
      expect(await readFile(join(test.home, keptAs), 'utf8')).toBe('{"bro')
    },
  )

  it('is not set aside when it can be read, is not there, or a newer Drydock wrote it', async () => {
    const test = await withDisk()
    const before = await readdir(test.home)
    expect(await test.fails('state.setAside', { list: 'servers' })).toMatchObject({ code: 'run.conflict' })
    expect(await test.fails('state.setAside', { list: 'plans' })).toMatchObject({ code: 'run.conflict' })
    const newer = JSON.stringify({ drydockServers: 2, servers: {} })
    await writeFile(join(test.home, 'servers.json'), newer)
    expect(await test.fails('state.setAside', { list: 'servers' })).toMatchObject({ code: 'data.version' })
    expect(await test.fails('server.list')).toMatchObject({ code: 'data.version' })
    expect(await readFile(join(test.home, 'servers.json'), 'utf8')).toBe(newer)
    expect(before.filter(name => name.includes('damaged'))).toEqual([])
    expect(await test.fails('state.setAside', { list: '../vault' })).toMatchObject({ code: 'input.invalid' })
  })
})
