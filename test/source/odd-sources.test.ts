import { spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { StoredRun } from '../../electron/engine/run/stored-run.ts'
import { exitCodeOf } from '../../shared/failure.ts'
import type { TestEngine } from '../support/engine.ts'
import {
  backUp,
  filesBackup,
  objectsIn,
  onlyManifest,
  openTestEngine,
  problemsOf,
  shell,
} from '../support/engine.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import { suiteNeeds } from '../support/skip.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { describeTree, isRoot, makeOddKinds, writeSparse } from '../support/tree.ts'

/** An engine with one server, and an empty source folder. */
async function prepared() {
  const test = await openTestEngine()
  const folder = await test.addServer('one')
  const source = join(test.root, 'source')
  mkdirSync(source)
  return { test, folder, source }
}

async function listed(folder: string): Promise<string[]> {
  const [file] = (await onlyManifest(folder)).files
  return (await shell('zstd -dc "$1" | tar t --quoting-style=literal', { args: [join(folder, file!.name)] }))
    .split('\n')
    .filter(Boolean)
    .sort()
}

const put = (folder: string, ...names: string[]) => {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), name)
  }
}

describe('what a backup of files holds', () => {
  it('names sockets as not kept and keeps everything else', async () => {
    const { test, folder, source } = await prepared()
    await makeOddKinds(source)
    const run = await backUp(test, filesBackup([source], ['one']))
    expect(run).toMatchObject({ state: 'succeeded', problems: 0 })
    expect((await onlyManifest(folder)).notKept).toEqual(['1 sockets (they hold no content)'])
    expect((await listed(folder)).length).toBe(describeTree(source).length + 1)
  })

  it('takes an empty folder', async () => {
    const { test, folder, source } = await prepared()
    expect((await backUp(test, filesBackup([source], ['one']))).state).toBe('succeeded')
    expect(await listed(folder)).toEqual(['source/'])
  })

  it('takes a single file, and a folder named with a slash at its end', async () => {
    const { test, folder, source } = await prepared()
    put(source, 'a', 'sub/b')
    expect((await backUp(test, filesBackup([join(source, 'a'), `${source}/sub///`], ['one']))).state).toBe(
      'succeeded',
    )
    const manifest = await onlyManifest(folder)
    expect(manifest.source).toMatchObject({ base: source })
    expect(await listed(folder)).toEqual(['a', 'sub/', 'sub/b'])
  })

  it('keeps paths relative to the longest common folder, and each thing once', async () => {
    const { test, folder, source } = await prepared()
    put(source, 'x/deep/a', 'x/deep/b', 'x-y/c', 'z/unwanted')
    const paths = ['x/deep', 'x', 'x/deep/a', 'x-y', 'x', './x/../x'].map(path => `${source}/${path}`)
    expect((await backUp(test, filesBackup(paths, ['one']))).state).toBe('succeeded')
    expect((await onlyManifest(folder)).source).toMatchObject({ base: source })
    expect(await listed(folder)).toEqual(['x-y/', 'x-y/c', 'x/', 'x/deep/', 'x/deep/a', 'x/deep/b'])
  })

  it('never leaves the base when a path has dots in it', async () => {
    const { test, folder, source } = await prepared()
    put(source, 'sub/a', 'b')
    expect((await backUp(test, filesBackup([`${source}/sub/..`], ['one']))).state).toBe('succeeded')
    expect(await listed(folder)).toEqual(['source/', 'source/b', 'source/sub/', 'source/sub/a'])
  })

  it('leaves out the state folder and folders that are servers', async () => {
    const { test, folder } = await prepared()
    put(test.root, 'source/a')
    expect((await backUp(test, filesBackup([test.root], ['one']))).state).toBe('succeeded')
    expect((await listed(folder)).map(path => path.replace(/^[^/]+/, '.'))).toEqual([
      './',
      './source/',
      './source/a',
    ])
  })

  it('leaves them out when a link on the way to the source hides that they are inside', async () => {
    const { test, folder } = await prepared()
    put(test.root, 'source/a')
    const elsewhere = await tempFolder()
    symlinkSync(join(test.root, '..'), join(elsewhere, 'link'))
    const through = join(elsewhere, 'link', basename(test.root))
    expect((await backUp(test, filesBackup([through], ['one']))).state).toBe('succeeded')
    expect((await listed(folder)).map(path => path.replace(/^[^/]+/, '.'))).toEqual([
      './',
      './source/',
      './source/a',
    ])
    expect((await backUp(test, filesBackup([join(through, 'home')], ['one']))).failure?.code).toBe(
      'input.invalid',
    )
  })

  it.each([
    [['**/*.tmp'], ['s/', 's/a', 's/sub/', 's/sub/c', 's/x.tmp.d/', 's/x.tmp.d/e']],
    [['s/*.tmp'], ['s/', 's/a', 's/sub/', 's/sub/c', 's/sub/d.tmp', 's/x.tmp.d/', 's/x.tmp.d/e']],
    [['s/sub'], ['s/', 's/a', 's/b.tmp', 's/x.tmp.d/', 's/x.tmp.d/e']],
    [['s/sub/**'], ['s/', 's/a', 's/b.tmp', 's/sub/', 's/x.tmp.d/', 's/x.tmp.d/e']],
    [['*'], []],
    [
      ['**/.hidden', 's/a'],
      ['s/', 's/b.tmp', 's/sub/', 's/sub/c', 's/sub/d.tmp', 's/x.tmp.d/', 's/x.tmp.d/e'],
    ],
  ])('leaves out %j', async (excludes, expected) => {
    const { test, folder, source } = await prepared()
    put(source, 's/a', 's/b.tmp', 's/sub/c', 's/sub/d.tmp', 's/x.tmp.d/e')
    const run = await backUp(test, filesBackup([join(source, 's')], ['one'], { excludes }))
    expect(run.state).toBe('succeeded')
    expect(await listed(folder)).toEqual(expected)
  })

  it('leaves out names with line breaks that a pattern matches', async () => {
    const { test, folder, source } = await prepared()
    put(source, 's/new\nline.tmp', 's/sub/new\nline.tmp', 's/kept')
    await backUp(test, filesBackup([join(source, 's')], ['one'], { excludes: ['**/*.tmp'] }))
    expect(await listed(folder)).toEqual(['s/', 's/kept', 's/sub/'])
  })

  it('promises the size of a file above 8 GiB, as tar reads it', async () => {
    const { encodeHeader } = await import('../../electron/engine/archive/tar/header.ts')
    const entry = {
      path: 'huge',
      kind: 'file' as const,
      size: 9 * 2 ** 30 + 1,
      mtime: '1',
      mode: 0o644,
      uid: 3_000_000,
      gid: 2_999_999,
      user: 'ü'.repeat(20),
      group: '',
      sha256: null,
      data: 0,
    }
    const out = await shell('tar tvf - --numeric-owner 2>/dev/null || true', { input: encodeHeader(entry) })
    expect(out).toContain(' 3000000/2999999 9663676417 ')
    expect(await shell('tar tvf - 2>/dev/null || true', { input: encodeHeader(entry) })).toContain(
      'ü'.repeat(20),
    )
  })

  it('names what lies deeper than the system lets a program go', async () => {
    const { test, source } = await prepared()
    const name = 'd'.repeat(200)
    await shell('cd "$1"; for i in $(seq 25); do mkdir "$2"; cd "$2"; done; echo deep > file', {
      args: [source, name],
    })
    const run = await backUp(test, filesBackup([source], ['one']))
    expect(run).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(run.firstProblems[0]).toMatchObject({ code: 'source.unreadable' })
    expect(run.firstProblems[0]?.detail).toContain('ENAMETOOLONG')
    await shell('rm -rf "$1"/ddd*', { args: [source] })
  })
})

