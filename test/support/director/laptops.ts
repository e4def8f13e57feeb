import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../../electron/engine/ports.ts'
import type { StartedRun } from '../../../electron/engine/run/index.ts'
import type { DirectorBackupOptions } from '../../../electron/engine/system/director/backup/index.ts'
import type { DirectorCommands } from '../../../shared/director.ts'
import type { TestEngine } from '../engine.ts'
import { openTestEngine } from '../engine.ts'
import type { Sshd } from '../servers/sshd.ts'
import { tempFolder } from '../temp-folder.ts'
import { directorTools, quick } from './component-tools.ts'
import { makeStandIn } from './stand-in.ts'

/** Backups of one invented Director, which is the sshd's machine, from laptops with the same deployment and servers. */
export type Laptops = {
  /** Folders of the servers, by name. */
  folders: Record<string, string>
  tools: Required<DirectorCommands>
  /** A laptop: its own state folder, and the same servers. @param change what differs in its commands */
  open: (options?: { change?: DirectorCommands; clock?: Clock }) => Promise<Laptop>
}

export type Laptop = TestEngine & {
  backUp: (change?: Partial<DirectorBackupOptions>) => Promise<StartedRun>
}

/** @param servers their names; each is a folder */
export async function setUpLaptops(sshd: Sshd, servers: string[] = ['a', 'b']): Promise<Laptops> {
  const root = await tempFolder()
  const standIn = await makeStandIn({
    hosts: [
      { ip: '127.0.0.1', port: sshd.port, name: 'director-dc', user: sshd.user, pem: sshd.privateKeyFile },
    ],
  })
  onTestFinished(() => standIn.remove())
  const tools = await directorTools(join(root, 'director'), null)
  const folders: Record<string, string> = {}
  for (const name of servers) await mkdir((folders[name] = join(root, name)))
  return {
    folders,
    tools,
    async open({ change = {}, clock } = {}) {
      const opened = await openTestEngine(clock ? { clock } : {})
      const { engine } = opened
      const added = new Date().toISOString()
      for (const [name, path] of Object.entries(folders))
        await engine.servers.add({ type: 'local', name, path, added, learned: {} }, null)
      await engine.directors.deployments.save(
        {
          ...{ name: 'dc', place: { kind: 'local', folder: standIn.folder }, added },
          hostKeys: { [`127.0.0.1:${sshd.port}`]: await sshd.hostFingerprint() },
          commands: { ...tools, ...change },
        },
        { replaces: null, secrets: null },
      )
      const usual = { deployment: 'dc', plan: 'dc', servers, latest: true, limit: null }
      return { ...opened, backUp: options => engine.directors.startBackup({ ...usual, ...options }) }
    },
  }
}

/** What a plan's run at `due` is started with. */
export const ofPlan = (due: string | null): NonNullable<DirectorBackupOptions['ofPlan']> => ({
  ...{ due, before: null, after: null },
})

/** The command, which says in `begun` that it begins and goes on when `go` is there. */
export const gated = (command: string | null, begun: string, go: string) => ({
  command: `echo >> ${begun}; until [ -e ${go} ]; do sleep 0.05; done\n${command ?? ''}`,
  ...quick,
})
