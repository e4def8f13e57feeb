import { resolve } from 'node:path'
import type { DeploymentPlace } from '../../../../shared/director.ts'
import { deploymentPlace } from '../../../../shared/director.ts'
import type { Host } from '../../../engine/system/director/host/host.ts'
import { openHost } from '../../../engine/system/director/host/open-host.ts'
import type { CliContext } from '../context.ts'
import { invalid } from '../declare/declaring.ts'
import { ask } from '../prompt.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { hostKeyAsker } from '../session.ts'
import { parseJump } from './server-settings.ts'

/** Where a deployment folder lies, as the command line has it. */
export type FolderOptions = SecretOptions & {
  port?: number
  hostKey?: string
  jump?: string
  jumpHostKey?: string
}

/** `DIR` on this machine, or `USER@HOST:DIR`; an IPv6 address in brackets. */
export function placeOf(folder: string, options: FolderOptions, base: string): DeploymentPlace {
  const remote = /^([^@\s/\\]+)@(?:\[([0-9A-Fa-f:.]+)\]|([^@:\s/\\]+)):(.*)$/s.exec(folder)
  const { port, hostKey, jump, jumpHostKey } = options
  if (!remote) {
    if ([port, hostKey, jump, jumpHostKey].some(option => option !== undefined))
      throw invalid('--port, --host-key and --jump are for a folder on a host: USER@HOST:FOLDER')
    return checked({ kind: 'local', folder: resolve(base, folder) })
  }
  if (jumpHostKey !== undefined && jump === undefined) throw invalid('--jump-host-key needs --jump')
  return checked({
    kind: 'ssh',
    user: remote[1],
    host: remote[2] ?? remote[3],
    folder: remote[4] === '' ? '.' : remote[4],
    ...(port === undefined ? {} : { port }),
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(jump === undefined
      ? {}
      : { jump: { ...parseJump(jump), ...(jumpHostKey === undefined ? {} : { hostKey: jumpHostKey }) } }),
  })
}

/** A place that is known, with what came with the command: another port, host key or way there. */
export function placeWith(place: DeploymentPlace, options: FolderOptions): DeploymentPlace {
  const { port, hostKey, jump, jumpHostKey } = options
  if ([port, hostKey, jump, jumpHostKey].every(option => option === undefined)) return place
  if (place.kind === 'local')
    throw invalid(
      `--port, --host-key and --jump are for a folder on a host; this one lies in ${place.folder}`,
    )
  const hop = jump === undefined ? place.jump : parseJump(jump)
  if (jumpHostKey !== undefined && !hop) throw invalid('--jump-host-key needs --jump')
  return checked({
    ...place,
    ...(port === undefined ? {} : { port }),
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(hop ? { jump: { ...hop, ...(jumpHostKey === undefined ? {} : { hostKey: jumpHostKey }) } } : {}),
  })
}

function checked(raw: unknown): DeploymentPlace {
  const parsed = deploymentPlace.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw invalid(
    `${issue?.path.join('.') || 'FOLDER'}: ${issue?.message ?? 'DIR or USER@HOST:DIR is expected'}`,
  )
}

/** Opens the machine the folder lies on for `work`, and closes it after. */
export async function onHostOf<T>(
  ctx: CliContext,
  session: Pick<Session, 'given' | 'mayAsk' | 'log' | 'pins'>,
  place: DeploymentPlace,
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const secrets = place.kind === 'local' ? null : await loginFor(ctx, session, place)
  return await withHost(ctx, session, { place, secrets }, work)
}

/** The same with a login that is had already. @param at.secrets null: the keys of the ssh agent */
export async function withHost<T>(
  ctx: CliContext,
  { given, mayAsk, log, pins }: Pick<Session, 'given' | 'mayAsk' | 'log' | 'pins'>,
  { place, secrets }: { place: DeploymentPlace; secrets: Record<string, string> | null },
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const host = await openHost(place, secrets, {
    env: ctx.env,
    log,
    ...(mayAsk ? { confirmHostKey: hostKeyAsker(ctx.out, pins) } : {}),
  })
  ctx.masker.learn(given.all)
  try {
    return await work(host)
  } finally {
    await host.close()
  }
}

/** What came with the command for `deployment`, else what is typed; null: the keys of the ssh agent. */
export async function loginFor(
  ctx: Pick<CliContext, 'env' | 'masker'>,
  { given, mayAsk }: Pick<Session, 'given' | 'mayAsk'>,
  place: Extract<DeploymentPlace, { kind: 'ssh' }>,
): Promise<Record<string, string> | null> {
  const login = given.forServer({ name: 'deployment', type: 'sftp' }) as Record<string, string> | undefined
  if (login || !mayAsk || ctx.env['SSH_AUTH_SOCK'] !== undefined) return login ?? null
  const password = await ask(`Password of ${place.user}@${place.host} (empty: none):`, { hidden: true })
  ctx.masker.learn(password)
  return password === '' ? null : { password }
}

/** Where it lies, for people. */
export const placeText = (place: DeploymentPlace): string =>
  place.kind === 'local'
    ? place.folder
    : `${place.user}@${place.host}:${place.port === 22 ? '' : `${place.port}:`}${place.folder}`
