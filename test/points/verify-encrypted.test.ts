import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { beforeEach, describe, expect, it } from 'vitest'
import type { BackupOptions } from '../../electron/engine/backup/options.ts'
import type { VerifySecret } from '../../electron/engine/points/decryption-check.ts'
import type { VerifyOutcome } from '../../electron/engine/points/verify-run.ts'
import type { StoredRun } from '../../electron/engine/run/index.ts'
import { MiB } from '../../shared/units.ts'
import type { TestEngine } from '../support/engine.ts'
import { backUp, filesBackup, onlyManifest, openTestEngine } from '../support/engine.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import { suiteNeeds } from '../support/skip.ts'
import { noise } from '../support/tree.ts'

let test: TestEngine
let folder: string
let point: string

async function make(encryptTo: BackupOptions['encryptTo'], passphrase?: string): Promise<void> {
  test = await openTestEngine()
  folder = await test.addServer('s')
  const source = join(test.root, 'source')
  mkdirSync(source)
  // Two parts and a bit, so that chunks lie across the ends of parts.
  for (let i = 0; i < 3; i++) writeFileSync(join(source, `file ${i}`), noise(6 * MiB + i * 1000, `${i}`))
  const record = await backUp(test, filesBackup([source], ['s'], { encryptTo }), passphrase)
  expect(record.failure).toBeNull()
  point = `docs@${(await onlyManifest(folder)).stamp}`
}

const verify = async (secret?: VerifySecret, deep = true): Promise<StoredRun> => {
  const run = await test.engine.startVerify({ point, server: 's', deep, limit: null }, secret)
  return await run.done
}
const outcomeOf = (record: StoredRun) => record.outcome as VerifyOutcome
const nameOf = (end: string) => readdirSync(folder).find(name => name.endsWith(end)) ?? ''

/** Changes a file on the server and makes its manifest promise just that: as a bad writer would have left it. */
async function forge(end: string, change: (content: Buffer) => Buffer): Promise<void> {
  const name = nameOf(end)
  const content = change(readFileSync(join(folder, name)))
  writeFileSync(join(folder, name), content)
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  const manifest = await onlyManifest(folder)
  const [file] = manifest.files
  if (name === file?.entries.name) Object.assign(file.entries, { sha256: sha(content), size: content.length })
  else if (file) {
    let at = 0
    const parts: { size: number; sha256: string }[] = []
    for (const { size } of file.parts) {
      const part = content.subarray(at, (at += size))
      if (part.length > 0) parts.push({ size: part.length, sha256: sha(part) })
    }
    Object.assign(file, { parts, sha256: sha(content), size: content.length })
  }
  writeFileSync(join(folder, nameOf('.manifest.json')), JSON.stringify(manifest))
}

/** Turns one byte. */
const turn = (at: number) => (content: Buffer) => {
  content[at] = content[at]! ^ 1
  return content
}

describe('verify of a point that is encrypted with a passphrase', () => {
  beforeEach(async () => await make('passphrase', 'correct horse'))

  it('proves with it that all of it decrypts, and says without it what was not proven', async () => {
    expect((await onlyManifest(folder)).files[0]!.parts.length).toBeGreaterThan(2)
    const proven = await verify({ passphrase: 'correct horse' })
    expect(proven).toMatchObject({ state: 'succeeded', problems: 0 })
    expect(outcomeOf(proven)).toMatchObject({ deep: true, decrypted: true })
    expect(outcomeOf(proven)).not.toHaveProperty('unproven')
    const compared = await verify()
    expect(compared.state).toBe('succeeded')
    expect(outcomeOf(compared)).toMatchObject({
      decrypted: false,
      unproven: expect.stringContaining('only the stored bytes were compared') as string,
    })
    expect(outcomeOf(await verify({ passphrase: 'correct horse' }, false))).not.toHaveProperty('decrypted')
  })

  it('fails for a wrong one that somebody gave, and only says so of one that was kept', async () => {
    expect((await verify({ passphrase: 'battery staple' })).failure).toMatchObject({
      code: 'auth.passphrase',
    })
    const kept = await verify({ passphrase: 'battery staple', kept: true })
    expect(kept.state).toBe('succeeded')
    expect(outcomeOf(kept)).toMatchObject({
      decrypted: false,
      unproven: expect.stringContaining('does not open it') as string,
    })
    // Neither has called the point damaged.
    expect((await test.engine.points.list({})).points[0]!.verified).not.toBeNull()
  })

  it.each([
    ['a chunk in the middle', '.tar.zst.age', turn(9 * MiB)],
    ['the last chunk', '.tar.zst.age', (content: Buffer) => turn(content.length - 1)(content)],
    ['the header', '.tar.zst.age', (content: Buffer) => turn(content.indexOf('\n--- ') + 8)(content)],
    ['a missing end', '.tar.zst.age', (content: Buffer) => content.subarray(0, content.length - 70_000)],
    ['the entry list', '.jsonl.zst.age', (content: Buffer) => turn(content.length - 3)(content)],
  ])('finds what no hash of stored bytes can: %s that never decrypted', async (_, end, change) => {
    await forge(end, change)
    expect(await verify()).toMatchObject({ state: 'succeeded' })
    const record = await verify({ passphrase: 'correct horse' })
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'data.damaged' }, problems: 1 })
    expect(record.firstProblems[0]).toMatchObject({
      subject: nameOf(end),
      detail: expect.stringContaining('does not decrypt') as string,
    })
  })

  it('names damage on the server once, as damage', async () => {
    const name = nameOf('.tar.zst.age')
    writeFileSync(join(folder, name), turn(9 * MiB)(readFileSync(join(folder, name))))
    const record = await verify({ passphrase: 'correct horse' })
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'data.damaged' }, problems: 1 })
  })
})

describe('verify of a point that is encrypted to public keys', () => {
  it('proves with an identity that it decrypts', async () => {
    const [mine, other] = [await generateIdentity(), await generateIdentity()]
    await make({ recipients: [await identityToRecipient(mine)] })
    expect(outcomeOf(await verify({ identity: mine }))).toMatchObject({ decrypted: true })
    expect((await verify({ identity: other })).failure).toMatchObject({ code: 'auth.passphrase' })
  })
})

const stockAge = await ensureDebianPackages(['age'])

suiteNeeds('verify of a file that the stock age has made', stockAge, () => {
  it('proves that it decrypts', async () => {
    const identity = await generateIdentity()
    const recipient = await identityToRecipient(identity)
    await make({ recipients: [recipient] })
    const name = nameOf('.tar.zst.age')
    writeFileSync(join(test.root, 'key'), `${identity}\n`)
    const plain = execFileSync('age', ['-d', '-i', join(test.root, 'key'), join(folder, name)], {
      maxBuffer: 64 * MiB,
    })
    await forge('.tar.zst.age', () =>
      execFileSync('age', ['-r', recipient], { input: plain, maxBuffer: 64 * MiB }),
    )
    expect(outcomeOf(await verify({ identity }))).toMatchObject({ decrypted: true })
  })
})
