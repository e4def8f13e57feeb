import { basename, dirname } from 'node:path'
import type { Deployment, DeploymentPlace } from '../../../../shared/director.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import { readDeployment } from '../../../engine/system/director/deployment/index.ts'
import type { Host } from '../../../engine/system/director/host/host.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import type { Session } from '../session.ts'
import type { FolderOptions } from './director-folder.ts'
import { loginFor, placeOf, placeText, placeWith, withHost } from './director-folder.ts'

export type DeploymentOptions = FolderOptions & {
  /** The name it gets when it is not known yet. */
  as?: string
  /** `IP:PORT=SHA256:…` of hosts of `master.yml`. */
  trust?: string[]
}

/**
 * The deployment that is meant: one that is kept under this name, or that lies in this folder; else the folder is kept
 * from now on, so that a run can be attached to later, once it was read. Secrets that came along are kept in the vault.
 */
export async function deploymentFor(
  ctx: CliContext,
  session: Session,
  where: string,
  options: DeploymentOptions,
): Promise<Deployment> {
  const { place, known, names } = await lookUp(ctx, session, where, options)
  const trusted = Object.fromEntries((options.trust ?? []).map(hostKeyOf))
  if (known)
    return await updated(session, known, { place, trusted: { ...ofFolder(known, place), ...trusted } })
  const secrets = place.kind === 'ssh' ? await loginFor(ctx, session, place) : null
  await requireFolder(ctx, session, { place, secrets })
  const fresh: Deployment = {
    name: options.as ?? freeName(place, names),
    place: withOwnPin(place, session),
    hostKeys: trusted,
    added: new Date().toISOString(),
  }
  await session.engine.directors.deployments.save(fresh, { replaces: null, secrets })
  ctx.out.say(`${placeText(place)} is kept as deployment ${fresh.name} from now on.`)
  return fresh
}

/** Keeping a folder that was mistyped would keep it for ever. */
async function requireFolder(
  ctx: CliContext,
  session: Session,
  at: { place: DeploymentPlace; secrets: Record<string, string> | null },
): Promise<void> {
  const { place } = at
  const { signal } = ctx.interrupts
  const read = await withHost(ctx, session, at, host => readDeployment(host, place.folder, signal))
  const { texts, unread, setup } = read
  if (setup === 'missing' && unread.length === 0 && Object.values(texts).every(text => text === null))
    throw new EngineError(place.kind === 'local' ? 'local.not-found' : 'remote.not-found', 'director.read', {
      subject: placeText(place),
      detail: 'none of setup.sh, restore.yml and master.yml is there',
    })
}

/** With the key of its host that a person has vouched for just now. */
function withOwnPin(place: DeploymentPlace, { pins }: Session): DeploymentPlace {
  if (place.kind === 'local') return place
  const own = pins.find(({ host, port }) => host === place.host && port === place.port)
  return own ? { ...place, hostKey: own.fingerprint } : place
}

/** The deployment that is meant, when it is kept already, and where it lies. Nothing is kept. */
export async function lookUp(
  ctx: CliContext,
  session: Session,
  where: string,
  options: FolderOptions,
): Promise<{ place: DeploymentPlace; known: Deployment | null; names: ReadonlySet<string> }> {
  const { records } = await session.engine.directors.deployments.book.list()
  const named = records.find(({ name }) => name === where)
  const place = named ? placeWith(named.place, options) : placeOf(where, options, ctx.folder)
  const known = named ?? records.find(record => samePlace(record.place, place)) ?? null
  return { place, known, names: new Set(records.map(({ name }) => name)) }
}

/** Does something on the host of a deployment that is kept, with the key and login that came along; nothing is kept. */
export async function onKnown<T>(
  ctx: CliContext,
  session: Session,
  { known, place }: { known: Deployment; place: DeploymentPlace },
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const asked = { ...known.place, ...place }
  const secrets = place.kind === 'ssh' ? givenLogin(session) : null
  if (secrets) return await withHost(ctx, session, { place: asked, secrets }, work)
  const host = await session.engine.directors.deployments.open({ ...known, place: asked })
  try {
    return await work(host)
  } finally {
    await host.close()
  }
}

