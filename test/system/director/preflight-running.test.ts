import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { noLog } from '../../../electron/engine/ports.ts'
import { LocalHost } from '../../../electron/engine/system/director/host/local-host.ts'
import { openHost } from '../../../electron/engine/system/director/host/open-host.ts'
import type { From } from '../../../electron/engine/system/director/preflight/reach.ts'
import { runningLine } from '../../../electron/engine/system/director/preflight/running-line.ts'
import { freePort } from '../../support/free-port.ts'
import { sshdAvailable, startSshd } from '../../support/servers/sshd.ts'
import { suiteNeeds } from '../../support/skip.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A fake: a deployment host behind a firewall that swallows what it opens. */
const fakeBlackHole: From = { local: false, forward: () => new Promise(() => {}) }

suiteNeeds('what a preflight tells of a Director that works', await sshdAvailable(), () => {
  async function hostOver(directives: string[]) {
    const sshd = await startSshd({ directives })
    const { host, port, user, privateKey } = sshd
    const place = {
      kind: 'ssh' as const,
      host,
      port,
      user,
      folder: '/',
      hostKey: await sshd.hostFingerprint(),
    }
    const context = { env: { HOME: await tempFolder() }, log: noLog, systemKnownHosts: '/no-such' }
    const over = await openHost(place, { privateKey }, context)
    onTestFinished(async () => {
      await over.close()
      await sshd.stop()
    })
    return over
  }
  const told = (from: From, port: number, ms = 20_000) =>
    runningLine(from, { id: 'running', title: 'x', ip: '127.0.0.1', port }, AbortSignal.timeout(ms))
  const unknown = { state: 'warn', finding: expect.stringContaining('is not known') as string }

  it('warns where something answers, and passes only where the connection is refused', async () => {
    const listening = createServer(socket => socket.on('error', () => {}))
    listening.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    onTestFinished(() => void listening.close())
    const { port } = listening.address() as AddressInfo
    for (const from of [new LocalHost({}), await hostOver([])]) {
      expect(await told(from, port)).toMatchObject({
        state: 'warn',
        finding: expect.stringContaining('answers there now') as string,
      })
      expect(await told(from, await freePort())).toMatchObject({ state: 'pass' })
    }
  })

  it('says that it is not known after a timeout, and when the deployment host forwards nothing', async () => {
    const forwardsNothing = await hostOver(['AllowTcpForwarding no'])
    expect(await told(forwardsNothing, await freePort())).toMatchObject(unknown)
    expect(await told(fakeBlackHole, 1, 50)).toMatchObject(unknown)
  })
})
