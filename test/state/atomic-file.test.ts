import { mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeFileAtomically } from '../../electron/engine/state/atomic-file.ts'
import { tempFolder } from '../support/temp-folder.ts'

describe('writeFileAtomically', () => {
  it('never shows a reader a part of the file', async () => {
    const folder = await tempFolder()
    const file = join(folder, 'file')
    const content = (n: number) => String(n % 10).repeat(200_000)
    await writeFileAtomically(file, content(0))
    let writing = true
    const writes = (async () => {
      for (let n = 1; n <= 30; n++) await writeFileAtomically(file, content(n), { durable: n % 10 === 0 })
      writing = false
    })()
    while (writing) {
      const text = await readFile(file, 'utf8')
      expect(text === content(Number(text[0]))).toBe(true)
    }
    await writes
    expect(await readdir(folder)).toEqual(['file'])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('leaves nothing behind when it cannot replace the file', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'taken', 'by-a-folder'), { recursive: true })
    await expect(writeFileAtomically(join(folder, 'taken'), 'x')).rejects.toMatchObject({ code: 'local.io' })
    expect(await readdir(folder)).toEqual(['taken'])
  })
})