/** The folder's host may be one of `master.yml`, pinned there as well: one machine has one key. */
function ofFolder({ place: was, hostKeys }: Deployment, place: DeploymentPlace): Record<string, string> {
  if (place.kind === 'local' || was.kind === 'local' || place.hostKey === undefined) return {}
  const address = `${place.host}:${place.port}`
  return place.hostKey !== was.hostKey && Object.hasOwn(hostKeys, address) ? { [address]: place.hostKey } : {}
}

/** With the host keys, and what opens the host, that came with the command. */
async function updated(
  session: Session,
  known: Deployment,
  { place, trusted }: { place: DeploymentPlace; trusted: Record<string, string> },
): Promise<Deployment> {
  const hostKeys = { ...known.hostKeys, ...trusted }
  // Only what was said now: a key that is pinned already stays when none is given.
  const record = { ...known, place: { ...known.place, ...place }, hostKeys }
  const secrets = place.kind === 'ssh' ? givenLogin(session) : null
  if (secrets || JSON.stringify(record) !== JSON.stringify(known))
    await session.engine.directors.deployments.save(record, { replaces: known, secrets })
  return record
}

/** What came with the command to open a deployment's host, if anything did. */
export const givenLogin = ({ given }: Pick<Session, 'given'>): Record<string, string> | null =>
  (given.forServer({ name: 'deployment', type: 'sftp' }) as Record<string, string> | undefined) ?? null

/**
 * Keeps what came with the command to open the hosts of several deployments: their own entry of the secrets, or that
 * of `deployment` for those without one.
 */
export async function keepLogins(session: Session, names: readonly string[]): Promise<void> {
  const { engine, given } = session
  const own = (given.all ?? {}) as Record<string, unknown>
  for (const name of names) {
    const known = await engine.directors.deployments.book.get(name)
    const login = Object.hasOwn(own, name) ? given.forServer({ name, type: 'sftp' }) : givenLogin(session)
    if (known.place.kind !== 'ssh' || !login) continue
    const secrets = login as Record<string, string>
    await engine.directors.deployments.save(known, { replaces: known, secrets })
  }
}

/** Keeps the host keys that a person has vouched for meanwhile: of the deployment's host, and of those of `master.yml`. */
export async function keepHostKeys({ engine, pins }: Session, name: string): Promise<void> {
  if (pins.length === 0) return
  const known = await engine.directors.deployments.book.get(name)
  const { place } = known
  const own =
    place.kind === 'ssh'
      ? pins.find(({ host, port }) => host === place.host && port === place.port)
      : undefined
  const record: Deployment = {
    ...known,
    ...(own && place.kind === 'ssh' ? { place: { ...place, hostKey: own.fingerprint } } : {}),
    hostKeys: {
      ...known.hostKeys,
      ...Object.fromEntries(
        pins.flatMap(pin => (pin === own ? [] : [[`${pin.host}:${pin.port}`, pin.fingerprint]])),
      ),
    },
  }
  await engine.directors.deployments.save(record, { replaces: known, secrets: null })
}

function hostKeyOf(given: string): [string, string] {
  const [, address, fingerprint] = /^([^=\s]+:\d{1,5})=(SHA256:[A-Za-z0-9+/]{43})$/.exec(given) ?? []
  if (address === undefined || fingerprint === undefined)
    throw invalid('--trust: IP:PORT=SHA256:… is expected, as the preflight tells it')
  return [address, fingerprint]
}

function samePlace(a: DeploymentPlace, b: DeploymentPlace): boolean {
  if (a.kind === 'local' || b.kind === 'local') return a.kind === b.kind && a.folder === b.folder
  return a.host === b.host && a.port === b.port && a.user === b.user && a.folder === b.folder
}

/** After the host; for a folder here after the folder that `deployment/setup` lies in. */
function freeName(place: DeploymentPlace, taken: ReadonlySet<string>): string {
  const from =
    place.kind === 'ssh'
      ? place.host
      : [place.folder, dirname(place.folder), dirname(dirname(place.folder))]
          .map(folder => basename(folder))
          .find(name => name !== 'setup' && name !== 'deployment')
  const name =
    (from ?? '')
      .replace(/[^a-zA-Z0-9.-]+/g, '-')
      .replace(/^[^a-zA-Z0-9]+/, '')
      .slice(0, 50) || 'director'
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`
    if (!taken.has(candidate)) return candidate
  }
}
