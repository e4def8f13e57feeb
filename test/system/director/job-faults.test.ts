import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { LocalHost } from '../../../electron/engine/system/director/host/local-host.ts'
import { hostProgram } from '../../../electron/engine/system/director/job/host-programs.ts'
import type { JobSpec } from '../../../electron/engine/system/director/job/job.ts'
import { jobLink } from '../../../electron/engine/system/director/job/job-link.ts'
import { startJob } from '../../../electron/engine/system/director/job/start-job.ts'
import { localMachine, sshMachine, until } from '../../support/director-host.ts'
import type { TestMachine } from '../../support/director-host.ts'
import { Terminal, begin, deployment, never, reason, specOf } from '../../support/director-job.ts'
import { ensureDebianPackages } from '../../support/servers/debian.ts'
import { sshdAvailable } from '../../support/servers/sshd.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { mountSmallDisk, smallDisksAvailable } from '../../support/small-disk.ts'

const smallDisks = await smallDisksAvailable()
const named = (name: string) => (smallDisks.ok ? name : `${name} (skipped: ${smallDisks.why})`)

const exec = promisify(execFile)
const python = await ensureDebianPackages(['python3'])
const sshd = await sshdAvailable()

async function killFollower(id: string): Promise<void> {
  for (const pid of await readdir('/proc')) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')
    if (words.includes(`${id}/supervisor.py`) && words.includes('\0follow\0'))
      process.kill(Number(pid), 'SIGKILL')
  }
}

async function supervisorOf(machine: TestMachine, spec: JobSpec): Promise<number> {
  const file = join(machine.home, '.drydock', 'jobs', spec.id, 'state.json')
  return (JSON.parse(await readFile(file, 'utf8')) as { pid: number }).pid
}

