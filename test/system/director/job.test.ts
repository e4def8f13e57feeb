import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jobLink } from '../../../electron/engine/system/director/job/job-link.ts'
import { startJob } from '../../../electron/engine/system/director/job/start-job.ts'
import { filesHolding } from '../../support/canary.ts'
import { everythingInPs, localMachine, runs, sshMachine, until } from '../../support/director-host.ts'
import type { TestMachine } from '../../support/director-host.ts'
import { Terminal, begin, deployment, never, reason, specOf } from '../../support/director-job.ts'
import { ensureDebianPackages } from '../../support/servers/debian.ts'
import { sshdAvailable } from '../../support/servers/sshd.ts'

const exec = promisify(execFile)
const python = await ensureDebianPackages(['python3'])
const sshd = await sshdAvailable()

describe.each([
  { name: `this machine${reason(python)}`, make: localMachine, can: python.ok },
  { name: `a machine over ssh${reason(python, sshd)}`, make: () => sshMachine(), can: python.ok && sshd.ok },
])('a job on $name', ({ make, can }) => {
  describe.skipIf(!can)('', () => {
    let machine: TestMachine
    beforeAll(async () => {
      machine = await make()
    })
    afterAll(() => machine?.stop())

    it('runs the command in a terminal of its own, and tells its exit status', async () => {
      const folder = await deployment(
        'echo "$*|$PWD|$TERM|$LANG|$(stty size)|$(tty | grep -c pts)|$(umask)"; exit 7',
      )
      const odd = ['a b', "it's", '"$HOME"', 'ümlaut', '']
      const link = await begin(await machine.open(), specOf(folder, { argv: ['./setup.sh', ...odd] }))
      const terminal = new Terminal(link)
      expect(await terminal.end()).toMatchObject({ exit: 7, signal: null, lost: false })
      const mask = (await exec('sh', ['-c', 'umask'])).stdout.trim()
      expect(terminal.text).toBe(`${odd.join(' ')}|${folder}|xterm|C.UTF-8|40 120|1|${mask}\r\n`)
      expect(await link.status()).toMatchObject({ is: 'ended', exit: 7, size: terminal.next, lost: false })
      await link.remove()
      expect(await link.status()).toEqual({ is: 'unknown' })
      expect(await readdir(folder)).toEqual(['setup.sh'])
    })

    it('tells the signal that ended it', async () => {
      const link = await begin(await machine.open(), specOf(await deployment('echo bye; kill -TERM $$')))
      const terminal = new Terminal(link)
      expect(await terminal.end()).toMatchObject({ exit: null, signal: 'SIGTERM', lost: false })
      expect(terminal.text).toBe('bye\r\n')
    })

    it('types an answer where it was asked for, and a secret only while nothing is shown', async () => {
      const folder = await deployment(
        `read -p 'Name: ' name; stty -echo; printf 'Key: '; read key; stty echo; echo; echo "$name/$key"`,
      )
      const link = await begin(await machine.open(), specOf(folder))
      const terminal = new Terminal(link)
      expect((await terminal.quietAfter('Name: ')).echo).toBe(true)
      const at = terminal.next
      expect(await link.type('hidden', { secret: true, at })).toBe('echo-is-on')
      expect(await link.type('Bob', { secret: false, at: at - 1 })).toBe('output-moved')
      expect(await link.type('Bøb', { secret: false, at })).toBe('sent')
      const quiet = await terminal.quietAfter('Key: ')
      expect(quiet.echo).toBe(false)
      expect(quiet.ms).toBeGreaterThanOrEqual(200)
      // What was meant for the first question never reaches the second.
      expect(await link.type('late', { secret: false, at })).toBe('output-moved')
      expect(await link.type('s3cr et', { secret: true, at: terminal.next })).toBe('sent')
      expect(await terminal.end()).toMatchObject({ exit: 0 })
      expect(terminal.text).toBe('Name: Bøb\r\nKey: \r\nBøb/s3cr et\r\n')
      expect(await link.type('more', { secret: false, at: terminal.next })).toBe('ended')
    })

    it('says again and again that it is quiet, and begins at once for who attaches late', async () => {
      const link = await begin(await machine.open(), specOf(await deployment(`read -p 'Name: ' name`)))
      const terminal = new Terminal(link)
      const first = await terminal.quietAfter('Name: ')
      const second = await terminal.quietAfter('Name: ')
      expect(second.ms).toBeGreaterThan(first.ms)
      const late = new Terminal(link, terminal.next)
      expect(await late.step()).toMatchObject({ is: 'quiet', echo: true })
      expect(await link.type('x', { secret: false, at: late.next })).toBe('sent')
      await terminal.end()
    })

    it('types no control character, and no line that a terminal would cut', async () => {
      const link = jobLink(await machine.open(), 'absent')
      for (const line of ['a\nb', '\x03', 'x'.repeat(4001)])
        await expect(link.type(line, { secret: false, at: 0 })).rejects.toMatchObject({
          code: 'input.invalid',
        })
    })

    it('shows a secret in no list of processes and in no file', async () => {
      const secret = `cAnary-${randomBytes(8).toString('hex')}`
      const folder = await deployment(`read -s -p 'Key: ' key; echo; read -p 'Go? ' go; echo "\${#key}"`)
      const spec = specOf(folder)
      const link = await begin(await machine.open(), spec)
      const terminal = new Terminal(link)
      await terminal.quietAfter('Key: ')
      let seen = ''
      const [typed] = await Promise.all([
        link.type(secret, { secret: true, at: terminal.next }),
        everythingInPs().then(text => (seen += text)),
      ])
      expect(typed).toBe('sent')
      await terminal.quietAfter('Go? ')
      seen += await everythingInPs()
      expect(seen).toContain('supervisor.py')
      expect(seen).not.toContain(secret)
      expect(await filesHolding(machine.home, [secret])).toEqual([])
      expect(await filesHolding(folder, [secret])).toEqual([])
      await link.type('', { secret: false, at: terminal.next })
      await terminal.end()
      expect(terminal.text).toContain(`${secret.length}\r\n`)
      expect(await filesHolding(machine.home, [secret])).toEqual([])
      const job = join(machine.home, '.drydock', 'jobs', spec.id)
      expect((await stat(job)).mode & 0o777).toBe(0o700)
      for (const name of await readdir(job)) expect((await stat(join(job, name))).mode & 0o77, name).toBe(0)
    })

    it('lets one operator in at a time, and tells the second who is there since when', async () => {
      const host = await machine.open()
      const folder = await deployment(`read -p 'Go? ' go`)
      const spec = specOf(folder)
      const link = await begin(host, spec)
      const status = await link.status()
      if (status.is !== 'running') throw new Error(status.is)
      const second = specOf(folder, { who: 'a.second@laptop-8' })
      await expect(startJob(host, second)).rejects.toMatchObject({
        code: 'run.conflict',
        detail: `m.keller@laptop-7 since ${status.started}`,
      })
      expect(await jobLink(host, second.id).status()).toEqual({ is: 'unknown' })
      // Not even the folder of the refused job is left.
      expect(await readdir(join(machine.home, '.drydock', 'jobs'))).not.toContain(second.id)
      const lock = JSON.parse(await readFile(join(folder, '.drydock-lock'), 'utf8'))
      expect(lock).toMatchObject({ who: spec.who, since: status.started, job: spec.id })
      await expect(link.remove()).rejects.toMatchObject({ code: 'run.conflict' })
      const terminal = new Terminal(link)
      await terminal.quietAfter('Go? ')
      await link.type('', { secret: false, at: terminal.next })
      await terminal.end()
      await until(async () => !(await readdir(folder)).includes('.drydock-lock'))
      expect(await (await begin(host, second)).status()).toMatchObject({ who: second.who })
    })

    it('starts nothing when it is asked a second time for the same job', async () => {
      const folder = await deployment('echo begun >> begun; sleep 1000')
      const spec = specOf(folder)
      const host = await machine.open()
      await begin(host, spec)
      await Promise.all([startJob(host, spec), startJob(host, spec)])
      await until(async () => (await readFile(join(folder, 'begun'), 'utf8').catch(() => '')) !== '')
      expect(await readFile(join(folder, 'begun'), 'utf8')).toBe('begun\n')
    })

    it('presses Ctrl-C', async () => {
      const folder = await deployment(
        `trap 'echo stopping; exit 9' INT; echo ready; while :; do sleep 0.1; done`,
      )
      const link = await begin(await machine.open(), specOf(folder))
      const terminal = new Terminal(link)
      while (!terminal.text.includes('ready')) await terminal.step()
      await link.stop('interrupt')
      expect(await terminal.end()).toMatchObject({ exit: 9 })
      expect(terminal.text).toBe('ready\r\n^Cstopping\r\n')
    })

    it('kills all that the command has started, also what left its session or ignores signals', async () => {
      const folder = await deployment(
        `setsid sh -c 'trap "" TERM HUP; echo $$ > one; sleep 1000' &
(setsid sh -c 'echo $$ > two; exec sleep 1000' &)
trap '' TERM INT HUP
while [ ! -s one ] || [ ! -s two ]; do sleep 0.05; done
echo ready; sleep 1000`,
      )
      const link = await begin(await machine.open(), specOf(folder))
      const terminal = new Terminal(link)
      while (!terminal.text.includes('ready')) await terminal.step()
      await link.stop('kill')
      expect(await terminal.end()).toMatchObject({ exit: null, signal: 'SIGKILL', lost: false })
      for (const name of ['one', 'two'])
        expect(await runs(Number(await readFile(join(folder, name), 'utf8')))).toBe(false)
      expect(await readdir(folder)).not.toContain('.drydock-lock')
    })

    it('ends with the command, whatever it has left in the background', async () => {
      const folder = await deployment('sleep 1000 & echo $! > pid; echo over')
      const link = await begin(await machine.open(), specOf(folder))
      const terminal = new Terminal(link)
      expect(await terminal.end()).toMatchObject({ exit: 0 })
      expect(terminal.text).toBe('over\r\n')
      // As at a real terminal, it is not ended by that.
      const left = Number(await readFile(join(folder, 'pid'), 'utf8'))
      expect(await runs(left)).toBe(true)
      process.kill(left)
    })

    it('says plainly what cannot be started, and leaves nothing behind', async () => {
      const host = await machine.open()
      const refused = async (folder: string, argv: string[], code: string, detail: RegExp) => {
        const spec = specOf(folder, { argv })
        const starting = startJob(host, spec)
        await expect(starting).rejects.toMatchObject({ code })
        await starting.catch((err: { detail?: string }) => expect(err.detail).toMatch(detail))
        expect(await jobLink(host, spec.id).status()).toEqual({ is: 'unknown' })
        expect(await readdir(folder).catch(() => [])).not.toContain('.drydock-lock')
      }
      const folder = await deployment('exit 0', '#!/no/such/interpreter')
      await refused(folder, ['./absent.sh'], 'local.command', /absent\.sh is not there/)
      await refused(folder, ['no-such-program'], 'local.command', /no-such-program is not there/)
      await refused(folder, ['./setup.sh'], 'local.command', /No such file.*interpreter/)
      await mkdir(join(folder, 'folder'))
      await refused(folder, ['./folder'], 'local.command', /not executable/)
      await refused(join(folder, 'absent'), ['./setup.sh'], 'remote.not-found', /absent/)
      await chmod(join(folder, 'setup.sh'), 0o644)
      await refused(folder, ['./setup.sh'], 'local.command', /setup\.sh is not executable/)
      await expect(startJob(host, specOf(folder, { id: '../evil' }))).rejects.toMatchObject({
        code: 'input.invalid',
      })
    })

    it('runs a script without a first line as a shell would', async () => {
      const link = await begin(await machine.open(), specOf(await deployment('echo "$1"; exit 2', '')))
      const terminal = new Terminal(link)
      expect(await terminal.end()).toMatchObject({ exit: 2 })
      expect(terminal.text).toBe('standalone\r\n')
    })

    it('says that there is no such job', async () => {
      const link = jobLink(await machine.open(), 'absent')
      expect(await link.status()).toEqual({ is: 'unknown' })
      expect(await link.type('x', { secret: false, at: 0 })).toBe('ended')
      await link.stop('kill')
      await link.remove()
      await expect(link.follow(0, never).next()).rejects.toMatchObject({ code: 'run.unknown' })
    })
  })
})
