import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { acquireLock, isLocked } from '../../electron/engine/state/lock-file.ts'
import { thisProcess } from '../../electron/engine/state/process-identity.ts'
import { runScript } from '../support/script.ts'
import { tempFolder } from '../support/temp-folder.ts'

const holder = new URL('../run/fixtures/lock-holder.ts', import.meta.url)

describe('acquireLock', () => {
  it('refuses a second holder until the first lets go', async () => {
    const path = join(await tempFolder(), 'lock')
    const first = await acquireLock(path)
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'run.conflict' })
    expect(await isLocked(path)).toBe(true)
    await first.release()
    expect(await isLocked(path)).toBe(false)
    await (await acquireLock(path)).release()
  })

  it('waits for a holder that lets go in time', async () => {
    const path = join(await tempFolder(), 'lock')
    const first = await acquireLock(path)
    const second = acquireLock(path, { waitMs: 60_000 })
    await first.release()
    await (await second).release()
  })

  it('takes over at once from a process that was killed', async () => {
    const path = join(await tempFolder(), 'lock')
    const script = runScript(holder, [path, '', 'hold'])
    await script.line(/^held$/)
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'run.conflict' })
    await script.kill('SIGKILL')
    await (await acquireLock(path)).release()
  })

  it.runIf(process.platform === 'linux')('recognises a process id that was given out again', async () => {
    const path = join(await tempFolder(), 'lock')
    const owner = { ...thisProcess(), started: 'another-boot/1' }
    await writeFile(`${path}.1`, JSON.stringify({ owner, token: 'x' }))
    await (await acquireLock(path)).release()
  })

  it('lets only one in at a time when several processes come at once after a killed holder', async () => {
    const folder = await tempFolder()
    const path = join(folder, 'lock')
    const file = join(folder, 'count')
    await writeFile(file, '0')
    const dead = runScript(holder, [path, file, 'hold'])
    await dead.line(/^held$/)
    await dead.kill('SIGKILL')
    const scripts = [1, 2, 3].map(() => runScript(holder, [path, file, '20']))
    expect(await Promise.all(scripts.map(script => script.exit))).toEqual([0, 0, 0])
    expect(await readFile(file, 'utf8')).toBe('60')
    expect((await readdir(folder)).filter(name => name.startsWith('lock')).length).toBeLessThanOrEqual(2)
  })
})
