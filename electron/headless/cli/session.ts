import type { DecryptWith } from '../../engine/archive/age/key.ts'
import type { Engine } from '../../engine/engine.ts'
import { EngineError } from '../../engine/engine-error.ts'
import type { Log } from '../../engine/ports.ts'
import type { HostKeyQuestion, ServerRecord } from '../../engine/store/server-record.ts'
import type { Vault } from '../../engine/vault/index.ts'
import type { CliContext } from './context.ts'
import type { Ending } from './ending.ts'
import { ask, askYes, canAsk } from './prompt.ts'
import type { GivenSecrets, SecretOptions } from './secrets.ts'
import { readSecrets } from './secrets.ts'
import { vaultOnDemand } from './vault-on-demand.ts'

/** An engine for the length of one command, and what came with the command. */
export type Session = {
  readonly engine: Engine
  readonly vault: Vault
  readonly log: Log
  readonly given: GivenSecrets
  /** Whether a person can be asked. */
  readonly mayAsk: boolean
  /** Host keys a person has vouched for during this command. */
  readonly pins: HostKeyQuestion[]
}

/** Opens the engine for `work` and closes it after, whatever happens. The engine and its SDKs are loaded only here. */
export async function withEngine(
  ctx: CliContext,
  options: SecretOptions,
  work: (session: Session) => Promise<Ending>,
): Promise<Ending> {
  const given = await readSecrets(options, ctx.folder)
  ctx.masker.learn(given.all)
  const mayAsk = canAsk() && !options.secretsStdin
  const pins: HostKeyQuestion[] = []
  const log: Log = (level, message, fields) => {
    if (ctx.out.verbose)
      ctx.out.say(
        ctx.masker.mask(`[${level}] ${message}${fields ? ` ${JSON.stringify(fields, plainErrors)}` : ''}`),
      )
  }
  const { out, home, env, masker, version } = ctx
  const vault = vaultOnDemand({ home, env, masker, mayAsk, say: text => out.say(text) })
  const confirmHostKey = hostKeyAsker(out, pins)
  const { createEngine } = await import('../../engine/engine.ts')
  await ctx.interrupts.settled()
  const asking = mayAsk ? { confirmHostKey } : {}
  const engine = createEngine({
    home,
    env,
    vault,
    version,
    log,
    mask: masker.mask,
    learn: secret => masker.learn(secret),
    ...asking,
    secretsFor: record => given.forServer(record),
  })
  try {
    return await work({ engine, vault, log, given, mayAsk, pins })
  } finally {
    await savePins(engine, pins).catch((err: unknown) =>
      log('warn', 'a host key could not be pinned', { err }),
    )
    await engine.close()
  }
}

/** Asks a person to vouch for a host key; what was vouched for is added to `pins`. */
export const hostKeyAsker =
  (out: CliContext['out'], pins: HostKeyQuestion[]) =>
  async (question: HostKeyQuestion): Promise<boolean> => {
    out.say(
      `The host ${question.host}, port ${question.port}, is not known yet. It shows this ${question.keyType} key:`,
    )
    out.say(`  ${question.fingerprint}`)
    out.say(
      'Compare it with the one its administrator gives you: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub',
    )
    const sure = await askYes('Is it the same, and shall it be trusted from now on?')
    if (sure) pins.push(question)
    return sure
  }

const plainErrors = (_key: string, value: unknown): unknown =>
  value instanceof Error ? value.message : value

/** `record` with the keys filled in that a person has vouched for. */
export function withPins(record: ServerRecord, pins: readonly HostKeyQuestion[]): ServerRecord {
  if (record.type !== 'sftp') return record
  const pinOf = ({ host, port }: { host: string; port: number }) =>
    pins.find(p => p.host === host && p.port === port)?.fingerprint
  const own = record.hostKey ?? pinOf(record)
  const jumpKey = record.jump && (record.jump.hostKey ?? pinOf(record.jump))
  return {
    ...record,
    ...(own === undefined ? {} : { hostKey: own }),
    ...(record.jump && jumpKey !== undefined ? { jump: { ...record.jump, hostKey: jumpKey } } : {}),
  }
}

async function savePins(engine: Engine, pins: readonly HostKeyQuestion[]): Promise<void> {
  if (pins.length === 0) return
  for (const record of (await engine.servers.list()).records) {
    const pinned = withPins(record, pins)
    if (JSON.stringify(pinned) !== JSON.stringify(record)) await engine.servers.edit(record.name, pinned)
  }
}

/**
 * What opens an encrypted point: what came with the command, else typed on the terminal.
 * @returns undefined for a point that is not encrypted
 */
export async function decryptionFor(
  session: Session,
  encryption: { to: 'passphrase' | 'recipients' } | null,
  point: string,
): Promise<DecryptWith | undefined> {
  const { passphrase, identity } = session.given.decryptWith
  if (passphrase !== undefined || identity !== undefined) return session.given.decryptWith
  if (!encryption) return undefined
  if (!session.mayAsk)
    throw new EngineError('auth.secret-missing', 'point.open', {
      subject: point,
      detail: `it is encrypted; {"${encryption.to === 'passphrase' ? 'passphrase' : 'identity'}":…} is needed`,
    })
  if (encryption.to === 'passphrase')
    return { passphrase: await ask(`Passphrase of ${point}:`, { hidden: true }) }
  return { identity: await ask(`Identity that opens ${point} (AGE-SECRET-KEY-1…):`, { hidden: true }) }
}
