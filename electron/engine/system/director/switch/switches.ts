import { hostname, userInfo } from 'node:os'
import type { DirectorLine } from '../../../../../shared/contract/director.ts'
import type { AnswerOf, AskedOf } from '../../../../../shared/contract/index.ts'
import type { SwitchRecord } from '../../../../../shared/contract/switch.ts'
import type { Deployment, DeploymentPlace } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import { PreflightTokens } from '../../../restore/preflight-tokens.ts'
import type { StartedRun, StoredRun } from '../../../run/index.ts'
import type { DirectorParts } from '../parts.ts'
import { scriptRun } from '../script/script-run.ts'
import { readOther } from './other-site.ts'
import type { Step } from './step-lines.ts'
import { modesOf, modesRefused, orderLine, swappedRefused } from './step-lines.ts'
import { switchBody } from './switch-body.ts'
import type { StoredSwitch } from './switch-book.ts'
import { SwitchBook, newSwitchId } from './switch-book.ts'
import type { SwitchPreflightDeps, SwitchPreflightResult } from './switch-preflight.ts'
import { switchPreflight, switchSeenNow } from './switch-preflight.ts'
import type { SwitchRunOptions } from './switch-run.ts'
import { optionsOf } from './switch-run.ts'
import { recordOf, stepRuns } from './switch-state.ts'

const mostPreflights = 16
/** To read which site a folder is of, ms. */
const readMs = 10_000
const noPause = 'setup.sh cannot be paused: stopping it halfway leaves the site halfway between its roles'

/** Switch-overs of a DC and DR pair: two runs of `setup.sh` in their order, and the address afterwards. */
export class Switches {
  readonly #parts: DirectorParts
  readonly #book: SwitchBook
  readonly #tokens: PreflightTokens
  /** What was shown with each token. */
  readonly #preflights = new Map<string, SwitchPreflightResult>()

  constructor(parts: DirectorParts) {
    this.#parts = parts
    this.#book = new SwitchBook(parts.home)
    this.#tokens = new PreflightTokens(() => parts.clock.monotonic(), 'step')
  }

