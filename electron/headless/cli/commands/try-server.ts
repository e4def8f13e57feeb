import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from '../../../engine/engine.ts'
import { EngineError } from '../../../engine/engine-error.ts'
import type { ProbeReport } from '../../../engine/store/object-store.ts'
import type { ServerRecord } from '../../../engine/store/server-record.ts'
import type { Vault } from '../../../engine/vault/index.ts'
import type { CliContext } from '../context.ts'
import type { Session } from '../session.ts'
import { withPins } from '../session.ts'

/**
 * Tries a server out before anything about it is saved: in an engine whose state folder lives only as long as the
 * attempt, with the vault's secrets readable and nothing written to it.
 * @param secrets the new ones; null to use what the vault holds
 * @returns the record with what was learned, and with the host keys a person has vouched for
 * @throws EngineError why it cannot be used; a check that says `stop` is one too
 */
export async function tryServer(
  ctx: CliContext,
  session: Session,
  record: ServerRecord,
  secrets: unknown,
): Promise<ServerRecord> {
  const home = await mkdtemp(join(tmpdir(), 'drydock-try-'))
  const { log, confirmHostKey, given, vault } = session
  const engine = createEngine({
    home,
    env: ctx.env,
    vault: readThrough(vault),
    version: ctx.version,
    log,
    ...(confirmHostKey ? { confirmHostKey } : {}),
    secretsFor: server => secrets ?? given.forServer(server) ?? undefined,
  })
  try {
    await engine.servers.add(record, secrets ?? null)
    const report = await engine.servers.test(record.name, ctx.interrupts.signal)
    await showReport(ctx, report)
    stopOn(report, record.name)
    return withPins(await engine.servers.get(record.name), session.pins)
  } finally {
    await engine.close()
    await rm(home, { recursive: true, force: true })
  }
}

/** One line per check; those that stop or warn are marked in words. */
export async function showReport({ out }: CliContext, report: ProbeReport): Promise<void> {
  for (const { name, ok, level, detail } of report.checks) {
    await out.event('check', { name, ok, level, detail })
    const mark = ok ? 'ok  ' : level === 'stop' ? 'FAIL' : level === 'warn' ? 'warn' : 'note'
    await out.line(`  ${mark}  ${name}: ${detail}`)
  }
}

/** @throws EngineError when a check found that backups cannot be kept there */
export function stopOn(report: ProbeReport, name: string): void {
  const stop = report.checks.find(check => !check.ok && check.level === 'stop')
  if (!stop) return
  const denied = /denied|permission|forbidden|not allowed|EACCES|EROFS|read-only/i.test(stop.detail)
  throw new EngineError(denied ? 'auth.denied' : 'remote.unsupported', 'server.test', {
    subject: name,
    detail: `${stop.name}: ${stop.detail}`,
  })
}

function readThrough(vault: Vault): Vault {
  const own = new Map<string, string | null>()
  return {
    tier: 'memory',
    persistent: false,
    about: 'the memory of this process',
    get: async key => (own.has(key) ? (own.get(key) ?? null) : await vault.get(key)),
    set: async (key, value) => void own.set(key, value),
    remove: async key => void own.set(key, null),
  }
}
