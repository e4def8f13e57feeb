import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findElectron } from '../../electron/headless/cli/desktop-app.ts'

type Found = { path: string } | { reason: string }
type At = {
  install?: (limit: number) => Promise<string | null>
  env?: Record<string, string>
  platform?: NodeJS.Platform
  at?: number
}

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drydock-desktop-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const find = ({ install, env = { DISPLAY: ':0' }, platform = 'linux', at = 1_000_000 }: At): Promise<Found> =>
  findElectron({
    root,
    env,
    platform,
    say: () => {},
    now: () => at,
    install: install ?? (() => Promise.reject(new Error('must not be tried'))),
  })

async function putBinary(): Promise<void> {
  const electron = join(root, 'node_modules', 'electron')
  await mkdir(join(electron, 'dist'), { recursive: true })
  await writeFile(join(electron, 'path.txt'), 'electron')
  await writeFile(join(electron, 'dist', 'electron'), '')
}

describe('the desktop binary', () => {
  it('is not even looked for where there is no display', async () => {
    await putBinary()
    expect(await find({ env: {} })).toEqual({ reason: 'there is no display here' })
  })

  it('is used where it lies', async () => {
    await putBinary()
    expect(await find({})).toEqual({ path: join(root, 'node_modules', 'electron', 'dist', 'electron') })
  })

  it('is downloaded once when it is missing', async () => {
    const found = await find({ install: () => putBinary().then(() => null) })
    expect(found).toHaveProperty('path')
  })

  it('is not tried again for a day after a failure, and the reason is told each time', async () => {
    const first = await find({ install: async () => 'getaddrinfo ENOTFOUND example.com' })
    expect(first).toMatchObject({ reason: expect.stringContaining('ENOTFOUND') as string })
    const second = await find({ at: 1_000_000 + 60_000 })
    expect(second).toMatchObject({ reason: expect.stringContaining('ENOTFOUND') as string })
    let tried = 0
    await find({ at: 1_000_000 + 25 * 3_600_000, install: async () => (tried++, 'no answer') })
    expect(tried).toBe(1)
    expect(await readFile(join(root, 'out', '.electron-attempt'), 'utf8')).toContain('no answer')
  })

  it('is tried again after the clock went back', async () => {
    await find({ install: async () => 'no answer' })
    let tried = 0
    await find({ at: 5, install: async () => (tried++, 'no answer') })
    expect(tried).toBe(1)
  })
})
