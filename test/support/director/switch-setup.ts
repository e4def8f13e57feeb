import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AskedOf } from '../../../shared/contract/index.ts'
import type { SwitchPreflight, SwitchRecord } from '../../../shared/contract/switch.ts'
import type { DeploymentPlace, MasterEdit, PortalSettings } from '../../../shared/director.ts'
import type { StartedRun } from '../../../electron/engine/run/index.ts'
import type { TestEngine, TestEngineOptions } from '../engine.ts'
import { openTestEngine } from '../engine.ts'
import type { Sshd } from '../servers/sshd.ts'
import { startSshd } from '../servers/sshd.ts'
import type { Vsftpd } from '../servers/vsftpd.ts'
import { startVsftpd } from '../servers/vsftpd.ts'
import { tempFolder } from '../temp-folder.ts'
import type { StandIn, StandInOptions } from './stand-in.ts'
import { makeStandIn } from './stand-in.ts'

/** The host of each site, and the server that both back up to. */
export type SwitchServers = { DC: Sshd; DR: Sshd; vsftpd: Vsftpd; stop(): Promise<void> }

export async function startSwitchServers(): Promise<SwitchServers> {
  // Jobs leave their files in there.
  const home = await mkdtemp(join(tmpdir(), 'drydock-home-'))
  const directives = [`SetEnv HOME=${home}`]
  const [DC, DR, vsftpd] = await Promise.all([
    startSshd({ directives }),
    startSshd({ directives }),
    startVsftpd(),
  ])
  return {
    ...{ DC, DR, vsftpd },
    stop: async () => {
      await Promise.allSettled([DC.stop(), DR.stop(), vsftpd.stop()])
      await rm(home, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

export type SwitchSetup = {
  DC: StandIn
  DR: StandIn
  /** What the portals show: the server `ftp`, as it is. */
  portal: PortalSettings
  /** Where the backups lie on the FTP server, below the login's folder. */
  dir: string
  places: Record<'DC' | 'DR', DeploymentPlace>
  hostKeys: Record<'DC' | 'DR', Record<string, string>>
  /** An engine that knows the deployments `dc` and `dr`, and the servers `ftp` and `disk`. */
  engine(options?: TestEngineOptions): Promise<TestEngine>
}

type Site = Partial<StandInOptions> & { over?: 'local' | 'ssh'; portal?: PortalSettings | null }

/** A DC that is active and a DR that is passive, each one host, both with an empty folder on the FTP server. */
export async function setUpSwitch(
  servers: SwitchServers,
  sites: { DC?: Site; DR?: Site } = {},
): Promise<SwitchSetup> {
  const { vsftpd } = servers
  const dir = `switch-${Math.random().toString(36).slice(2)}`
  const backupTo = join(vsftpd.home, dir)
  await mkdir(backupTo)
  await chown(backupTo, vsftpd.uid, vsftpd.gid)
  const at = { type: 'ftp' as const, at: `${vsftpd.host}:${vsftpd.port}`, place: dir }
  const portal: PortalSettings = {
    ...{ configuration: '0 * * * *', analytics: '30 1 * * *' },
    ...{ server: at, noted: '2026-11-20T08:00:00.000Z' },
  }
  const madeOf = async (site: 'DC' | 'DR') => {
    const { over = 'local', portal: shown = portal, ...options } = sites[site] ?? {}
    const sshd = servers[site]
    const { port, user, privateKeyFile: pem } = sshd
    const hosts = [{ ip: '127.0.0.1', port, name: `director-${site.toLowerCase()}`, user, pem }]
    const standIn = await makeStandIn({ site, hosts, backupTo, ...options })
    onTestFinished(() => standIn.remove())
    const { folder } = standIn
    const hostKey = await sshd.hostFingerprint()
    const place: DeploymentPlace =
      over === 'local'
        ? { kind: 'local', folder }
        : { kind: 'ssh', host: sshd.host, port, user, folder, hostKey }
    return { standIn, place, shown, over, hostKeys: { [`127.0.0.1:${port}`]: hostKey } }
  }
  const [dc, dr] = await Promise.all([madeOf('DC'), madeOf('DR')])
  const home = await tempFolder()
  return {
    ...{ DC: dc.standIn, DR: dr.standIn, portal, dir },
    places: { DC: dc.place, DR: dr.place },
    hostKeys: { DC: dc.hostKeys, DR: dr.hostKeys },
    async engine(options = {}) {
      const opened = await openTestEngine({ env: { ...process.env, HOME: home }, ...options })
      if (options.root !== undefined) return opened
      const { deployments } = opened.engine.directors
      const added = new Date().toISOString()
      const hostKeys = { ...dc.hostKeys, ...dr.hostKeys }
      for (const [name, { place, over, shown }] of Object.entries({ dc, dr })) {
        const { privateKey } = servers[name === 'dc' ? 'DC' : 'DR']
        await deployments.save(
          { name, place, hostKeys, added, ...(shown ? { portal: shown } : {}) },
          { replaces: null, secrets: over === 'ssh' ? { privateKey } : null },
        )
      }
      const { host, port, user, password } = vsftpd
      await opened.engine.servers.add(
        { type: 'ftp', name: 'ftp', host, port, user, path: dir, tls: 'none', added, learned: {} },
        { password },
      )
      await opened.addServer('disk')
      return opened
    },
  }
}

/** From DC to DR, or back. */
export const switchRequest = (
  direction: 'dc-to-dr' | 'dr-to-dc',
  more: Partial<AskedOf<'switch.begin'>> = {},
): AskedOf<'switch.begin'> => {
  const [from, to] = direction === 'dc-to-dr' ? ['dc', 'dr'] : ['dr', 'dc']
  const mode = 'standalone' as const
  return {
    direction,
    steps: [
      { deployment: from, mode },
      { deployment: to, mode },
    ],
    server: 'ftp',
    address: { how: 'dns', value: 'director.example.com' },
    ...more,
  }
}

/** The preflight of a step, as the page and the command line ask for it. */
export const preflightStep = (
  { engine }: TestEngine,
  { id }: Pick<SwitchRecord, 'id'>,
  step: 1 | 2,
  edits: MasterEdit[] = [],
): Promise<SwitchPreflight> =>
  engine.directors.switches.preflight({ id, step, edits }, { told: () => {} }, AbortSignal.timeout(60_000))

/** Preflight and start. @throws Error when the verdict is NO-GO, with its lines */
export async function startStep(
  opened: TestEngine,
  record: Pick<SwitchRecord, 'id'>,
  step: 1 | 2,
  edits: MasterEdit[] = [],
): Promise<StartedRun> {
  const { verdict, lines, token, confirm: typed } = await preflightStep(opened, record, step, edits)
  if (verdict === 'NO-GO')
    throw new Error(lines.flatMap(l => (l.state === 'stop' ? [`${l.title}: ${l.finding}`] : [])).join('\n'))
  const asked = { id: record.id, step, edits, token, typed }
  return await opened.engine.directors.switches.start(asked, AbortSignal.timeout(60_000))
}
