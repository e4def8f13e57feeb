import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Host } from '../../electron/engine/system/director/host/host.ts'
import { LocalHost } from '../../electron/engine/system/director/host/local-host.ts'
import type { HostSecrets } from '../../electron/engine/system/director/host/open-host.ts'
import { openHost } from '../../electron/engine/system/director/host/open-host.ts'
import { startSshd } from './servers/sshd.ts'
import type { Sshd, SshdOptions } from './servers/sshd.ts'

/** A machine with a home of its own, so that nothing of a test lies in the real `~/.drydock`. */
export type TestMachine = {
  home: string
  sshd: Sshd | null
  /** A `Host` on it; closed with the test. */
  open(): Promise<Host>
  stop(): Promise<void>
}

export async function localMachine(): Promise<TestMachine> {
  const home = await mkdtemp(join(tmpdir(), 'drydock-home-'))
  return {
    home,
    sshd: null,
    open: async () => new LocalHost({ ...process.env, HOME: home }),
    stop: () => rm(home, { recursive: true, force: true, maxRetries: 3 }),
  }
}

export async function sshMachine(options: SshdOptions = {}): Promise<TestMachine> {
  const home = await mkdtemp(join(tmpdir(), 'drydock-home-'))
  const sshd = await startSshd({
    ...options,
    directives: [`SetEnv HOME=${home}`, ...(options.directives ?? [])],
  })
  return {
    home,
    sshd,
    open: () => openSsh(sshd),
    stop: async () => {
      await sshd.stop()
      await rm(home, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Opens the server's machine as a deployment place would be. */
export async function openSsh(
  sshd: Sshd,
  change: { user?: string; port?: number; hostKey?: string | undefined; secrets?: HostSecrets } = {},
): Promise<Host> {
  const host = await openHost(
    {
      kind: 'ssh',
      host: sshd.host,
      port: change.port ?? sshd.port,
      user: change.user ?? sshd.user,
      folder: '/',
      ...('hostKey' in change
        ? change.hostKey === undefined
          ? {}
          : { hostKey: change.hostKey }
        : { hostKey: await sshd.hostFingerprint() }),
    },
    change.secrets ?? { privateKey: sshd.privateKey },
    { env: { HOME: sshd.folder }, log: () => {}, systemKnownHosts: '/nowhere' },
  )
  onTestFinished(() => host.close())
  return host
}

/** Looks again and again until it holds; a test that waits for ever is ended by its own limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(100)
}

/** Whether the process runs: one that is only waiting to be collected does not. */
export async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
}

/** All that can be seen of a process from outside: its arguments and its environment. */
export async function everythingInPs(): Promise<string> {
  let seen = ''
  for (const pid of await readdir('/proc'))
    if (/^\d+$/.test(pid) && Number(pid) !== process.pid)
      for (const what of ['cmdline', 'environ'])
        seen += await readFile(`/proc/${pid}/${what}`, 'latin1').catch(() => '')
  return seen
}