  async list(): Promise<AnswerOf<'switch.list'>> {
    const { records, unreadable } = await this.#book.list()
    const all = records.length === 0 ? [] : await stepRuns(this.#parts.runs)
    const switches = await Promise.all(records.map(one => recordOf(one, all, this.#parts.runs)))
    return { switches, unreadable }
  }

  async get(id: string): Promise<SwitchRecord> {
    return await this.#withRuns(await this.#book.get(id))
  }

  /**
   * Writes down what is meant; nothing is started.
   * @throws EngineError `input.invalid` for a server or folder nobody added, for modes that are no pair, and when the
   *   folders say that the sites are swapped,
   *   `run.conflict` while another one is open for one of the folders
   */
  async begin({ direction, steps, server, address }: AskedOf<'switch.begin'>): Promise<SwitchRecord> {
    const during = 'switch.begin'
    const { servers, deployments, clock } = this.#parts
    await servers.get(server)
    const places = new Map<string, DeploymentPlace>()
    for (const { deployment } of steps) places.set(deployment, (await deployments.book.get(deployment)).place)
    const sites = direction === 'dc-to-dr' ? (['DC', 'DR'] as const) : (['DR', 'DC'] as const)
    const [first, second] = steps
    const pair = [
      { ...first, site: sites[0], runs: [] },
      { ...second, site: sites[1], runs: [] },
    ] satisfies [unknown, unknown]
    const refused = modesRefused(modesOf(pair))
    if (refused !== null)
      throw new EngineError('input.invalid', during, { subject: 'steps', detail: refused })
    await this.#refuseSwapped(pair)
    const lock = await this.#book.lock()
    try {
      await this.#refuseOpen(places)
      const now = clock.now()
      const record: StoredSwitch = {
        ...{ version: 1, id: newSwitchId(now), direction, begun: new Date(now).toISOString() },
        ...{ by: who(), server, steps: pair, givenUp: null },
        address: { ...address, done: null, note: '' },
      }
      await this.#book.put(record)
      return await this.#withRuns(record)
    } finally {
      await lock.release()
    }
  }

  /** Checks all that a step needs; `told` gets each line as soon as it is known. */
  async preflight(
    request: AskedOf<'switch.preflight'>,
    { told }: { told: (line: DirectorLine) => void },
    signal: AbortSignal,
  ): Promise<AnswerOf<'switch.preflight'>> {
    const result = await switchPreflight(await this.#preflightDeps(request), request, { signal, told })
    const { seen, argv: _, targets: _t, ...shown } = result
    const token = this.#tokens.issue(answersOf(request), {
      good: shown.verdict !== 'NO-GO',
      ...{ seen, target: null },
    })
    this.#preflights.set(token, result)
    for (const old of this.#preflights.keys())
      if (this.#preflights.size > mostPreflights) this.#preflights.delete(old)
    return { ...shown, token }
  }

  /**
   * Starts a step that a preflight found good.
   * @throws EngineError `run.conflict` when it is not due or something has changed since, `input.invalid` for a wrong name
   */
  async start(request: AskedOf<'switch.start'>, signal: AbortSignal): Promise<StartedRun> {
    const { token, typed } = request
    const { seen, giveBack } = this.#tokens.take(token, answersOf(request))
    try {
      const preflight = this.#preflights.get(token)
      const names = preflight?.confirm ?? []
      if (!preflight || names.length !== typed.length || names.some((name, n) => name !== typed[n]))
        throw new EngineError('input.invalid', 'switch.start', {
          subject: 'typed',
          detail: `the names to type are ${names.join(', ')}`,
        })
      if ((await switchSeenNow(await this.#preflightDeps(request), request, signal)) !== seen)
        throw new EngineError('run.conflict', 'switch.start', {
          subject: request.id,
          detail: 'the backups, the folder or the hosts have changed since the preflight: check again',
        })
      return await this.#startStep(request, preflight)
    } catch (err) {
      giveBack()
      throw err
    }
  }

  /** Attaches to the script of a step again. */
  async resume(record: StoredRun): Promise<StartedRun> {
    const options = optionsOf(record)
    const deployment = await this.#parts.deployments.book.get(options.deployment)
    const body = switchBody({ ...this.#bodyDeps(deployment), options, preflight: null })
    return await this.#parts.start({ resumeOf: record.id }, body, scriptRun(noPause))
  }

  /** The operator has changed the address. @throws EngineError `run.conflict` before both steps are done */
  async address(id: string, note: string): Promise<SwitchRecord> {
    return await this.#close(id, 'switch.address', (stored, { steps }, now) => {
      const open = steps.findIndex(({ state }) => state !== 'done')
      if (open >= 0)
        throw new EngineError('run.conflict', 'switch.address', {
          subject: id,
          detail: `step ${open + 1} against the ${steps[open]?.site} is not done: clients must not be sent there yet`,
        })
      return { ...stored, address: { ...stored.address, done: now, note } }
    })
  }

  /** Closes one that will not be finished; says nothing to any host. @throws EngineError `run.conflict` while a step runs */
  async giveUp(id: string): Promise<SwitchRecord> {
    return await this.#close(id, 'switch.give-up', (stored, { steps }, now) => {
      const busy = steps.find(({ state }) => state === 'running')
      if (busy)
        throw new EngineError('run.conflict', 'switch.give-up', {
          subject: id,
          detail: `setup.sh runs, or may run, against the ${busy.site} (${busy.run ?? ''}): attach to it, or stop it first`,
        })
      return { ...stored, givenUp: now }
    })
  }

  /** @throws EngineError `run.conflict` while an open switch-over needs the deployment under this name */
  async refuseUsed(name: string, during: string): Promise<void> {
    for (const { id, state, steps } of (await this.list()).switches)
      if (state === 'open' && steps.some(({ deployment }) => deployment === name))
        throw new EngineError('run.conflict', during, {
          subject: name,
          detail: `the switch-over ${id} is open: finish it, or give it up`,
        })
  }

  /** Once more under the lock, so that no two Drydocks start a step at once. */
  async #startStep(
    { id, step, edits }: AskedOf<'switch.start'>,
    preflight: SwitchPreflightResult,
  ): Promise<StartedRun> {
    const { deployments, start, log } = this.#parts
    const lock = await this.#book.lock()
    try {
      const stored = await this.#book.get(id)
      const record = await this.#withRuns(stored)
      const due = orderLine(record, step, null)
      if (due.state === 'stop')
        throw new EngineError('run.conflict', 'switch.start', { subject: id, detail: due.finding })
      const { deployment: name, mode, site } = record.steps[step - 1]!
      const deployment = await deployments.book.get(name)
      const { argv, targets, seen: _, ...shown } = preflight
      const options: SwitchRunOptions = {
        ...{ switch: id, step, direction: record.direction, site, deployment: name, mode },
        ...{ server: record.server, edits, argv, hosts: targets },
      }
      const about = `${record.direction} step ${step}: ${site} (${shown.confirm.join(', ')})`
      const body = switchBody({ ...this.#bodyDeps(deployment), options, preflight: shown })
      const run = await start({ kind: 'director-switch', about, options }, body, scriptRun(noPause))
      const steps = stored.steps.map((one, n) =>
        n === step - 1 ? { ...one, runs: [...one.runs, run.id] } : one,
      )
      // The run itself says which step it is of: it counts also when this cannot be noted any more.
      await this.#book
        .put({ ...stored, steps: [steps[0]!, steps[1]!] })
        .catch((err: unknown) => log('warn', 'a step could not be noted in its switch-over', { id, err }))
      return run
    } finally {
      await lock.release()
    }
  }

  async #close(
    id: string,
    during: string,
    change: (stored: StoredSwitch, record: SwitchRecord, now: string) => StoredSwitch,
  ): Promise<SwitchRecord> {
    const lock = await this.#book.lock()
    try {
      const stored = await this.#book.get(id)
      const record = await this.#withRuns(stored)
      if (record.state !== 'open')
        throw new EngineError('run.conflict', during, {
          subject: id,
          detail: `it is ${record.state} already`,
        })
      const changed = change(stored, record, new Date(this.#parts.clock.now()).toISOString())
      await this.#book.put(changed)
      return await this.#withRuns(changed)
    } finally {
      await lock.release()
    }
  }

  async #withRuns(stored: StoredSwitch): Promise<SwitchRecord> {
    const { runs } = this.#parts
    return await recordOf(stored, await stepRuns(runs), runs)
  }

  /** What cannot be read now is no reason: each step has a preflight. */
  async #refuseSwapped(steps: readonly { deployment: string; site: 'DC' | 'DR' }[]): Promise<void> {
    const { book } = this.#parts.deployments
    if (new Set(steps.map(({ deployment }) => deployment)).size < steps.length) return
    const signal = AbortSignal.timeout(readMs)
    const read = await Promise.all(
      steps.map(async ({ deployment: name, site }) => {
        const deployment = await book.get(name)
        const openHost = () => this.#parts.deployments.open(deployment)
        const facts = await readOther({ site, deployment, openHost }, signal)
        return { deployment: name, site, says: 'says' in facts ? facts.says : null }
      }),
    )
    const detail = swappedRefused(read)
    if (detail !== null) throw new EngineError('input.invalid', 'switch.begin', { subject: 'steps', detail })
  }

  /** Two at once in one folder would each undo what the other does. */
  async #refuseOpen(places: ReadonlyMap<string, DeploymentPlace>): Promise<void> {
    const { records } = await this.#parts.deployments.book.list()
    const placeOf = (name: string) => records.find(record => record.name === name)?.place
    for (const { id, state, steps } of (await this.list()).switches) {
      if (state !== 'open') continue
      for (const [name, place] of places) {
        const taken = steps.some(
          ({ deployment }) => deployment === name || isSame(placeOf(deployment), place),
        )
        if (taken)
          throw new EngineError('run.conflict', 'switch.begin', {
            subject: name,
            detail: `the switch-over ${id} of it is open: finish it, or give it up`,
          })
      }
    }
  }

  async #preflightDeps({ id, step }: { id: string; step: Step }): Promise<SwitchPreflightDeps> {
    const { deployments, servers, drafts, runs, clock, vaultStatus } = this.#parts
    const record = await this.get(id)
    const own = record.steps[step - 1]!
    const others = record.steps[2 - step]!
    const deployment = await deployments.book.get(own.deployment)
    const theirs = own.deployment === others.deployment ? null : await deployments.book.get(others.deployment)
    const [{ run }] = record.steps
    return {
      ...{ record, deployment, servers, runs, clock, vaultStatus, ssh: deployments.ssh },
      draft: name => drafts.get(name),
      openHost: () => deployments.open(deployment),
      other: theirs && { site: others.site, deployment: theirs, openHost: () => deployments.open(theirs) },
      first: run === null ? null : await this.#firstRun(run),
    }
  }

  async #firstRun(id: string): Promise<SwitchPreflightDeps['first']> {
    try {
      const run = await this.#parts.runs.get(id)
      return { began: run.started, ended: run.ended, problems: run.problems, hosts: optionsOf(run).hosts }
    } catch (err) {
      if (err instanceof EngineError) return null
      throw err
    }
  }

  #bodyDeps(deployment: Deployment) {
    const { servers, drafts, clock, mask, learn, deployments } = this.#parts
    const openHost = () => deployments.open(deployment)
    return { deployment, servers, drafts, clock, mask, learn, who: who(), openHost }
  }
}

/** What a preflight is a preflight of. */
const answersOf = ({ id, step, edits }: Pick<AskedOf<'switch.start'>, 'id' | 'step' | 'edits'>) => ({
  ...{ id, step, edits },
})

const who = (): string => `${userInfo().username}@${hostname()}`

function isSame(a: DeploymentPlace | undefined, b: DeploymentPlace): boolean {
  if (!a) return false
  if (a.kind === 'local' || b.kind === 'local') return a.kind === b.kind && a.folder === b.folder
  return a.host === b.host && a.port === b.port && a.folder === b.folder
}
