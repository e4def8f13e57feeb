import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DirectorLine } from '../../../shared/contract/director.ts'
import { directorRequest } from '../../../shared/contract/director.ts'
import type { Deployment } from '../../../shared/director.ts'
import { deployment } from '../../../shared/director.ts'
import { noLog, systemClock } from '../../../electron/engine/ports.ts'
import { openHost } from '../../../electron/engine/system/director/host/open-host.ts'
import type {
  DirectorPreflightDeps,
  DirectorPreflightResult,
} from '../../../electron/engine/system/director/preflight/index.ts'
import { directorPreflight } from '../../../electron/engine/system/director/preflight/index.ts'
import type { z } from 'zod'
import type { Servers } from '../../../electron/engine/servers.ts'
import type { DirectorBackup } from '../../support/director/director-backup.ts'
import { makeDirectorBackup } from '../../support/director/director-backup.ts'
import type { StandIn, StandInOptions } from '../../support/director/stand-in.ts'
import { makeStandIn } from '../../support/director/stand-in.ts'
import { openTestEngine } from '../../support/engine.ts'
import type { Sshd } from '../../support/servers/sshd.ts'
import { startSshd } from '../../support/servers/sshd.ts'

export const stamp = '20261119T070000'
export const otherStamp = '20261118T070000'

/** Two real hosts: one with the deployment folder, and one that `master.yml` names. */
export type Hosts = { place: Sshd; target: Sshd; path: string; stop(): Promise<void> }

/** Both ways to the deployment host find a fake `ansible-playbook` in the path, which is never run. */
export async function startHosts(): Promise<Hosts> {
  const target = await startSshd({ passwordUser: true })
  const tools = join(target.folder, 'tools')
  await mkdir(tools)
  await writeFile(join(tools, 'ansible-playbook'), '#!/bin/sh\nexit 1\n')
  await chmod(join(tools, 'ansible-playbook'), 0o755)
  const path = `${tools}:${process.env['PATH'] ?? ''}`
  const place = await startSshd({ directives: [`SetEnv PATH=${path}`, 'MaxStartups 50'] })
  return {
    place,
    target,
    path,
    stop: async () => void (await Promise.allSettled([place.stop(), target.stop()])),
  }
}

export type Place = {
  standIn: StandIn
  /** The runs of two days, on an SFTP server that the script can be told of. */
  backup: DirectorBackup
  deps: DirectorPreflightDeps & { addServer: Servers['add'] }
  home: string
  /** Runs a preflight; `lines` by their id, without the address of the target. */
  check: (more?: Partial<z.input<typeof directorRequest>>) => Promise<Checked>
  request: (more?: Partial<z.input<typeof directorRequest>>) => z.infer<typeof directorRequest>
}
export type Checked = DirectorPreflightResult & {
  line: (id: string) => DirectorLine | undefined
  told: DirectorLine[]
  /** `id: finding` of all that are not good. */
  trouble: string[]
}

/**
 * A deployment folder on the first host, the second host in its `master.yml`, and files on a server of the name `nas`.
 * All is good for a restore unless something is changed.
 */
export async function makePlace(
  { place, target, path }: Hosts,
  options: Partial<StandInOptions> & {
    pinned?: boolean
    clock?: DirectorPreflightDeps['clock']
    /** How the deployment folder is reached. */
    over?: 'this machine' | 'ssh'
    /** Of the engine that reads the backup server. */
    serverEnv?: Record<string, string>
  } = {},
): Promise<Place> {
  const { pinned = true, clock = systemClock, over = 'this machine', serverEnv = {}, ...rest } = options
  const login = target.passwordUser
  if (!login) throw new Error('the target has a user with a password')
  const standIn = await makeStandIn({
    hosts: [{ ip: target.host, port: target.port, user: login.name, password: login.password }],
    restore: { stamp },
    ...rest,
  })
  onTestFinished(() => standIn.remove())
  const test = await openTestEngine({ vault: 'passphrase', env: serverEnv })
  const { engine, home } = test
  const files = join(target.files, `director-${Math.random().toString(36).slice(2)}`)
  await makeDirectorBackup(files, otherStamp)
  const backup = await makeDirectorBackup(files, stamp, { latest: true })
  const common = { learned: {}, added: new Date().toISOString() }
  await engine.servers.add(
    {
      ...{ ...common, type: 'sftp', name: 'nas', host: target.host, port: target.port, user: login.name },
      ...{ path: files, hostKey: await target.hostFingerprint() },
    },
    { password: login.password },
  )
  const record: Deployment = deployment.parse({
    name: 'site-a',
    place:
      over !== 'ssh'
        ? { kind: 'local', folder: standIn.folder }
        : {
            ...{ kind: 'ssh', host: place.host, port: place.port, user: place.user, folder: standIn.folder },
            hostKey: await place.hostFingerprint(),
          },
    hostKeys: pinned ? { [`${target.host}:${target.port}`]: await target.hostFingerprint() } : {},
    added: common.added,
  })
  const ssh = {
    env: { HOME: home, PATH: path },
    log: noLog,
    systemKnownHosts: join(home, 'no-such'),
  }
  const deps: Place['deps'] = {
    addServer: (record, secrets) => engine.servers.add(record, secrets),
    deployment: record,
    openHost: () => openHost(record.place, { privateKey: place.privateKey }, ssh),
    servers: engine.servers,
    draft: async () => 'a draft',
    runs: engine.runs,
    ssh,
    clock,
    vaultStatus: async () => ({ state: 'open', tier: 'passphrase' }),
  }
  const request: Place['request'] = more =>
    directorRequest.parse({
      ...{ deployment: 'site-a', mode: 'standalone', server: 'nas', stamp, edits: {}, fetch: 'direct' },
      ...more,
    })
  const check: Place['check'] = async more => {
    const told: DirectorLine[] = []
    const result = await directorPreflight(deps, request(more), {
      signal: new AbortController().signal,
      told: line => void told.push(line),
    })
    const short = (id: string) => id.replace(/:127\.0\.0\.1:\d+$/, '')
    return {
      ...result,
      told,
      line: id => result.lines.find(line => short(line.id) === id),
      trouble: result.lines
        // What the vendor says of SFTP and FTP holds however good all else is.
        .filter(({ id, state }) => state !== 'pass' && id !== 'analytics')
        .map(({ id, state, finding }) => `${state} ${short(id)}: ${finding}`),
    }
  }
  return { standIn, backup, deps, home, check, request }
}
