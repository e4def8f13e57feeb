import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Drydock } from '../cli/support/drydock.ts'
import type { FiveServers } from '../support/five-servers.ts'
import { fiveServersAvailable, startFiveServers } from '../support/five-servers.ts'
import { suiteNeeds } from '../support/skip.ts'

const source = '/usr/share/doc'

suiteNeeds('the main job on five kinds of server', await fiveServersAvailable(), () => {
  let five: FiveServers
  beforeAll(async () => {
    five = await startFiveServers()
  })
  afterAll(() => five?.stop())

  /** A laptop with all five servers added, its vault opened by a passphrase file. */
  async function laptop(): Promise<{ drydock: Drydock; env: Record<string, string> }> {
    const drydock = await Drydock.fresh()
    mkdirSync(drydock.home, { recursive: true })
    const passphrase = drydock.path('vault-passphrase')
    writeFileSync(passphrase, 'only for this test\n', { mode: 0o600 })
    const env = { DRYDOCK_VAULT: 'passphrase', DRYDOCK_VAULT_PASSPHRASE_FILE: passphrase }
    for (const { name, args, secrets } of five.servers) {
      const given = secrets ? ['--secrets-stdin'] : []
      await drydock.json(['server', 'add', name, ...args, ...given], 0, {
        env,
        input: JSON.stringify(secrets),
      })
    }
    return { drydock, env }
  }

  const differences = (restored: string) => {
    try {
      return execFileSync('diff', ['-r', '--no-dereference', source, restored], { encoding: 'utf8' })
    } catch (err) {
      return String((err as { stdout: string }).stdout)
    }
  }
  const journalOf = (drydock: Drydock, run: string) =>
    readFileSync(join(drydock.home, 'runs', run, 'journal.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line.endsWith('}'))
      .map(line => JSON.parse(line) as Record<string, unknown>)

  it('backs up to all of them in one read, and a laptop that knows nothing restores from each', async () => {
    const first = await laptop()
    const made = await first.drydock.json(['backup', source, '--name', 'docs', '--to', 'a,b,c,d,e'], 0, first)
    const point = String(made.result()['point'])
    expect(point).toMatch(/^docs@\d{8}T\d{6}Z$/)

    // What lies on the disk is read by the stock tools alone.
    const disk = join(five.folder, 'disk')
    const file = readdirSync(disk).find(name => name.endsWith('.tar.zst'))!
    const plain = first.drydock.path('plain')
    mkdirSync(plain)
    execFileSync('sh', ['-c', 'zstd -dc "$1" | tar x -C "$2"', 'sh', join(disk, file), plain])
    expect(differences(join(plain, 'doc'))).toBe('')

    const second = await laptop()
    const points = (await second.drydock.json(['points', '--name', 'docs'], 0, second)).events()
    expect(points.find(event => event['point'] === point)).toMatchObject({
      state: 'complete',
      servers: ['a', 'b', 'c', 'd', 'e'],
    })
    for (const { name } of five.servers) {
      await second.drydock.json(['verify', point, '--deep', '--server', name], 0, second)
      const into = second.drydock.path(`from-${name}`)
      await second.drydock.json(['restore', point, '--server', name, '--into', into], 0, second)
      expect(differences(join(into, 'doc')), `restored from ${name}`).toBe('')
    }
  }, 300_000)

  it('goes on after kill -9 in both directions without sending a confirmed part again', async () => {
    const { drydock, env } = await laptop()
    const backup = ['backup', source, '--name', 'killed', '--to', 'a,b,c,d,e', '--limit', '30MB', '--json']
    const started = drydock.start(backup, { env })
    const run = (await started.sees(/"event":"progress","run":"([^"]+)"/))[1]!
    const acknowledged = (server: string, lines: Record<string, unknown>[]) =>
      lines
        .filter(line => line['t'] === 'ack' && line['server'] === server)
        .map(line => Number(line['parts']))
    const names = five.servers.map(({ name }) => name)
    await expect
      .poll(() => names.every(name => (acknowledged(name, journalOf(drydock, run)).at(-1) ?? 0) >= 2), {
        timeout: 60_000,
        interval: 20,
      })
      .toBe(true)
    started.child.kill('SIGKILL')
    await started.ended
    const before = journalOf(drydock, run)
    expect((await drydock.json(['runs', 'show', run], 0, { env })).events()[0]).toMatchObject({
      state: 'interrupted',
    })

    const resumed = await drydock.json(['runs', 'resume', run], 0, { env })
    expect(resumed.events().find(event => event.event === 'run')).toMatchObject({
      id: run,
      state: 'succeeded',
    })
    const after = journalOf(drydock, run).slice(before.length)
    const size = [...before, ...after]
      .filter(line => line['t'] === 'part')
      .reduce((sum, line) => sum + Number(line['size']), 0)
    const log = readFileSync(join(drydock.home, 'runs', run, 'log.txt'), 'utf8')
    for (const name of names) {
      const confirmed = before.filter(line => line['t'] === 'ack' && line['server'] === name).at(-1)!
      // Whatever is not the backup file (entry list, manifest) is far smaller than a part.
      const sent = Number(new RegExp(`${name}: .* sent \\((\\d+) bytes\\)`).exec(log)?.[1])
      expect(sent, `sent to ${name} after the kill`).toBeLessThan(
        size - Number(confirmed['bytes']) + 1_000_000,
      )
      const opened = after.filter(line => line['t'] === 'open' && line['server'] === name)
      expect(opened, `uploads begun anew on ${name}`).toEqual([])
    }
    const point = String(resumed.result()['point'])

    const into = drydock.path('restored')
    const restore = drydock.start(
      ['restore', point, '--server', 'c', '--into', into, '--limit', '20MB', '--json'],
      { env },
    )
    const second = (await restore.sees(/"event":"progress","run":"([^"]+)"/))[1]!
    const reached = () => journalOf(drydock, second).filter(line => line['t'] === 'at').length
    await expect.poll(reached, { timeout: 60_000, interval: 20 }).toBeGreaterThan(3)
    restore.child.kill('SIGKILL')
    await restore.ended
    await drydock.json(['runs', 'resume', second], 0, { env })
    expect(differences(join(into, 'doc'))).toBe('')
    for (const { name } of five.servers)
      await drydock.json(['verify', point, '--deep', '--server', name], 0, { env })
  }, 300_000)
})

describe('the journey’s own judge', () => {
  it('sees a difference when there is one', () => {
    expect(() =>
      execFileSync('diff', ['-r', '--no-dereference', '/usr/share/doc', '/usr/share/man'], {
        stdio: 'ignore',
      }),
    ).toThrow()
  })
})
