import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directorComponents, directorFileName } from '../../shared/director-files.ts'
import { sshdAvailable, startSshd } from '../support/servers/sshd.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import { suiteNeeds } from '../support/skip.ts'
import { goodMaster, goodRestore, latestRestore } from '../system/director/yaml-texts.ts'
import { Drydock } from './support/drydock.ts'

type Problem = { code: string; level: string; file: string; path: string; fix: string }

async function withFiles(
  files: Record<string, string | Uint8Array> = { 'restore.yml': goodRestore, 'master.yml': goodMaster },
): Promise<{ drydock: Drydock; folder: string }> {
  const drydock = await Drydock.fresh()
  const folder = drydock.path('setup')
  await mkdir(folder)
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return { drydock, folder }
}
const problemsOf = (ended: { result(): Record<string, unknown> }) => ended.result()['problems'] as Problem[]

describe('drydock director check', () => {
  it('ends with the verdict go, exit 0 and no problems, for a folder that nothing is wrong with', async () => {
    const { drydock } = await withFiles()
    const ended = await drydock.json(['director', 'check', 'setup'])
    expect(ended.result()).toEqual({
      event: 'result',
      ok: true,
      code: 'done',
      exit: 0,
      verdict: 'go',
      mode: 'standalone',
      problems: [],
    })
    expect(ended.events()).toHaveLength(1)
    expect(await readdir(join(drydock.folder, 'setup'))).toEqual(['master.yml', 'restore.yml'])
  })

  it('ends with the verdict warn and exit 0 for latest names while no server is asked', async () => {
    const { drydock } = await withFiles({ 'restore.yml': latestRestore, 'master.yml': goodMaster })
    const ended = await drydock.json(['director', 'check', 'setup', '--mode', 'standalone'])
    expect(ended.result()).toMatchObject({ ok: true, verdict: 'warn' })
    expect(problemsOf(ended)).toEqual([
      {
        code: 'name.latest',
        level: 'warn',
        file: 'restore.yml',
        path: 'MONGO_DUMP_FILE',
        line: 1,
        finding: expect.any(String) as string,
        fix: expect.any(String) as string,
      },
    ])
  })

  it('ends with the verdict no-go and exit 5 for what must not be restored, and shows no secret', async () => {
    const { drydock } = await withFiles({
      'restore.yml': goodRestore.replace("'elk_20261115", "'elk_20261108"),
      'master.yml': goodMaster.replace('install_msp: ', 'install_msp: 1').replace('port: 22', 'port: 70000'),
    })
    const ended = await drydock.json(['director', 'check', 'setup'], 5)
    expect(ended.result()).toMatchObject({ ok: false, code: 'no-go', verdict: 'no-go' })
    expect(problemsOf(ended).map(({ code, path }) => `${code} ${path}`)).toEqual([
      'stamp.mixed ELK_DUMP_FILE',
      'servers.port servers[0].port',
      'install.msp install_msp',
    ])
    expect(ended.stdout + ended.stderr).not.toContain('correct horse')
    const words = await drydock.run(['director', 'check', 'setup'])
    expect(words.exit).toBe(5)
    expect(words.stdout).toContain('FAIL  restore.yml, line 4, ELK_DUMP_FILE: ')
    expect(words.stdout).toContain('        To do: Leave it empty for a restore.\n')
    expect(words.stdout.trimEnd().split('\n').at(-1)).toBe('NO-GO: 3 to mend before a restore.')
    expect(words.stdout + words.stderr).not.toContain('correct horse')
  })

  it.each<[string, Record<string, string | Uint8Array>, string[]]>([
    ['an empty folder', {}, ['file.missing', 'file.missing']],
    [
      '10 MB',
      { 'restore.yml': goodRestore, 'master.yml': Buffer.alloc(10_000_000, 'a') },
      ['yaml.too-large'],
    ],
    [
      'no UTF-8',
      { 'restore.yml': Buffer.from([0xff, 0xfe, 0x61, 0]), 'master.yml': goodMaster },
      ['yaml.not-utf8'],
    ],
    [
      'Latin-1',
      { 'restore.yml': goodRestore, 'master.yml': Buffer.from('# Köln\n', 'latin1') },
      ['yaml.not-utf8'],
    ],
    ['an alias', { 'restore.yml': goodRestore, 'master.yml': 'a: &a [x]\nservers: *a\n' }, ['yaml.alias']],
    ['a broken file', { 'restore.yml': 'MONGO_DUMP_FILE: [', 'master.yml': goodMaster }, ['yaml.syntax']],
  ])('says no-go, and does not fail, for %s', async (_what, files, codes) => {
    const { drydock } = await withFiles(files)
    const ended = await drydock.json(['director', 'check', 'setup'], 5)
    expect(ended.result()).toMatchObject({ verdict: 'no-go' })
    expect(problemsOf(ended).map(({ code }) => code)).toEqual(codes)
  })

  it('holds the site against the one that is to be restored', async () => {
    const { drydock } = await withFiles()
    const ended = await drydock.json(['director', 'check', 'setup', '--site', 'DC'], 5)
    expect(problemsOf(ended)).toMatchObject([{ code: 'site.mismatch', path: 'director_site', level: 'stop' }])
  })

  it('calls a folder that is not there, and a wrong option, bad input', async () => {
    const { drydock } = await withFiles()
    expect((await drydock.json(['director', 'check', 'nowhere'], 2)).result().code).toBe('local.not-found')
    expect((await drydock.json(['director', 'check', 'setup', '--mode', 'both'], 2)).result().code).toBe(
      'input.invalid',
    )
    expect((await drydock.json(['director', 'check', 'setup', '--port', '22'], 2)).result().code).toBe(
      'input.invalid',
    )
    expect((await drydock.json(['director'], 2)).result().code).toBe('input.invalid')
    expect((await drydock.json(['director', 'check', 'setup', '--server', 'nas'], 2)).result().code).toBe(
      'input.invalid',
    )
  })

  describe('with a server', () => {
    const stamp = '20261115T020003'
    async function withServer(restore: string, change: (name: string) => Uint8Array | null = () => null) {
      const made = await withFiles({ 'restore.yml': restore, 'master.yml': goodMaster })
      const disk = made.drydock.path('disk')
      await mkdir(disk)
      for (const component of directorComponents)
        for (const of of [stamp, 'latest']) {
          const name = directorFileName(component, of)
          await writeFile(join(disk, name), change(name) ?? contentOf(component))
        }
      await made.drydock.json(['server', 'add', 'nas', '--type', 'local', '--path', disk])
      return made.drydock
    }
    const contentOf = (component: string) =>
      component === 'mongo'
        ? gzipSync(Buffer.concat([Buffer.from([0x6d, 0xe2, 0x99, 0x81]), Buffer.alloc(600, 7)]))
        : tarOf(component)

    it('takes latest names as the run they equal, and then says go', async () => {
      const drydock = await withServer(latestRestore)
      const ended = await drydock.json(['director', 'check', 'setup', '--server', 'nas'])
      expect(ended.result()).toMatchObject({ verdict: 'go', problems: [] })
    })

    it('never takes a safety copy for the latest run of a preflight, and restores one that is named', async () => {
      const drydock = await withServer(goodRestore)
      const later = '20261116T020003'
      for (const component of directorComponents)
        await writeFile(drydock.path(join('disk', directorFileName(component, later))), contentOf(component))
      await writeFile(drydock.path(join('disk', `safety-dr_${later}Z.manifest.json`)), '{}')
      const asked = ['director', 'preflight', 'setup', '--server', 'nas', '--stamp']
      const latest = await drydock.json([...asked, 'latest'], 5)
      expect(latest.result()).toMatchObject({ verdict: 'no-go', stamp })
      const named = await drydock.json([...asked, later], 5)
      expect(JSON.stringify(named.events())).toContain('It is a safety copy before a restore')
      for (const component of directorComponents)
        await rm(drydock.path(join('disk', directorFileName(component, stamp))))
      const only = await drydock.json([...asked, 'latest'], 4)
      expect(only.stdout).toContain(`--stamp ${later}`)
    })

    it('stops for a file that is missing, empty or cut off', async () => {
      const drydock = await withServer(goodRestore.replaceAll('20261115T020003', '20261116T020003'))
      const missing = await drydock.json(['director', 'check', 'setup', '--server', 'nas'], 5)
      expect(problemsOf(missing).map(({ code }) => code)).toEqual(Array(5).fill('name.not-on-server'))
      const cut = await withServer(goodRestore, name =>
        name.startsWith('elk_2')
          ? new Uint8Array(0)
          : name.startsWith('postgres_2')
            ? tarOf('postgres').subarray(0, 40)
            : null,
      )
      const ended = await cut.json(['director', 'check', 'setup', '--server', 'nas'], 5)
      expect(problemsOf(ended).map(({ path }) => path)).toEqual(['POSTGRES_DUMP_FILE', 'ELK_DUMP_FILE'])
      expect(problemsOf(ended)[1]?.code).toBe('file.empty')
    })
  })
})

