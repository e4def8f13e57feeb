import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectorBackup } from '../support/director/director-backup.ts'
import { snapshotRepository, writeRepository } from '../support/director/snapshot-repository.ts'
import { objectsIn } from '../support/engine.ts'
import { Drydock } from './support/drydock.ts'

const stamp = '20261118T070000'
const point = `vendor@${stamp}`

describe('files and snapshots of the vendor’s own tool, from the command line', () => {
  it('are looked at, adopted onto another server and then compared, with exit codes that tell', async () => {
    const drydock = await Drydock.fresh()
    const [old, nas] = [drydock.path('old'), drydock.path('nas')]
    for (const [name, path] of Object.entries({ old, nas }))
      await drydock.json(['server', 'add', name, '--type', 'local', '--path', path])
    const backup = await makeDirectorBackup(old, stamp)
    const snapshots = [{ at: '2026-11-19T02:30:04.000Z' }]
    await writeRepository(join(old, 'dcrepository'), snapshotRepository({ snapshots, generation: 4 }))

    const seen = await drydock.json(['director', 'snapshots', 'old'])
    expect(seen.events()).toContainEqual(
      expect.objectContaining({ event: 'repository', folder: 'dcrepository', generation: 4 }),
    )
    expect(seen.events()).toContainEqual(
      expect.objectContaining({ event: 'note', tone: 'tell', lines: ['S2.30', 'S2.31', 'S2.35', 'S2.36'] }),
    )
    const shown = await drydock.run(['director', 'snapshots', 'old'])
    expect(shown.stdout).toContain('dcrepository/: 1 snapshot of 1 day')
    expect(shown.stdout).toContain('week 2026-W47 (from 2026-11-16): 1 of 7 days')
    await drydock.json(['director', 'snapshots', 'nas'], 1)

    await drydock.json(['director', 'adopt', 'nas', stamp, '--on', 'old'], 2)
    await drydock.json(['director', 'adopt', 'old', 'yesterday', '--on', 'nas'], 2)
    const adopted = await drydock.json(['director', 'adopt', 'old', point, '--on', 'nas'])
    expect(adopted.result()).toMatchObject({ point, server: 'old', on: 'nas', already: false })
    expect(adopted.events()).toContainEqual(
      expect.objectContaining({
        ...{ event: 'adoption', stamp, missing: [] },
        files: backup.files.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
      }),
    )
    expect(await objectsIn(nas)).toEqual([adopted.result()['object']])
    const points = await drydock.run(['points'])
    expect(points.stdout).toMatch(/vendor@20261118T070000 .* no-manifest, adopted/)
    expect((await drydock.run(['director', 'adoptions'])).stdout).toContain(point)

    const good = await drydock.run(['verify', point, '--deep'])
    expect(good.exit).toBe(0)
    expect(good.stdout).toMatch(
      /vendor@\S+ on old is as it was adopted on .* every hash kept on nas is right/,
    )
    const [first] = backup.files
    const bytes = Buffer.from(first!.bytes)
    bytes[4] = (bytes[4] ?? 0) ^ 1
    await writeFile(join(old, first!.name), bytes)
    const bad = await drydock.json(['verify', point, '--deep'], 4)
    expect(bad.result()['code']).toBe('data.damaged')
  })
})