describe('sources that a backup refuses', () => {
  it('refuses a path that is not there and leaves nothing on the server', async () => {
    const { test, folder } = await prepared()
    const run = await backUp(test, filesBackup([join(test.root, 'nowhere')], ['one']))
    expect(run).toMatchObject({
      state: 'failed',
      failure: { code: 'local.not-found', subject: join(test.root, 'nowhere') },
    })
    expect(exitCodeOf(run.failure!.code)).toBe(2)
    expect(await objectsIn(folder)).toEqual([])
  })

  it('refuses a link and says what it points to', async () => {
    const { test, folder, source } = await prepared()
    symlinkSync(source, join(test.root, 'link'))
    const run = await backUp(test, filesBackup([join(test.root, 'link/')], ['one']))
    expect(run.failure).toMatchObject({ code: 'input.invalid' })
    expect(run.failure?.detail).toContain(source)
    expect(await objectsIn(folder)).toEqual([])
  })

  it('refuses to make an empty backup of a server’s own folder', async () => {
    const { test, folder } = await prepared()
    const run = await backUp(test, filesBackup([folder], ['one']))
    expect(run.failure).toMatchObject({ code: 'input.invalid', subject: folder })
  })

  it('refuses a path that is not absolute, and a level the compressor does not know', async () => {
    const { test, source } = await prepared()
    expect((await backUp(test, filesBackup(['relative'], ['one']))).failure?.code).toBe('input.invalid')
    await expect(
      backUp(test, filesBackup([source], ['one'], { compression: 'gzip', level: 19 })),
    ).rejects.toMatchObject({ code: 'input.invalid' })
  })
})

