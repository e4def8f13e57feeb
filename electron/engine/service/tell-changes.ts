import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { isBackup } from '../../../shared/run.ts'
import { siteChecksFile } from '../system/director/site/check-book.ts'
import type { ServiceContext } from './context.ts'
import { ServerTests, serverTestsFile } from './server-tests.ts'
import { settingsFile } from './settings-book.ts'
import { vaultStatus } from './vault.ts'

/** Whatever changes the state folder, here or in another process, is told to the pages. @returns ends that */
export function tellChanges(ctx: ServiceContext): () => void {
  const { home, hub, state, settings, vault, plans, alarms, overview, log } = ctx
  const late = (work: Promise<void>) => void work.catch((err: unknown) => log('warn', 'not told', { err }))

  const plansChanged = () => {
    hub.emitSoon('plan.changed')
    hub.emitSoon('overview.changed')
    alarms.look()
  }

  for (const file of ['servers.json', serverTestsFile])
    state.on(file, () => {
      hub.emitSoon('server.changed')
      hub.emitSoon('overview.changed')
    })
  state.on('servers.json', () => late(overview.refreshChanged()))
  // A test that went well tells that one which was silent may answer again.
  state.on(serverTestsFile, () =>
    late(
      new ServerTests(home)
        .read()
        .then(tests => overview.refreshSilent(({ name }) => tests.get(name)?.failure === null)),
    ),
  )
  for (const file of ['plans.json', 'systems.json', 'schedule.json']) state.on(file, plansChanged)
  // A check here or by the command line, a deployment that was changed: what the last check said may count no more.
  for (const file of [siteChecksFile, 'deployments.json'])
    state.on(file, () => {
      hub.emitSoon('site.changed')
      hub.emitSoon('overview.changed')
    })
  state.on('deployments.json', () => hub.emit('director.changed', undefined))
  state.on('switches', () => hub.emitSoon('switch.changed'))
  // Another process may have changed what is due.
  state.on('plans.json', () => plans.look())
  state.on('verified.json', () => alarms.look())
  state.on(settingsFile, () => late(settings.read().then(now => hub.emit('settings.changed', now))))
  state.on('outage.json', () =>
    late(plans.outage.get().then(outage => hub.emit('outage.changed', { outage }))),
  )

  const states = new Map<string, string>()
  const runChanged = (run: RunSnapshot) => {
    const before = states.get(run.id)
    if (before === run.state) return
    if (run.ended === null && run.state !== 'interrupted') states.set(run.id, run.state)
    else states.delete(run.id)
    if (run.plan !== null) plansChanged()
    // Its step stands as its run does.
    if (run.kind === 'director-switch') hub.emitSoon('switch.changed')
    if (run.ended === null && run.state !== 'interrupted') return
    alarms.look()
    if (run.kind === 'restore' || run.kind === 'director-restore') late(overview.refreshProofs())
    for (const server of serversOf(run)) hub.emit('point.changed', { server })
  }

  const ends = [
    plans.subscribe(plansChanged),
    hub.subscribe((name, payload) => {
      if (name === 'run.changed') runChanged(payload as RunSnapshot)
      // Made, removed, put back, kept or read back: whatever it was, the server holds something else now.
      if (name === 'point.changed') late(overview.refresh([(payload as { server: string }).server]))
    }),
    vault.onChange(() => {
      late(vaultStatus(ctx).then(now => hub.emit('vault.changed', now)))
      hub.emitSoon('server.changed')
      alarms.look()
      // Who waited for it goes on.
      plans.look()
      late(overview.refresh())
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** Servers whose points a run has changed, or looked at. */
function serversOf({ kind, options }: RunSnapshot): string[] {
  const { server, servers, to } = (options ?? {}) as { server?: unknown; servers?: unknown; to?: unknown }
  const looked = kind === 'verify' || kind === 'director-adopt'
  const named = isBackup(kind) ? servers : kind === 'copy' ? [to] : looked ? [server] : []
  return Array.isArray(named) ? named.filter(name => typeof name === 'string') : []
}
