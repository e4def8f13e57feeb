import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readEntryList } from '../../electron/engine/archive/entry-list-reader.ts'
import type { Entry } from '../../electron/engine/archive/entry.ts'
import type { Manifest } from '../../electron/engine/archive/manifest.ts'
import { MiB } from '../../shared/units.ts'
import {
  backUp,
  commandBackup,
  filesBackup,
  objectsIn,
  onlyManifest,
  openTestEngine,
  shell,
} from '../support/engine.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import { suiteNeeds } from '../support/skip.ts'
import { describeTree, isRoot, makeManyFiles, makeOddKinds, makeOddNames, noise } from '../support/tree.ts'

const tools = await ensureDebianPackages(['tar', 'zstd', 'gzip', 'age'])

suiteNeeds('backup files read by stock tools', tools, () => {
  /** A tree with everything in it, made once. */
  let place: string
  let source: string
  let before: string[]
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'drydock-test-'))
    source = join(place, 'tree')
    makeOddNames(join(source, 'odd names'))
    await makeOddKinds(join(source, 'odd kinds'))
    makeManyFiles(join(source, 'many'), 300, i => i * 7)
    before = describeTree(source)
  })
  afterAll(() => rmSync(place, { recursive: true, force: true }))

  /** Its backup on one server. */
  async function backUpTree(options: Parameters<typeof filesBackup>[2] = {}, passphrase?: string) {
    const test = await openTestEngine()
    const folder = await test.addServer('one')
    const run = await backUp(test, filesBackup([source], ['one'], options), passphrase)
    expect(run).toMatchObject({ state: 'succeeded', problems: 0 })
    return { test, folder, manifest: await onlyManifest(folder) }
  }

  const extract = 'tar xp --same-owner --delay-directory-restore'

  it.each([
    ['zstd', 'zstd -dc'],
    ['gzip', 'gunzip -c'],
    ['none', 'cat'],
  ] as const)('gives back everything of a tree through %s and tar', async (compression, reader) => {
    const { test, folder, manifest } = await backUpTree({
      compression,
      level: compression === 'zstd' ? 3 : 1,
    })
    const into = join(test.root, 'out')
    mkdirSync(into)
    const [file] = manifest.files
    await shell(`${reader} "$1" | ${extract} -C "$2"`, { args: [join(folder, file!.name), into] })
    expect(describeTree(join(into, 'tree'), isRoot ? [] : ['owner'])).toEqual(
      isRoot ? before : describeTree(source, ['owner']),
    )
  })

  it('passes the strict checks of zstd and gzip', async () => {
    for (const [compression, check] of [
      ['zstd', 'zstd -t'],
      ['gzip', 'gzip -t'],
    ] as const) {
      const { folder, manifest } = await backUpTree({ compression, level: 1 })
      await shell(`${check} "$1"`, { args: [join(folder, manifest.files[0]!.name)] })
    }
  })

  it('lists names, owners, modes and nanoseconds of time', async () => {
    const { folder, manifest } = await backUpTree({ compression: 'none', level: 0 })
    const listed = await shell(
      'tar --list --verbose --full-time --numeric-owner --quoting-style=escape -f "$1"',
      {
        args: [join(folder, manifest.files[0]!.name)],
      },
    )
    expect(listed).toMatch(
      /^-rw-r--r-- \S+ +11 2023-11-14 22:13:20\.123456789 tree\/odd kinds\/nanoseconds$/m,
    )
    expect(listed).toMatch(/^-rw-r--r-- \S+ +11 1969-12-31 00:00:00\.5 +tree\/odd kinds\/before 1970$/m)
    expect(listed).toMatch(/^-rwsr-xr-x .* tree\/odd kinds\/setuid$/m)
    expect(listed).toMatch(/^lrwxrwxrwx .* tree\/odd kinds\/dangling -> nowhere\/at all$/m)
    expect(listed).toMatch(/^hr\S+ .* tree\/odd kinds\/second name link to tree\/odd kinds\/first name$/m)
    expect(listed).toMatch(/^prw-r--r-- .* tree\/odd kinds\/fifo$/m)
    if (isRoot) {
      expect(listed).toMatch(/^crw-r--r-- \S+ +1,3 .* tree\/odd kinds\/char device$/m)
      expect(listed).toMatch(/ 2500001\/2500002 .* tree\/odd kinds\/owner without a name$/m)
      const named = await shell('tar --list --verbose -f "$1" tree/many', {
        args: [join(folder, manifest.files[0]!.name)],
      })
      expect(named).toMatch(/^\S+ root\/root /m)
    }
  })

  it('names hashes that sha256sum finds, for the file and for each of its parts', async () => {
    const { folder, manifest } = await backUpTree()
    const [file] = manifest.files
    expect(file!.parts.length).toBeGreaterThan(1)
    const path = join(folder, file!.name)
    expect((await shell('sha256sum < "$1"', { args: [path] })).slice(0, 64)).toBe(file!.sha256)
    let at = 0
    for (const part of file!.parts) {
      const read = `dd if="$1" bs=1M iflag=skip_bytes,count_bytes skip=$2 count=$3 status=none | sha256sum`
      const sum = await shell(read, { args: [path, String(at), String(part.size)] })
      expect(sum.slice(0, 64)).toBe(part.sha256)
      at += part.size
    }
    expect(at).toBe(statSync(path).size)
    const list = join(folder, file!.entries.name)
    expect((await shell('sha256sum < "$1"', { args: [list] })).slice(0, 64)).toBe(file!.entries.sha256)
  })

  it('has each block alone at its place, and each entry’s content where the list says', async () => {
    const { folder, manifest } = await backUpTree()
    const [file] = manifest.files
    const stored = readFileSync(join(folder, file!.name))
    const { blocks, entries } = await listOf(folder, manifest)
    expect(blocks.length).toBeGreaterThan(1)
    const content = blocks.map(({ at, size }) =>
      execFileSync('zstd', ['-dc'], { input: stored.subarray(at, at + size), maxBuffer: 64 * MiB }),
    )
    expect(content.slice(0, -1).every(block => block.length === 8 * MiB)).toBe(true)
    const tar = Buffer.concat(content)
    expect(tar.length).toBe(file!.contentBytes)
    const files = entries.filter(entry => entry.kind === 'file')
    expect(files.length).toBeGreaterThan(300)
    for (const entry of files) {
      const bytes = tar.subarray(entry.data, entry.data + entry.size)
      expect(sha256(bytes), entry.path).toBe(entry.sha256)
      expect(
        bytes.equals(readFileSync(Buffer.from(`${source.slice(0, -'tree'.length)}${entry.path}`, 'latin1'))),
      ).toBe(true)
    }
    expect(entries.length).toBe(file!.entries.count)
  })

  it('restores by the commands that the manifest gives, as they stand', async () => {
    for (const compression of ['zstd', 'gzip', 'none'] as const) {
      const { folder, manifest } = await backUpTree({ compression, level: 1 })
      const commands = manifest.restore.split('\n').filter(line => line.startsWith('  '))
      await shell(commands.join('\n'), { cwd: folder })
      expect(describeTree(join(folder, 'tree'), ['owner', 'folder-mtime']).length).toBe(before.length)
      expect(describeTree(join(folder, 'tree', 'many'))).toEqual(describeTree(join(source, 'many')))
    }
  })

  it('restores a command’s output by the manifest’s commands', async () => {
    const test = await openTestEngine()
    const folder = await test.addServer('one')
    const run = await backUp(
      test,
      commandBackup('seq 1 2000000', 'numbers.txt', ['one'], { compression: 'zstd', level: 1 }),
    )
    expect(run.state).toBe('succeeded')
    const manifest = await onlyManifest(folder)
    const commands = manifest.restore.split('\n').filter(line => line.startsWith('  '))
    await shell(commands.join('\n'), { cwd: folder })
    const restored = (await objectsIn(folder)).find(name => name.endsWith('.restored'))!
    expect(readFileSync(join(folder, restored))).toEqual(
      execFileSync('seq', ['1', '2000000'], { maxBuffer: 32 * MiB }),
    )
  })

  it('is decrypted by age with an identity key', async () => {
    const identity = await generateIdentity()
    const { test, folder, manifest } = await backUpTree({
      encryptTo: { recipients: [await identityToRecipient(identity)] },
    })
    expect(manifest.source).toEqual({ kind: 'files' })
    expect(JSON.stringify(manifest)).not.toContain(place)
    const key = join(test.root, 'key')
    writeFileSync(key, `${identity}\n`, { mode: 0o600 })
    const into = join(test.root, 'out')
    mkdirSync(into)
    const [file] = manifest.files
    await shell(`age -d -i "$2" "$1" | zstd -dc | ${extract} -C "$3"`, {
      args: [join(folder, file!.name), key, into],
    })
    if (isRoot) expect(describeTree(join(into, 'tree'))).toEqual(before)
    const list = await shell('age -d -i "$2" "$1" | zstd -dc', {
      args: [join(folder, file!.entries.name), key],
    })
    expect(list.split('\n')[0]).toContain('"drydockEntries":1')
    const stored = readFileSync(join(folder, file!.entries.name))
    expect(stored.subarray(0, 21).toString()).toBe('age-encryption.org/v1')
  })

  it('is decrypted by the reference library of age with the passphrase', async () => {
    const { folder, manifest } = await backUpTree({ encryptTo: 'passphrase' }, 'correct horse')
    const [file] = manifest.files
    const stored = readFileSync(join(folder, file!.name))
    const decrypter = new Decrypter()
    decrypter.addPassphrase('correct horse')
    const plain = await decrypter.decrypt(stored)
    const { blocks } = await listOf(folder, manifest, 'correct horse')
    expect(plain.length).toBe(blocks.at(-1)!.at + blocks.at(-1)!.size)
    const tar = await shell('zstd -dc | tar t', { input: plain })
    expect(tar.split('\n').length).toBeGreaterThan(300)
  })

  it('keeps a content that ends exactly with a block or with a chunk of age', async () => {
    for (const size of [8 * MiB, 8 * MiB - 1, 8 * MiB + 1, 65536, 65535, 65537, 0, 1]) {
      const test = await openTestEngine()
      const folder = await test.addServer('one')
      const identity = await generateIdentity()
      const data = join(test.root, 'data')
      writeFileSync(data, noise(size))
      const options = { encryptTo: { recipients: [await identityToRecipient(identity)] } }
      const run = await backUp(test, commandBackup(`cat '${data}'`, 'x.bin', ['one'], options))
      expect(run.state, String(size)).toBe('succeeded')
      const manifest = await onlyManifest(folder)
      writeFileSync(join(test.root, 'key'), `${identity}\n`)
      await shell('age -d -i "$2" "$1" | cmp - "$3"', {
        args: [join(folder, manifest.files[0]!.name), join(test.root, 'key'), data],
      })
    }
  })
})

/** The blocks and entries of a point's only list. */
async function listOf(
  folder: string,
  manifest: Manifest,
  passphrase?: string,
): Promise<{ blocks: { at: number; size: number }[]; entries: Entry[] }> {
  const [file] = manifest.files
  const blocks: { at: number; size: number }[] = []
  const entries: Entry[] = []
  for await (const item of readEntryList(
    join(folder, file!.entries.name),
    file!,
    passphrase === undefined ? undefined : { passphrase },
  )) {
    if ('block' in item) blocks.push(item)
    if ('entry' in item) entries.push(item.entry)
  }
  return { blocks, entries }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
