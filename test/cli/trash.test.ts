import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Event } from './support/drydock.ts'
import { Drydock } from './support/drydock.ts'

const of = (events: Event[], kind: string) => events.filter(({ event }) => event === kind)

/** Two local servers with three points of `docs` each; answers their names, newest first. */
async function withPoints(): Promise<{ drydock: Drydock; points: string[] }> {
  const drydock = await Drydock.fresh()
  await mkdir(drydock.path('src'))
  await writeFile(drydock.path('src', 'a'), 'hello\n')
  for (const name of ['one', 'two'])
    await drydock.json(['server', 'add', name, '--type', 'local', '--path', name])
  const points: string[] = []
  for (let i = 0; i < 3; i++) {
    const made = await drydock.json(['backup', 'src', '--name', 'docs', '--to', 'one,two'])
    points.unshift(String(made.result()['point']))
  }
  return { drydock, points }
}

describe('points remove, put-back, keep and purge', () => {
  it(
    'move a point to the trash, take it out, protect it, and remove it for good',
    { timeout: 120_000 },
    async () => {
      const { drydock, points } = await withPoints()
      const [newest = '', middle = '', oldest = ''] = points
      const listed = async (...args: string[]) =>
        of((await drydock.json(['points', ...args])).events(), 'point').map(
          ({ point, servers }) => `${String(point)} ${String(servers)}`,
        )

      // On one server: the other still has it, and is used.
      const removed = await drydock.json(['points', 'remove', newest, '--server', 'one'])
      expect(of(removed.events(), 'removed')).toEqual([
        expect.objectContaining({ point: newest, server: 'one', until: expect.any(String) as string }),
      ])
      expect(removed.result()).toMatchObject({ ok: true, servers: ['one'] })
      expect(await listed()).toEqual([`${newest} two`, `${middle} one,two`, `${oldest} one,two`])
      expect(await listed('--trash')).toEqual([`${newest} one`])
      const [inTrash] = of((await drydock.json(['points', '--trash'])).events(), 'point')
      expect(inTrash!['trash']).toMatchObject({ until: removed.events()[0]!['until'] })
      expect((await drydock.run(['points', '--trash'])).stdout).toContain('UNTIL')
      const shown = await drydock.run(['ls', newest, '--server', 'one'])
      expect([shown.exit, shown.stderr]).toEqual([0, expect.stringContaining('is in the trash of one')])

      // Everywhere, and back.
      await drydock.json(['points', 'remove', newest])
      expect(await listed('--trash')).toEqual([`${newest} one,two`])
      expect(of((await drydock.json(['ls', 'docs@latest'])).events(), 'entry').length).toBeGreaterThan(0)
      expect((await drydock.json(['points', 'put-back', newest])).result()).toMatchObject({
        servers: ['one', 'two'],
      })
      expect(await listed('--trash')).toEqual([])
      expect((await drydock.json(['points', 'put-back', newest], 5)).result()['code']).toBe('run.conflict')

      // Protected ones stay.
      await drydock.json(['points', 'keep', 'docs@latest', '--server', 'two'])
      const [kept] = of((await drydock.json(['points', '--server', 'two'])).events(), 'point')
      expect(kept).toMatchObject({ point: newest, kept: true })
      await drydock.json(['points', 'remove', newest], 3)
      expect(await listed('--trash')).toEqual([`${newest} one`])
      await drydock.json(['points', 'keep', newest, '--off'])
      await drydock.json(['points', 'remove', newest, '--server', 'two'])

      // For good only from the trash, and only when it was meant.
      expect((await drydock.json(['points', 'purge', middle, '--yes'], 5)).result()['code']).toBe(
        'run.conflict',
      )
      expect((await drydock.json(['points', 'purge', newest], 2)).result()['code']).toBe('input.invalid')
      expect(await listed('--trash')).toEqual([`${newest} one,two`])
      const purged = await drydock.json(['points', 'purge', newest, '--yes'])
      expect(of(purged.events(), 'purged')).toHaveLength(2)
      const stamp = newest.slice('docs@'.length)
      expect((await readdir(drydock.path('one'))).filter(name => name.includes(stamp))).toEqual([])

      // The last good one needs more than a slip.
      await drydock.json(['points', 'remove', oldest])
      expect((await drydock.json(['points', 'remove', middle], 5)).result()['code']).toBe('run.conflict')
      const plain = await drydock.run(['points', 'remove', middle])
      expect(plain.stderr).toContain('last good')
      await drydock.json(['points', 'remove', middle, '--force'])
      expect(await listed()).toEqual([])
      expect((await drydock.json(['points', 'remove', 'docs@latest'], 2)).result()['code']).toBe(
        'input.invalid',
      )
      expect((await drydock.json(['points', 'remove', 'docs@20200101T000000Z'], 4)).result()['code']).toBe(
        'data.missing',
      )
    },
  )

  it('clear away what a point that was never completed has left', async () => {
    const { drydock, points } = await withPoints()
    const stamp = points[0]!.slice('docs@'.length)
    await rm(drydock.path('one', `docs_${stamp}.manifest.json`))
    expect(
      of((await drydock.json(['points', '--server', 'one', '--all'])).events(), 'point')[0],
    ).toMatchObject({
      point: points[0],
      state: 'incomplete',
    })
    await drydock.json(['points', 'purge', points[0]!, '--server', 'one', '--yes'])
    expect((await readdir(drydock.path('one'))).filter(name => name.includes(stamp))).toEqual([])
    expect((await readdir(drydock.path('two'))).filter(name => name.includes(stamp))).toHaveLength(3)
  })

  it('asks on a terminal for the name before anything is gone', async () => {
    const { drydock, points } = await withPoints()
    const [point = ''] = points
    const stamp = point.slice('docs@'.length)
    await drydock.json(['points', 'remove', point, '--server', 'one'])
    const there = async () => (await readdir(drydock.path('one'))).filter(name => name.includes(stamp)).length
    const wrong = drydock.onTerminal(['points', 'purge', point, '--server', 'one'])
    await wrong.sees(/Type its name/)
    wrong.child.stdin.write('yes\n')
    expect((await wrong.ended).exit).toBe(130)
    expect(await there()).toBe(4)
    const right = drydock.onTerminal(['points', 'purge', point, '--server', 'one'])
    await right.sees(/Type its name/)
    right.child.stdin.write(`${point}\n`)
    expect((await right.ended).exit).toBe(0)
    expect(await there()).toBe(0)
  })
})

describe('server edit --site', () => {
  it('says where a server stands', async () => {
    const drydock = await Drydock.fresh()
    await drydock.json(['server', 'add', 'one', '--type', 'local', '--path', 'one', '--site', 'off-site'])
    const shown = async () => (await drydock.json(['server', 'show', 'one'])).events()[0]!['site']
    expect(await shown()).toBe('off-site')
    await drydock.json(['server', 'edit', 'one', '--site', 'air-gap', '--no-test'])
    expect(await shown()).toBe('air-gap')
    await drydock.json(['server', 'edit', 'one', '--site', 'moon'], 2)
  })
})