const attributes = await ensureDebianPackages(['attr', 'acl'])
suiteNeeds('extended attributes and ACLs', attributes, () => {
  const setUp = (source: string) =>
    shell(
      `cd "$1"
       touch a 'line
break' "$(printf 'cr\\rname')" 'back\\slash'; mkdir sub; touch "$(printf '\\xff')"
       for f in *; do setfattr -n user.note -v "note of $f" "$f"; done
       setfattr -n user.empty a; setfattr -n 'user.a=b\\c' -v 1 a; setfattr -n user.bytes -v 0x00ff0a3d a
       setfacl -m u:12345:r a; setfacl -d -m g:54321:rx sub`,
      { args: [source] },
    )
  const dump = (folder: string) =>
    shell('cd "$1" && getfattr -R -h -d -m "^(user|system.posix_acl)" -e hex . ', { args: [folder] })

  it('keeps them in the archive, where tar finds them', async () => {
    const { test, folder, source } = await prepared()
    await setUp(source)
    const run = await backUp(test, filesBackup([source], ['one']))
    expect(run).toMatchObject({ state: 'succeeded', problems: 0 })
    const manifest = await onlyManifest(folder)
    expect(manifest.notKept).toEqual([])
    const out = join(test.root, 'out')
    await mkdir(out)
    await shell(`zstd -dc "$1" | tar x --xattrs --xattrs-include='*' -C "$2"`, {
      args: [join(folder, manifest.files[0]!.name), out],
    })
    const withoutEmpty = (text: string) =>
      text
        .split('\n')
        .filter(line => line !== 'user.empty')
        .join('\n')
    expect(withoutEmpty(await dump(join(out, 'source')))).toBe(withoutEmpty(await dump(source)))
    const entries = await shell('zstd -dc "$1"', { args: [join(folder, manifest.files[0]!.entries.name)] })
    expect(entries).toContain('"user.empty":""')
  })

  it('names them as not kept where the system’s tool is missing', async () => {
    const { test, folder, source } = await prepared()
    await setUp(source)
    const path = process.env['PATH']
    process.env['PATH'] = test.root
    try {
      expect((await backUp(test, filesBackup([source], ['one']))).state).toBe('succeeded')
    } finally {
      process.env['PATH'] = path
    }
    expect((await onlyManifest(folder)).notKept).toEqual([
      'extended attributes and ACLs (the system’s getfattr is not installed)',
    ])
  })
})

