import { open, readFile, readdir, stat } from 'node:fs/promises'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { describe, expect, it } from 'vitest'
import type { BackupOptions } from '../../electron/engine/backup/options.ts'
import {
  commandBackup,
  filesBackup,
  objectsIn,
  onlyManifest,
  openTestEngine,
  shell,
} from '../support/engine.ts'
import { runScript } from '../support/script.ts'
import { makeManyFiles, noise } from '../support/tree.ts'

/** A backup in a process of its own that is killed as soon as its journal holds `acks` confirmed parts. */
async function killedAfter(acks: number, tier: 'memory' | 'passphrase', more: Partial<BackupOptions> = {}) {
  const test = await openTestEngine({ vault: tier })
  const folder = await test.addServer('one')
  const source = join(test.root, 'source')
  makeManyFiles(join(source, 'many'), 1200, i => (i * 7919) % 12_000)
  writeFileSync(join(source, 'big'), noise(45_000_000))
  // Slow enough that it is still at work when the journal has been read.
  const options = filesBackup([source], ['one'], { limit: 20_000_000, ...more })
  const child = runScript(new URL('fixtures/back-up.ts', import.meta.url), [
    test.home,
    tier,
    JSON.stringify(options),
    'p',
  ])
  const id = await child.line(/^\d/)
  await acknowledged(join(test.home, 'runs', id), acks)
  await child.kill('SIGKILL')
  const [partial] = (await objectsIn(folder)).filter(name => name.includes('.drydock-partial-'))
  return { test, folder, source, id, partial: partial && join(folder, partial) }
}

async function acknowledged(folder: string, acks: number): Promise<void> {
  for (;;) {
    const text = await readFile(join(folder, 'journal.jsonl'), 'utf8')
    if (text.split('"t":"ack"').length > acks) return
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('a backup whose process was killed', () => {
  it.each([1, 4])('goes on after %i confirmed parts without sending one of them again', async acks => {
    const { test, folder, source, id, partial } = await killedAfter(acks, 'memory')
    expect(await test.engine.runs.get(id)).toMatchObject({ state: 'interrupted' })
    const { ino } = await stat(partial!)
    // A mark in the first confirmed part: sending that part again would wipe it out.
    const file = await open(partial!, 'r+')
    const mark = Buffer.from('not sent again')
    const before = Buffer.alloc(mark.length)
    await file.read(before, 0, mark.length, 1000)
    await file.write(mark, 0, mark.length, 1000)
    const run = await test.engine.resume(id)
    await run.setLimit(null)
    expect(await run.done).toMatchObject({ id, state: 'succeeded', problems: 0 })
    const manifest = await onlyManifest(folder)
    const stored = join(folder, manifest.files[0]!.name)
    expect((await stat(stored)).ino).toBe(ino)
    expect((await readFile(stored)).subarray(1000, 1000 + mark.length)).toEqual(mark)
    await file.write(before, 0, mark.length, 1000)
    await file.close()
    const out = join(test.root, 'out')
    await shell('mkdir "$2" && zstd -dc "$1" | tar x -C "$2" && diff -r "$2/source" "$3"', {
      args: [stored, out, source],
    })
    const verify = await test.engine.startVerify({
      point: `docs@${manifest.stamp}`,
      server: 'one',
      deep: true,
      limit: null,
    })
    expect(await verify.done).toMatchObject({ state: 'succeeded', problems: 0 })
    expect((await objectsIn(folder)).length).toBe(3)
  })

  it('goes on with its encryption when the vault has kept the key', async () => {
    const identity = await generateIdentity()
    const { test, folder, source, id } = await killedAfter(2, 'passphrase', {
      encryptTo: { recipients: [await identityToRecipient(identity)] },
    })
    const run = await test.engine.resume(id)
    await run.setLimit(null)
    expect(await run.done).toMatchObject({ state: 'succeeded', problems: 0 })
    const manifest = await onlyManifest(folder)
    expect(manifest.files[0]!.sha256).toBeNull()
    writeFileSync(join(test.root, 'key'), identity)
    const args = [
      join(folder, manifest.files[0]!.name),
      join(test.root, 'out'),
      source,
      join(test.root, 'key'),
    ]
    await shell('mkdir "$2" && age -d -i "$4" "$1" | zstd -dc | tar x -C "$2" && diff -r "$2/source" "$3"', {
      args,
    })
  })

  it('begins anew and says so when the key was in memory only', async () => {
    const { test, folder, id } = await killedAfter(2, 'memory', { encryptTo: 'passphrase' })
    const run = await test.engine.resume(id, { passphrase: 'p' })
    await run.setLimit(null)
    expect(await run.done).toMatchObject({
      state: 'succeeded',
      problems: 1,
      firstProblems: [{ code: 'encryption.restarted' }],
    })
    expect((await objectsIn(folder)).length).toBe(3)
  })

  it('leaves nothing on the server when it is taken up and then cancelled', async () => {
    const { test, folder, id } = await killedAfter(2, 'memory')
    const run = await test.engine.resume(id)
    await run.cancel()
    expect((await run.done).state).toBe('cancelled')
    expect(await objectsIn(folder)).toEqual([])
  })

  it('runs a command from its beginning again', async () => {
    const test = await openTestEngine()
    const folder = await test.addServer('one')
    const options = commandBackup('head -c 40000000 /dev/zero', 'x.bin', ['one'], { limit: 10_000_000 })
    const child = runScript(new URL('fixtures/back-up.ts', import.meta.url), [
      test.home,
      'memory',
      JSON.stringify(options),
    ])
    const id = await child.line(/^\d/)
    await acknowledged(join(test.home, 'runs', id), 1)
    await child.kill('SIGKILL')
    const run = await test.engine.resume(id)
    await run.setLimit(null)
    expect(await run.done).toMatchObject({ state: 'succeeded', problems: 0 })
    expect((await onlyManifest(folder)).files[0]).toMatchObject({ contentBytes: 40_000_000 })
    expect(
      (await readdir(folder)).filter(name => name.includes('partial') || name.includes('writing')),
    ).toEqual([])
  })
})
