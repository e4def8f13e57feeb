import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Drydock } from './support/drydock.ts'

describe('drydock state set-aside', () => {
  it('is what a damaged list of servers advises, and leads on without losing the old file', async () => {
    const drydock = await Drydock.fresh()
    const added = await drydock.run(['server', 'add', 'disk', '--type', 'local', '--path', 'disk'])
    expect(added.stdout).toMatch(/warn {2}folder: This folder is new: nothing is on it yet/)
    await writeFile(join(drydock.home, 'servers.json'), '{"bro')
    const refused = await drydock.run(['points'])
    expect(refused.exit).toBe(4)
    expect(refused.stderr).toContain('the list of servers in servers.json cannot be read')
    expect(refused.stderr).toContain('drydock state set-aside servers.json')
    const aside = await drydock.json(['state', 'set-aside', 'servers.json'])
    const { keptAs } = aside.result() as unknown as { keptAs: string }
    expect(await readFile(join(drydock.home, keptAs), 'utf8')).toBe('{"bro')
    await drydock.json(['server', 'add', 'disk', '--type', 'local', '--path', 'disk'])
    expect((await drydock.run(['state', 'set-aside', 'servers.json'])).exit).toBe(5)
    expect((await drydock.run(['state', 'set-aside', 'vault.json'])).exit).toBe(2)
  })
})