/** A gzip of a tar with one small file in it. */
function tarOf(component: string): Buffer {
  const inside = component === 'postgres' ? 'postgres_dump.sql' : `${component}/file`
  const content = Buffer.from(`content of ${component}\n`)
  const head = Buffer.alloc(512)
  const put = (at: number, text: string) => head.write(text, at, 'latin1')
  put(0, inside)
  put(100, '0000644\0')
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${content.length.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  put(148, ' '.repeat(8))
  put(156, '0')
  put(257, 'ustar\x0000')
  const sum = head.reduce((all, byte) => all + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  const body = Buffer.alloc(512)
  content.copy(body)
  return gzipSync(Buffer.concat([head, body, Buffer.alloc(1024)]))
}

describe('drydock director edit', () => {
  const read = (folder: string, name: string) => readFile(join(folder, name), 'utf8')

  it('writes the names of a run, shows the difference, and keeps the old file', async () => {
    const { drydock, folder } = await withFiles()
    const dry = await drydock.run(['director', 'edit', 'setup', '--stamp', 'latest', '--dry-run'])
    expect(dry.exit).toBe(0)
    expect(dry.stdout).toContain('restore.yml: 5 lines change')
    expect(dry.stdout).toContain("  -    4  ELK_DUMP_FILE: 'elk_20261115T020003_dump.tar.gz'")
    expect(dry.stdout).toContain("  +    4  ELK_DUMP_FILE: 'elk_latest_dump.tar.gz'")
    expect(await read(folder, 'restore.yml')).toBe(goodRestore)
    const ended = await drydock.json(['director', 'edit', 'setup', '--stamp', 'latest'])
    const kept = (await readdir(folder)).filter(name => name.startsWith('restore.yml.'))
    expect(kept).toEqual([expect.stringMatching(/^restore\.yml\.\d{8}T\d{6}Z$/)])
    expect(ended.result()).toMatchObject({
      ok: true,
      verdict: 'warn',
      files: ['restore.yml'],
      kept,
      dryRun: false,
    })
    expect(await read(folder, kept[0]!)).toBe(goodRestore)
    expect(await read(folder, 'restore.yml')).toBe(goodRestore.replaceAll(/_?20261115T020003/g, '_latest'))
    expect(await read(folder, 'master.yml')).toBe(goodMaster)
  })

  it('sets values and a secret that is never shown, and nothing else', async () => {
    const { drydock, folder } = await withFiles()
    await writeFile(
      drydock.path('s.json'),
      JSON.stringify({ values: { 'servers[0].password': 'n"ew hunter2' } }),
    )
    const ended = await drydock.json([
      ...['director', 'edit', 'setup', '--set', 'servers[0].ip=192.0.2.77', '--set', 'servers[0].port=2222'],
      ...['--set', 'director_site=DC', '--set', 'servers[0].bond_ip=', '--secret', 'servers[0].password'],
      ...['--secrets-file', 's.json'],
    ])
    expect(ended.stdout + ended.stderr).not.toMatch(/hunter2|correct horse/)
    expect(await read(folder, 'master.yml')).toBe(
      goodMaster
        .replace('192.0.2.11', '192.0.2.77')
        .replace('port: 22\n', 'port: 2222\n')
        .replace('"DR"', '"DC"')
        .replace('bond_ip: 198.51.100.31', 'bond_ip:')
        .replace('"correct horse"', '"n\\"ew hunter2"'),
    )
    const again = await drydock.json(['director', 'edit', 'setup', '--set', 'director_site=DC'])
    expect(again.result()).toMatchObject({ files: [], kept: [] })
  })

  it.each([
    ['nothing to change', []],
    ['a secret on the command line', ['--set', 'servers[0].password=hunter2hunter2']],
    ['a file of another component', ['--name', 'elk=mongo_latest.dump.gz']],
    ['a file in another folder', ['--name', 'elk=../elk_latest_dump.tar.gz']],
    ['a component that is none', ['--name', 'redis=x']],
    ['a stamp that is none', ['--stamp', 'yesterday']],
    ['a word as port', ['--set', 'servers[0].port=ssh']],
    ['a path that leads nowhere', ['--set', 'vxlan_id.x=1']],
    ['no path', ['--set', '=1']],
  ])('refuses %s and leaves the files as they are', async (_what, args) => {
    const { drydock, folder } = await withFiles()
    const ended = await drydock.json(['director', 'edit', 'setup', ...args], 2)
    expect(ended.result().code).toBe('input.invalid')
    expect(ended.stdout + ended.stderr).not.toContain('hunter2')
    expect(await readdir(folder)).toEqual(['master.yml', 'restore.yml'])
    expect(await read(folder, 'master.yml')).toBe(goodMaster)
  })
})

suiteNeeds('a deployment folder on a host', await sshdAvailable(), () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd?.stop())

  it('is checked and edited over ssh, with the key from a file and the host key pinned', async () => {
    const { drydock } = await withFiles()
    const remote = join(sshd.files, 'setup')
    await mkdir(remote)
    await writeFile(join(remote, 'restore.yml'), goodRestore)
    await writeFile(join(remote, 'master.yml'), goodMaster)
    await writeFile(drydock.path('s.json'), JSON.stringify({ privateKey: sshd.privateKey }))
    const where = [
      `${sshd.user}@${sshd.host}:${remote}`,
      '--port',
      String(sshd.port),
      '--secrets-file',
      's.json',
    ]
    const unknown = await drydock.json(['director', 'check', ...where], 5)
    expect(unknown.result().code).toBe('trust.host-key-unknown')
    const pinned = [...where, '--host-key', await sshd.hostFingerprint()]
    expect((await drydock.json(['director', 'check', ...pinned])).result()).toMatchObject({ verdict: 'go' })
    await drydock.json(['director', 'edit', ...pinned, '--set', 'install_msp=1'])
    expect((await drydock.json(['director', 'check', ...pinned], 5)).result()).toMatchObject({
      verdict: 'no-go',
    })
    const kept = (await readdir(remote)).find(name => name.startsWith('master.yml.'))
    expect(await readFile(join(remote, kept ?? ''), 'utf8')).toBe(goodMaster)
    const nowhere = [`${sshd.user}@${sshd.host}:${remote}/no`, ...pinned.slice(1)]
    expect((await drydock.run(['director', 'check', ...nowhere, '--json'])).result().code).toBe(
      'remote.not-found',
    )
  })

  it('is looked at as a Director: every line, what it comes to in the exit code, and nothing changed', async () => {
    const { drydock, folder } = await withFiles()
    const master = goodMaster
      .replace('192.0.2.11', '127.0.0.1')
      .replace('port: 22\n', `port: ${sshd.port}\n`)
      .replace(/user: .*/, `user: ${sshd.user}`)
      .replace(/password: .*/, `pem: ${sshd.privateKeyFile}`)
    await writeFile(join(folder, 'master.yml'), master)
    const unknown = await drydock.json(['director', 'status', 'setup', '--as', 'dc'], 5)
    expect(unknown.result()).toMatchObject({
      code: 'trust.host-key-unknown',
      verdict: 'failed',
      deployment: 'dc',
    })
    const trust = `127.0.0.1:${sshd.port}=${await sshd.hostFingerprint()}`
    const failed = await drydock.json(['director', 'status', 'dc', '--trust', trust], 1)
    const lines = failed.events().filter(({ event }) => event === 'line')
    expect(lines.find(({ id }) => id === `login:127.0.0.1:${sshd.port}`)).toMatchObject({ state: 'pass' })
    // There is no mongodump on this machine.
    expect(failed.result()).toMatchObject({
      ok: false,
      code: 'remote.failed',
      site: 'DR',
      mode: 'standalone',
    })

    const added = new Date().toISOString()
    const tar = { command: 'tar -cf - /etc/hostname', silence: 60, longest: 60 }
    const commands = Object.fromEntries(directorComponents.map(component => [component, tar]))
    const hostKeys = { [`127.0.0.1:${sshd.port}`]: await sshd.hostFingerprint() }
    const deployments = [{ name: 'dc', place: { kind: 'local', folder }, hostKeys, commands, added }]
    await writeFile(join(drydock.home, 'deployments.json'), JSON.stringify({ version: 1, deployments }))
    // setup.sh is not there.
    const limited = await drydock.run(['director', 'status', 'dc'])
    expect([limited.exit, limited.stdout]).toEqual([
      3,
      expect.stringContaining('warn  Deployment folder: ') as string,
    ])
    expect(limited.stdout.trimEnd().split('\n').at(-1)).toMatch(/^Limited: \d/)
    expect(await readdir(folder)).toEqual(['master.yml', 'restore.yml'])
    expect(await readFile(join(folder, 'master.yml'), 'utf8')).toBe(master)
  })
})
