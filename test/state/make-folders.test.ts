import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolders } from '../../electron/engine/state/make-folders.ts'
import { tempFolder } from '../support/temp-folder.ts'

describe('makeFolders', () => {
  it('makes a folder with the parents it lacks, and finds nothing wrong with one that is there', async () => {
    const folder = join(await tempFolder(), 'a', 'b', 'c')
    makeFolders(folder, 0o700)
    makeFolders(folder, 0o700)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('fails at once where a file stands in the way', async () => {
    const file = join(await tempFolder(), 'file')
    writeFileSync(file, '')
    expect(() => makeFolders(join(file, 'below'), 0o700)).toThrow('ENOTDIR')
  })

  it.runIf(process.platform === 'linux')('fails at once where no folder can be made', () => {
    expect(() => makeFolders('/proc/nope/deeper', 0o700)).toThrow('ENOENT')
  })
})
