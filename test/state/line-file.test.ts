import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LineFile } from '../../electron/engine/state/line-file.ts'
import { tempFolder } from '../support/temp-folder.ts'

describe('LineFile', () => {
  it('goes on after what is kept and forgets the rest', async () => {
    const file = join(await tempFolder(), 'lines')
    const first = await LineFile.open(file)
    await Promise.all(['one', 'two', 'three'].map(line => first.append(line)))
    await first.close()
    const second = await LineFile.open(file, 8)
    void second.append('four', { sync: true })
    await second.close()
    expect(await readFile(file, 'utf8')).toBe('one\ntwo\nfour\n')
  })

  it.runIf(existsSync('/dev/full'))(
    'fails every append once the disk was full, those that wait too',
    async () => {
      const lines = await LineFile.open('/dev/full')
      const appends = [lines.append('a'), lines.append('b', { sync: true })]
      for (const append of appends) await expect(append).rejects.toMatchObject({ code: 'local.full' })
      await expect(lines.append('c')).rejects.toMatchObject({ code: 'local.full' })
      await lines.close()
    },
  )

  it('refuses appends after it was closed', async () => {
    const lines = await LineFile.open(join(await tempFolder(), 'lines'))
    await lines.close()
    await expect(lines.append('late')).rejects.toMatchObject({ code: 'internal' })
  })
})
