import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { OutputOf } from '../../shared/contract/index.ts'
import { ConsoleClient } from '../support/console-client.ts'
import { Drydock } from './support/drydock.ts'

let drydock: Drydock
let page: ConsoleClient

/** A console in one process; every command of a test is another. */
async function openConsole(): Promise<ConsoleClient> {
  const started = drydock.start(['console', '--json', '--no-open', '--port', '0'])
  const [, url = ''] = await started.sees(/"url":"([^"]+)"/)
  return await ConsoleClient.open(url)
}

/** Runs a command, and waits until the page was told of `event`. */
async function tells(event: string, args: string[]): Promise<void> {
  page.events.length = 0
  await drydock.json(args)
  await page.sees(event, () => true)
}

const addDocs = ['plan', 'add', 'docs', 'docs', '--system', 'Documents', '--to', 'disk', '--daily', '02:30']

beforeEach(async () => {
  drydock = await Drydock.fresh()
  await mkdir(drydock.path('docs'))
  await writeFile(drydock.path('docs', 'a.txt'), 'alpha')
})

describe('a command beside an open console', () => {
  it(
    'is seen there at once: servers, systems, plans, the outage and settings',
    { timeout: 60_000 },
    async () => {
      page = await openConsole()
      await tells('server.changed', [
        'server',
        'add',
        'disk',
        '--type',
        'local',
        '--path',
        drydock.path('disk'),
      ])
      await tells('plan.changed', addDocs)
      const plans = async () => (await page.call('plan.list')).plans
      expect(await plans()).toMatchObject([{ settings: { name: 'docs' }, state: 'created' }])
      expect(await page.call('system.list')).toMatchObject({ systems: [{ name: 'Documents' }] })

      await tells('plan.changed', ['plan', 'start', 'docs'])
      expect(await plans()).toMatchObject([{ state: 'scheduled' }])

      await tells('run.changed', ['plan', 'run', 'docs'])
      const ended = await page.sees<OutputOf<'run.get'>>('run.changed', ({ state }) => state === 'succeeded')
      expect(ended).toMatchObject({ kind: 'backup', plan: 'docs' })
      expect(await plans()).toMatchObject([{ last: { runId: ended.id } }])

      await tells('outage.changed', ['outage', 'declare', 'flood'])
      expect(await page.call('outage.get')).toMatchObject({ outage: { note: 'flood' } })
      await tells('outage.changed', ['outage', 'end'])
      expect(await page.call('outage.get')).toEqual({ outage: null })

      await tells('plan.changed', ['plan', 'remove', 'docs'])
      expect(await plans()).toEqual([])
    },
  )

  it('sees who holds the schedule, and has it when that is gone', { timeout: 60_000 }, async () => {
    const daemon = drydock.start(['daemon', '--json'])
    await daemon.sees(/"event":"ready"/)
    page = await openConsole()
    expect((await page.call('plan.list')).holder).toMatchObject({
      who: 'other',
      about: expect.stringContaining('drydock daemon') as string,
    })
    page.events.length = 0
    daemon.child.kill('SIGKILL')
    await page.sees('plan.changed', () => true)
    expect((await page.call('plan.list')).holder.who).toBe('here')
  })
})

describe('the settings of the console', () => {
  it('hold for plans and removals on the command line too', { timeout: 60_000 }, async () => {
    page = await openConsole()
    const usual = await page.call('settings.get')
    await page.call('settings.save', { ...usual, limit: 50_000_000, trashDays: 3 })
    await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', drydock.path('disk')])
    await drydock.json([...addDocs, '--keep-last', '1'])
    const limits: unknown[] = []
    for (let n = 0; n < 3; n++) {
      const ran = await drydock.json(['plan', 'run', 'docs'])
      const { runs } = await page.call('run.list', { from: 0, limit: 1 })
      expect(ran.events().find(({ event }) => event === 'run')).toMatchObject({ id: runs[0]?.id })
      limits.push(runs[0]?.limit)
    }
    expect(limits).toEqual([50_000_000, 50_000_000, 50_000_000])
    const days = async () => {
      const names = (await readdir(drydock.path('disk'))).filter(name => name.endsWith('.removed.json'))
      const markers = names.map(async name => {
        const { removed, until } = JSON.parse(await readFile(drydock.path('disk', name), 'utf8')) as {
          removed: string
          until: string
        }
        return (Date.parse(until) - Date.parse(removed)) / 86_400_000
      })
      return await Promise.all(markers)
    }
    const byRetention = await days()
    expect(byRetention.length).toBeGreaterThan(0)
    const left = (await drydock.json(['points'])).events().filter(({ event }) => event === 'point')
    await drydock.json(['points', 'remove', String(left.at(-1)?.['point']), '--force'])
    expect(await days()).toEqual(Array(byRetention.length + 1).fill(3))
    // A limit of the plan's own comes first.
    await drydock.json(['plan', 'edit', 'docs', '--limit', '7MB'])
    await drydock.json(['plan', 'run', 'docs'])
    expect((await page.call('run.list', { from: 0, limit: 1 })).runs[0]?.limit).toBe(7_000_000)
  })
})