describe.skipIf(!python.ok)(`a job that is cut off${reason(python)}`, () => {
  let machine: TestMachine
  beforeAll(async () => {
    machine = await localMachine()
  })
  afterAll(() => machine?.stop())

  it('says network.interrupted when its follower is killed, and goes on from any offset', async () => {
    const spec = specOf(await deployment(`echo one; read -p '? ' x; echo two`))
    const link = await begin(await machine.open(), spec)
    const terminal = new Terminal(link)
    await terminal.quietAfter('? ')
    await killFollower(spec.id)
    await expect(terminal.end()).rejects.toMatchObject({ code: 'network.interrupted' })
    const again = new Terminal(link, 3)
    await again.quietAfter('? ')
    expect(again.text).toBe('\r\n? ')
    await link.type('x', { secret: false, at: again.next })
    expect(await again.end()).toMatchObject({ exit: 0 })
    expect(again.text).toBe('\r\n? x\r\ntwo\r\n')
  })

  it('tells that it was lost when the supervisor was killed, and the lock is free again', async () => {
    const folder = await deployment(`echo begun; read -p '? ' x`)
    const spec = specOf(folder)
    const host = await machine.open()
    const link = await begin(host, spec)
    const terminal = new Terminal(link)
    await terminal.quietAfter('? ')
    process.kill(await supervisorOf(machine, spec), 'SIGKILL')
    expect(await terminal.end()).toMatchObject({ exit: null, signal: null, lost: true })
    expect(await link.status()).toMatchObject({ is: 'ended', lost: true, exit: null, size: terminal.next })
    expect(await new Terminal(link).end()).toMatchObject({ lost: true })
    expect(await link.type('x', { secret: false, at: terminal.next })).toBe('ended')
    expect(await readdir(folder)).toContain('.drydock-lock')
    const next = await begin(host, specOf(folder))
    expect((await next.status()).is).toBe('running')
    await link.remove()
    // The lock is the new job's; to remove the old one leaves it.
    expect(await readdir(folder)).toContain('.drydock-lock')
  })

  it('tells that it was lost when the host has been restarted since', async () => {
    const spec = specOf(await deployment('sleep 1000'))
    const host = await machine.open()
    const link = await begin(host, spec)
    const file = join(machine.home, '.drydock', 'jobs', spec.id, 'state.json')
    const before = await readFile(file, 'utf8')
    // What the file says after a restart: another start of the machine than this one.
    await writeFile(file, before.replace(/"boot": "[^"]*"/, '"boot": "0000"'))
    expect(await link.status()).toMatchObject({ is: 'ended', lost: true })
    await writeFile(file, before)
    expect(await link.status()).toMatchObject({ is: 'running' })
  })
})

describe.skipIf(!python.ok)(`a job where something is missing${reason(python)}`, () => {
  it('says that python3 is needed on the host', async () => {
    const bin = await tempFolder()
    for (const tool of ['sh', 'mkdir', 'cat', 'wc', 'tr', 'mv'])
      await symlink((await exec('sh', ['-c', `command -v ${tool}`])).stdout.trim(), join(bin, tool))
    const host = new LocalHost({ PATH: bin, HOME: await tempFolder() })
    await expect(startJob(host, specOf(await deployment('exit')))).rejects.toMatchObject({
      code: 'remote.unsupported',
      detail: expect.stringContaining('python3 is needed') as string,
    })
  })

  it('is written for python 3.6', async () => {
    for (const name of ['supervisor', 'serve'] as const)
      await exec('python3', [
        '-c',
        'import ast, sys; ast.parse(sys.argv[1], feature_version=(3, 6))',
        (await hostProgram(name)).toString('utf8'),
      ])
  })

  it('keeps no more than 64 MiB of output, says so, and lets the command go on', async () => {
    const machine = await localMachine()
    onTestFinished(() => machine.stop())
    const limit = 64 * 1024 * 1024
    const link = await begin(
      await machine.open(),
      specOf(
        await deployment(`head -c ${limit + 5_000_000} /dev/zero | tr '\\0' x; echo over > over; exit 5`),
      ),
    )
    await until(async () => (await link.status()).is === 'ended')
    expect(await link.status()).toMatchObject({ exit: 5, size: limit })
    const terminal = new Terminal(link, limit - 200)
    await terminal.end()
    expect(terminal.text).toMatch(/^x+\r\n\[drydock: output was lost here: .*\]\r\n$/s)
  })

  it.skipIf(!smallDisks.ok)(
    named('runs on when the disk is full, and still tells how it ended'),
    async () => {
      const home = await mkdtemp('/tmp/drydock-full-')
      onTestFinished(() => rm(home, { recursive: true }))
      await mountSmallDisk(home, '256k')
      const host = new LocalHost({ ...process.env, HOME: home })
      const folder = await deployment(
        `head -c 3000000 /dev/zero | tr '\\0' x; echo; echo full > full; while [ ! -e go ]; do sleep 0.05; done; echo end; exit 3`,
      )
      const link = await begin(host, specOf(folder))
      await until(async () => (await readdir(folder)).includes('full'))
      expect((await link.status()).is).toBe('running')
      await writeFile(join(folder, 'go'), '')
      await until(async () => (await link.status()).is === 'ended')
      expect(await link.status()).toMatchObject({ exit: 3, signal: null, lost: false })
    },
  )
})

describe.skipIf(!python.ok || !sshd.ok)(`a job and its connections${reason(python, sshd)}`, () => {
  let machine: TestMachine
  beforeAll(async () => {
    machine = await sshMachine()
  })
  afterAll(() => machine?.stop())

  it('loses and doubles no byte however often the connections are killed', async () => {
    const folder = await deployment(`stty -opost
for i in $(seq 1 2500); do
  line="line $i $RANDOM$RANDOM$RANDOM$RANDOM ümlaut"
  echo "$line" >> own.log; echo "$line"
  [ $((i % 25)) = 0 ] && sleep 0.05
done; exit 4`)
    const host = await machine.open()
    const link = await begin(host, specOf(folder))
    const pieces: Uint8Array[] = []
    let next = 0
    let cuts = 0
    let exit: number | null | undefined
    while (exit === undefined) {
      try {
        let since = 0
        for await (const event of link.follow(next, never)) {
          if (event.is === 'ended') exit = event.exit
          if (event.is !== 'output') continue
          expect(event.at).toBe(next)
          next += event.bytes.length
          pieces.push(event.bytes)
          since += 1
          if (since === 2 && cuts < 10) {
            cuts += 1
            await machine.sshd?.dropConnections()
          }
        }
      } catch (err) {
        expect(err).toMatchObject({ code: 'network.interrupted' })
      }
    }
    expect(exit).toBe(4)
    expect(cuts).toBe(10)
    expect(Buffer.concat(pieces).equals(await readFile(join(folder, 'own.log')))).toBe(true)
  })

  it('lives on when the ssh server goes down, and answers when it is back', async () => {
    const folder = await deployment(`read -p 'Go? ' go; echo "went $go"; exit 6`)
    const spec = specOf(folder)
    const link = await begin(await machine.open(), spec)
    const terminal = new Terminal(link)
    await terminal.quietAfter('Go? ')
    await machine.sshd?.restart()
    await expect(terminal.end()).rejects.toMatchObject({ code: 'network.interrupted' })
    // Another Drydock, which knows the id alone.
    const other = jobLink(await machine.open(), spec.id)
    const again = new Terminal(other)
    await again.quietAfter('Go? ')
    expect(await other.type('on', { secret: false, at: again.next })).toBe('sent')
    expect(await again.end()).toMatchObject({ exit: 6 })
    expect(again.text).toBe('Go? on\r\nwent on\r\n')
  })
})
