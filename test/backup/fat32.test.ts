import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { GiB } from '../../shared/units.ts'
import { backUp, filesBackup, objectsIn, onlyManifest, openTestEngine, shell } from '../support/engine.ts'
import type { Ensured } from '../support/servers/debian.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import { suiteNeeds } from '../support/skip.ts'
import { noise, writeSparse } from '../support/tree.ts'

const place = mkdtempSync(join(tmpdir(), 'drydock-test-'))
const mounted = join(place, 'stick')

/** A stick with FAT32 on it, as far as this machine lets us mount one. */
async function mountStick(): Promise<Ensured> {
  const tools = await ensureDebianPackages(['dosfstools', 'mount'])
  if (!tools.ok) return tools
  try {
    writeSparse(join(place, 'image'), 6 * GiB, [])
    execFileSync('mkfs.vfat', ['-F', '32', join(place, 'image')], { stdio: 'ignore' })
    mkdirSync(mounted)
    execFileSync('mount', ['-o', 'loop', join(place, 'image'), mounted], { stdio: 'pipe' })
    return { ok: true }
  } catch (err) {
    rmSync(place, { recursive: true, force: true })
    const [why = ''] = String((err as { stderr?: Buffer }).stderr ?? err).split('\n')
    return { ok: false, why: `a FAT32 image cannot be mounted here: ${why.replace(/^.*: /, '')}` }
  }
}
const stick = await mountStick()
afterAll(() => {
  if (stick.ok) execFileSync('umount', [mounted])
  rmSync(place, { recursive: true, force: true })
})

suiteNeeds('a backup to a FAT32 stick', stick, () => {
  it(
    'cuts what passes 4 GiB into volumes that cat and tar read, and restores a small one as usual',
    { timeout: 120_000 },
    async () => {
      const test = await openTestEngine()
      await test.engine.servers.add(
        {
          type: 'local',
          name: 'stick',
          path: join(mounted, 'backups'),
          added: new Date().toISOString(),
          learned: {},
        },
        null,
      )
      const source = join(test.root, 'source')
      mkdirSync(source)
      writeSparse(join(source, 'huge'), 4 * GiB + 1000, [[4 * GiB, 'behind four GiB']])
      writeFileSync(join(source, 'small'), noise(1000))
      const run = await backUp(test, filesBackup([source], ['stick'], { compression: 'none', level: 0 }))
      expect(run).toMatchObject({ state: 'succeeded', problems: 0 })
      const folder = join(mounted, 'backups')
      const manifest = await onlyManifest(folder)
      const names = (await objectsIn(folder)).filter(name => name.includes('.tar'))
      expect(names.map(name => name.slice(-4))).toEqual(['.001', '.002'])
      expect(manifest.files[0]!.volumes?.map(volume => volume.name)).toEqual(names)
      const out = await shell(`cat "$1"/*.tar.* | tar xO source/huge | tail -c +4294967297 | head -c 15`, {
        args: [folder],
      })
      expect(out).toBe('behind four GiB')
      await shell('cat "$1"/*.tar.* | tar xO source/small | cmp - "$2"', {
        args: [folder, join(source, 'small')],
      })
    },
  )
})