suiteNeeds(
  'a backup by somebody who may not read everything',
  isRoot ? { ok: true } : { ok: false, why: 'only root can become somebody else' },
  () => {
    it('lists what it could not read as problems and keeps the rest', async () => {
      const test = await openTestEngine()
      const source = join(test.root, 'source')
      put(source, 'open', 'closed', 'closed folder/inside')
      chmodSync(join(source, 'closed'), 0)
      chmodSync(join(source, 'closed folder'), 0)
      chmodSync(test.root, 0o755)
      const state = join(test.root, 'state')
      mkdirSync(state)
      chmodSync(state, 0o777)
      const fixture = fileURLToPath(new URL('fixtures/backup-as.ts', import.meta.url))
      // A number without a name, as in many containers.
      const child = spawnSync(
        'setpriv',
        ['--reuid=61234', '--regid=61234', '--clear-groups', process.execPath, fixture, state, source],
        {
          encoding: 'utf8',
          env: { ...process.env, HOME: state },
        },
      )
      expect(child.stderr).toBe('')
      const run = JSON.parse(child.stdout) as StoredRun
      expect(run).toMatchObject({ state: 'succeeded', problems: 2 })
      expect(run.firstProblems.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
        'source.denied source/closed',
        'source.denied source/closed folder',
      ])
      expect(await listed(join(state, 'server-one'))).toEqual([
        'source/',
        'source/closed folder/',
        'source/open',
      ])
      expect((await onlyManifest(join(state, 'server-one'))).user).toBe('61234')
    })
  },
)

describe('files that change while they are read', () => {
  /** A backup of `big` and then `later`, held at its first block until `change` is done. */
  async function changedDuring(change: (source: string) => void) {
    const { test, folder, source } = await prepared()
    writeSparse(join(source, 'a big'), 100 * 2 ** 20, [])
    put(source, 'b later', 'c last', 'd gone')
    const run = await test.engine.startBackup(
      filesBackup([source], ['one'], { compression: 'none', level: 0, limit: 1_000_000 }),
    )
    await journalHolds(test, run.id, '"t":"block"')
    change(source)
    await run.setLimit(null)
    const record = await run.done
    const out = join(test.root, 'out')
    mkdirSync(out)
    const [file] = (await onlyManifest(folder)).files
    await shell('tar xf "$1" -C "$2"', { args: [join(folder, file!.name), out] })
    const problems = await problemsOf(record, test.home)
    return {
      record,
      out: join(out, 'source'),
      problems: problems.map(({ code, subject }) => `${code} ${subject}`),
      file: file!,
      test,
    }
  }

  it('zeroes what is missing of a file that became shorter, and says so', async () => {
    const { record, out, problems } = await changedDuring(source =>
      writeFileSync(join(source, 'a big'), 'short'),
    )
    expect(record).toMatchObject({ state: 'succeeded', problems: 1 })
    expect(problems).toEqual(['source.changed source/a big'])
    expect(lstatSync(join(out, 'a big')).size).toBe(100 * 2 ** 20)
    expect(readFileSync(join(out, 'c last'), 'utf8')).toBe('c last')
  })

  it('keeps the promised size of a file that grew, and says so', async () => {
    const { problems, out } = await changedDuring(source =>
      writeFileSync(join(source, 'a big'), 'more', { flag: 'a' }),
    )
    expect(problems).toEqual(['source.changed source/a big'])
    expect(lstatSync(join(out, 'a big')).size).toBe(100 * 2 ** 20)
  })

  it('goes on when a file is gone, or has become a folder or a fifo', async () => {
    const { record, out, problems } = await changedDuring(source => {
      void shellSync(
        'cd "$1"; rm "b later" "c last" "d gone"; mkdir "b later"; echo x > "b later/x"; mkfifo "c last"',
        source,
      )
    })
    expect(record.state).toBe('succeeded')
    expect(problems).toEqual(['source.vanished source/d gone'])
    expect(await readdir(join(out, 'b later'))).toEqual(['x'])
    expect(lstatSync(join(out, 'c last')).isFIFO()).toBe(true)
  })
})

const shellSync = (script: string, ...args: string[]) => spawnSync('bash', ['-euc', script, 'bash', ...args])

/** Resolves once the run's journal holds `text`; the journal is what tells how far a run is. */
async function journalHolds({ home }: TestEngine, id: string, text: string): Promise<void> {
  const file = join(home, 'runs', id, 'journal.jsonl')
  for (;;) {
    if (readFileSync(file, 'utf8').includes(text)) return
    await new Promise(resolve => setImmediate(resolve))
  }
}
