import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SwitchPreflight } from '../../../shared/contract/switch.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import { directorServersAvailable } from '../../support/director/director-servers.ts'
import { whenRun } from '../../support/director/restore-setup.ts'
import {
  preflightStep,
  setUpSwitch,
  startStep,
  startSwitchServers,
  switchRequest,
} from '../../support/director/switch-setup.ts'
import type { SwitchServers } from '../../support/director/switch-setup.ts'

const available = await directorServersAvailable()
const minute = 60_000

const statesOf = ({ lines }: SwitchPreflight) =>
  Object.fromEntries(lines.map(({ id, state }) => [id.replace(/:.*/, ''), state]))
const findingOf = ({ lines }: SwitchPreflight, id: string) => lines.find(line => line.id === id)?.finding

describe.skipIf(!available.ok)(
  `a switch-over of DC and DR${available.ok ? '' : ` (skipped: ${available.why})`}`,
  { timeout: 2 * minute },
  () => {
    let servers: SwitchServers
    beforeAll(async () => {
      servers = await startSwitchServers()
    }, minute)
    afterAll(() => servers.stop())
    const signal = AbortSignal.timeout(10 * minute)

    it('backs up the active site, lets the other take over, and goes back the same way', async () => {
      const setup = await setUpSwitch(servers, { DR: { over: 'ssh' } })
      const opened = await setup.engine()
      const { switches } = opened.engine.directors
      const { steps: right, ...request } = switchRequest('dc-to-dr')
      await expect(switches.begin({ ...request, steps: [right[1], right[0]] })).rejects.toMatchObject({
        code: 'input.invalid',
        detail: expect.stringMatching(/dr says DR, dc says DC; did you swap/) as string,
      })
      expect((await switches.list()).switches).toEqual([])
      const begun = await switches.begin(switchRequest('dc-to-dr'))
      expect(begun).toMatchObject({
        state: 'open',
        steps: [
          { site: 'DC', state: 'waiting' },
          { site: 'DR', state: 'waiting' },
        ],
      })
      const { id } = begun

      const tooEarly = await preflightStep(opened, begun, 2)
      expect(tooEarly.verdict).toBe('NO-GO')
      expect(statesOf(tooEarly)).toMatchObject({ first: 'stop', backup: 'stop' })
      const asked = { id, step: 2, edits: [], token: tooEarly.token, typed: tooEarly.confirm } as const
      await expect(switches.start({ ...asked, edits: [] }, signal)).rejects.toMatchObject({
        code: 'run.conflict',
      })

      const checked = await preflightStep(opened, begun, 1)
      expect(checked).toMatchObject({ command: './setup.sh standalone dc-to-dr', confirm: ['director-dc'] })
      expect(statesOf(checked)).toMatchObject({
        ...{ host: 'pass', folder: 'pass', verb: 'pass', 'master.yml': 'pass', mode: 'pass', modes: 'pass' },
        ...{ site: 'pass', pair: 'pass', server: 'pass', 'portal/DC': 'pass', 'portal/DR': 'pass' },
        // All stand on this one machine.
        ...{ 'portal/schedules': 'pass', login: 'pass', backup: 'pass', 'backup-site': 'warn' },
      })
      const { token } = checked
      await expect(
        switches.start({ id, step: 1, edits: [], token, typed: ['director-dr'] }, signal),
      ).rejects.toMatchObject({ code: 'input.invalid', subject: 'typed' })
      expect(await setup.DC.calls()).toEqual([])

      // Somebody edits the file after it was checked; then puts back what was.
      const file = join(setup.DC.folder, 'master.yml')
      const text = await readFile(file, 'utf8')
      await writeFile(file, `${text}# later\n`)
      const confirmed = { id, step: 1, edits: [], token, typed: checked.confirm } as const
      await expect(switches.start({ ...confirmed, edits: [] }, signal)).rejects.toMatchObject({
        code: 'run.conflict',
        detail: expect.stringContaining('changed since') as string,
      })
      await writeFile(file, text)
      const first = await switches.start({ ...confirmed, edits: [] }, signal)
      expect(await first.done).toMatchObject({ kind: 'director-switch', state: 'succeeded', problems: 0 })
      expect(await setup.DC.siteState()).toBe('passive')
      await expect(switches.address(id, '')).rejects.toMatchObject({ code: 'run.conflict' })

      const second = await preflightStep(opened, begun, 2)
      expect(findingOf(second, 'backup')).toMatch(/made since step 1 began/)
      expect(second.backup?.bytes).toBeGreaterThan(0)
      const taking = await switches.start(
        { id, step: 2, edits: [], token: second.token, typed: second.confirm },
        signal,
      )
      expect(await taking.done).toMatchObject({ state: 'succeeded', failure: null })
      expect(await setup.DR.siteState()).toBe('active')
      expect((await setup.DR.unpacked('postgres', 'postgres/data.txt')).toString()).toContain(setup.DC.folder)
      const state = await opened.engine.directors.state(taking.id)
      expect(state).toMatchObject({ link: 'ended', exit: 0, asking: null })
      expect(state.hostState).toMatch(/the role it is to have now/)

      expect(await switches.address(id, 'TTL is 300 s')).toMatchObject({
        state: 'finished',
        address: { note: 'TTL is 300 s' },
      })
      const back = await switches.begin(switchRequest('dr-to-dc'))
      expect(back.steps.map(({ site }) => site)).toEqual(['DR', 'DC'])
      for (const step of [1, 2] as const)
        expect(await (await startStep(opened, back, step)).done).toMatchObject({ state: 'succeeded' })
      expect([await setup.DC.siteState(), await setup.DR.siteState()]).toEqual(['active', 'passive'])
      expect((await switches.list()).switches.map(one => one.state)).toEqual(['open', 'finished'])
    })

    it('stops at what the vendor does not allow, and says which', async () => {
      const dcHost = { ip: '127.0.0.1', port: servers.DC.port, name: 'director-dr', user: servers.DC.user }
      const portal = { configuration: '0 2 * * *', analytics: null, noted: '2026-11-20T08:00:00.000Z' }
      const setup = await setUpSwitch(servers, {
        DC: { verbs: 'underscores', portal: null },
        DR: {
          ...{ verbs: 'none', site: 'DC', hosts: [{ ...dcHost, pem: servers.DC.privateKeyFile }] },
          portal: { ...portal, server: { type: 's3', at: 'https://192.0.2.9:7081', place: 'cbr' } },
        },
      })
      const opened = await setup.engine()
      const { switches } = opened.engine.directors
      const begun = await switches.begin(switchRequest('dc-to-dr'))

      const first = await preflightStep(opened, begun, 1)
      expect(first.command).toBe('./setup.sh standalone dc_to_dr')
      expect(statesOf(first)).toMatchObject({ verb: 'pass', site: 'pass', pair: 'stop', 'portal/DC': 'warn' })
      const second = await preflightStep(opened, begun, 2)
      expect(second.verdict).toBe('NO-GO')
      expect(statesOf(second)).toMatchObject({
        ...{ verb: 'stop', site: 'stop', pair: 'stop', 'portal/DR': 'stop', backup: 'stop', first: 'stop' },
      })
      expect(findingOf(second, 'portal/DR')).toMatch(/s3 https:\/\/192\.0\.2\.9:7081, cbr.*ftp 127\.0\.0\.1:/)
      expect(second.lines.find(({ id }) => id === 'site')?.edit).toMatchObject({ value: 'DR' })

      await switches.giveUp(begun.id)
      const onDisk = await switches.begin(switchRequest('dc-to-dr', { server: 'disk' }))
      const local = await preflightStep(opened, onDisk, 1)
      expect(statesOf(local)).toMatchObject({ 'backup-site': 'stop', answers: 'warn' })
      expect([await setup.DC.calls(), await setup.DR.calls()]).toEqual([[], []])
    })

    it('takes one folder for both steps, whose master.yml is pointed at the other site in between', async () => {
      const setup = await setUpSwitch(servers, { DC: { behave: ['asks-visible:answers'] } })
      const opened = await setup.engine()
      const { switches } = opened.engine.directors
      const { steps, ...request } = switchRequest('dc-to-dr')
      const begun = await switches.begin({ ...request, steps: [steps[0], steps[0]] })
      const first = await startStep(opened, begun, 1)
      expect(await first.done).toMatchObject({ state: 'succeeded' })

      const same = await preflightStep(opened, begun, 2)
      expect(same.verdict).toBe('NO-GO')
      expect(statesOf(same)).toMatchObject({ first: 'pass', site: 'stop', pair: 'stop' })
      const { port, privateKeyFile } = servers.DR
      const set = (path: (string | number)[], value: string | number): MasterEdit => ({
        op: 'set',
        path,
        value,
      })
      const edits = [
        set(['director_site'], 'DR'),
        set(['servers', 0, 'port'], port),
        set(['servers', 0, 'pem'], privateKeyFile),
        set(['servers', 0, 'name'], 'director-dr'),
      ]
      const other = await startStep(opened, begun, 2, edits)
      // A question that nobody documented is the operator's.
      await whenRun(other, async () => (await opened.engine.directors.state(other.id)).asking !== null)
      const { asking } = await opened.engine.directors.state(other.id)
      await other.answer({ question: asking?.id ?? '', text: 'yes', hidden: false })
      expect(await other.done).toMatchObject({
        state: 'succeeded',
        about: 'dc-to-dr step 2: DR (director-dr)',
      })
      expect(await readFile(join(setup.DC.folder, 'master.yml'), 'utf8')).toContain('director_site: "DR"')
      expect(await setup.DC.changes()).toContainEqual(expect.stringMatching(/^master\.yml\.\d{8}T\d{6}Z$/))
      expect((await setup.DC.calls()).map(({ words }) => words)).toEqual([
        'standalone dc-to-dr',
        'standalone dc-to-dr',
      ])
    })

    it('is attached to by another Drydock over a connection that breaks, and is not given up meanwhile', async () => {
      const setup = await setUpSwitch(servers, { DC: { over: 'ssh', behave: ['gate:half', 'gate:end'] } })
      const before = await setup.engine({ vault: 'passphrase' })
      const begun = await before.engine.directors.switches.begin(switchRequest('dc-to-dr'))
      const run = await startStep(before, begun, 1)
      await setup.DC.gate('half').reached()
      run.stop('shutdown')
      expect(await run.done).toMatchObject({ state: 'interrupted' })

      const after = await setup.engine({ root: before.root, vault: 'passphrase' })
      const { switches } = after.engine.directors
      expect((await switches.get(begun.id)).steps[0]).toMatchObject({ state: 'running', run: run.id })
      await expect(switches.giveUp(begun.id)).rejects.toMatchObject({ code: 'run.conflict' })
      await expect(startStep(after, begun, 1)).rejects.toThrow(/runs already/)
      const again = await after.engine.resume(run.id)
      await setup.DC.gate('half').open()
      await setup.DC.gate('end').reached()
      await whenRun(again, async () => (await after.engine.directors.state(run.id)).link === 'live')
      await servers.DC.dropConnections()
      await whenRun(again, async () => (await after.engine.directors.state(run.id)).link === 'lost')
      await setup.DC.gate('end').open()
      expect(await again.done).toMatchObject({ state: 'succeeded', failure: null })
      expect(await setup.DC.calls()).toHaveLength(1)
      expect((await switches.get(begun.id)).steps[0]).toMatchObject({ state: 'done' })
    })

    it('lets a step that failed or was cancelled be tried again, and holds its folders until it is closed', async () => {
      const setup = await setUpSwitch(servers, { DC: { behave: ['task-fails:half'] } })
      const opened = await setup.engine()
      const { switches, deployments } = opened.engine.directors
      const begun = await switches.begin(switchRequest('dc-to-dr'))
      const failed = await startStep(opened, begun, 1)
      const ended = await failed.done
      expect(ended).toMatchObject({
        state: 'failed',
        failure: { code: 'local.command', during: 'switch.step' },
      })
      expect((await switches.get(begun.id)).steps[0]).toMatchObject({ state: 'failed', run: failed.id })
      expect(await (await opened.engine.resume(failed.id)).done).toMatchObject({
        failure: { code: 'run.not-resumable' },
      })
      await setup.DC.behave(['gate:half'])
      const stopped = await startStep(opened, begun, 1)
      await setup.DC.gate('half').reached()
      await expect(stopped.pause()).rejects.toMatchObject({ code: 'run.conflict' })
      await stopped.cancel()
      expect(await stopped.done).toMatchObject({ state: 'cancelled' })
      const { exit, hostState } = await opened.engine.directors.state(stopped.id)
      expect([exit, hostState]).toEqual([130, expect.stringMatching(/try this step again/) as string])
      await setup.DC.behave([])
      expect(await (await startStep(opened, begun, 1)).done).toMatchObject({ state: 'succeeded' })

      await expect(switches.begin(switchRequest('dr-to-dc'))).rejects.toMatchObject({
        code: 'run.conflict',
        subject: 'dr',
      })
      await expect(deployments.remove('dr')).rejects.toMatchObject({ code: 'run.conflict' })
      const folder = join(opened.home, 'switches')
      await writeFile(join(folder, 'sw-20261120-000000.json'), '{"version":1')
      expect(await switches.giveUp(begun.id)).toMatchObject({ state: 'given-up' })
      expect(await switches.list()).toMatchObject({
        switches: [{ id: begun.id, state: 'given-up' }],
        unreadable: [{ id: 'sw-20261120-000000' }],
      })
      await expect(switches.address(begun.id, '')).rejects.toMatchObject({ code: 'run.conflict' })
      const { id } = await switches.begin(switchRequest('dr-to-dc'))
      expect(await readdir(folder)).toContain(`${id}.json`)
    })
  },
)
