import { randomBytes } from 'node:crypto'
import { formatBytes } from '../../../../shared/units.ts'
import { EngineError, isAbort } from '../../engine-error.ts'
import { foreignRepository } from '../foreign-repository.ts'
import type { ObjectStore, ProbeCheck, ProbeReport } from '../object-store.ts'
import type { SftpSession } from './sftp-session.ts'

const trustedWords = {
  pin: 'it is the pinned key',
  'known-hosts': 'it stands in known_hosts',
  confirmed: 'it was confirmed by hand just now',
} as const

/** More than this much difference of the clocks is worth a word: names of backups carry the time. */
const clockToleranceS = 60

/**
 * Tries out a server. Everything is written under names beginning with `drydock-probe-` and removed again. Beside a
 * repository of the vendor's nothing is written.
 */
export async function probeSftp(
  store: ObjectStore,
  session: SftpSession,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<ProbeReport> {
  const checks: ProbeCheck[] = []
  const learned: ProbeReport['learned'] = {}
  const say = (name: string, ok: boolean, level: ProbeCheck['level'], detail: string) =>
    void checks.push({ name, ok, level, detail })

  for (const { host, key, by } of session.connection.trusted)
    say(
      'host key',
      true,
      'info',
      `${host.host}:${host.port} showed ${key.type} ${key.fingerprint}; ${trustedWords[by]}`,
    )
  const target = session.connection.trusted.at(-1)
  if (target) Object.assign(learned, { hostKeyType: target.key.type, hostKey: target.key.fingerprint })

  const requests = Math.min(session.readBytes, session.writeBytes)
  learned['requestBytes'] = requests
  say('packet size', true, 'info', `requests of up to ${formatBytes(requests)}`)
  learned['fsync'] = session.has('fsync')
  say(
    'fsync',
    session.has('fsync'),
    session.has('fsync') ? 'info' : 'warn',
    session.has('fsync')
      ? 'files are on the disk before they get their name'
      : 'the server cannot be told to bring files to its disk; a power cut there may lose the newest ones',
  )
  learned['replace'] = session.has('posix-rename')
  say(
    'replace',
    session.has('posix-rename'),
    'info',
    session.has('posix-rename') ? 'a file is replaced in one step' : 'replacing a file takes two steps',
  )
  await space()
  const foreign = await foreignRepository(store, signal)
  if (foreign) return { checks: [...checks, foreign], learned }
  const name = `drydock-probe-${randomBytes(6).toString('hex')}`
  try {
    if (await writes(name)) {
      await clock(name)
      await renameRefuses(name)
      await resume(`${name}-resumed`)
    }
  } finally {
    await store.remove(name).catch(() => {})
    await store.remove(`${name}-resumed`).catch(() => {})
  }
  return { checks, learned }

  async function space(): Promise<void> {
    const found = await session.space(folder, 'server.test').catch(() => null)
    if (!found) return say('free space', true, 'info', 'the server does not tell')
    learned['freeBytes'] = found.free
    const enough = found.free > 64 * 1024 * 1024
    const detail = `${formatBytes(found.free)} of ${formatBytes(found.total)} free`
    say('free space', enough, enough ? 'info' : 'warn', detail)
  }

  async function writes(probe: string): Promise<boolean> {
    try {
      await store.put(probe, Buffer.from('drydock'), { signal, ifAbsent: true })
      say('write', true, 'info', 'a file can be written and named')
      return true
    } catch (err) {
      rethrowAbort(err)
      say('write', false, 'stop', sentence(err))
      return false
    }
  }

  async function clock(probe: string): Promise<void> {
    const info = await store.stat(probe, { signal })
    if (info?.modified == null) return say('clock', true, 'info', 'the server tells no times')
    const seconds = Math.round((info.modified - Date.now()) / 1000)
    learned['clockDifferenceSeconds'] = seconds
    const close = Math.abs(seconds) <= clockToleranceS
    const detail = close
      ? 'the clocks agree'
      : `its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`
    say('clock', close, close ? 'info' : 'warn', detail)
  }

  async function renameRefuses(probe: string): Promise<void> {
    const code = await store.put(probe, Buffer.from('second'), { signal, ifAbsent: true }).then(
      () => null,
      (err: unknown) => {
        rethrowAbort(err)
        return err instanceof EngineError ? err.code : 'internal'
      },
    )
    const ok = code === 'remote.exists'
    say(
      'rename',
      ok,
      ok ? 'info' : 'warn',
      ok ? 'an existing file is not overwritten' : 'existing files are not safe',
    )
  }

  async function resume(probe: string): Promise<void> {
    try {
      const first = await store.upload(probe, { signal })
      await first.write({ index: 0, offset: 0, bytes: Buffer.from('one ') }, { signal })
      await first.detach()
      const second = await store.upload(probe, { signal, resume: first.token })
      try {
        const { bytes } = second.confirmed
        await second.rewind({ bytes, parts: 1 })
        await second.write({ index: 1, offset: bytes, bytes: Buffer.from('two') }, { signal })
        await second.commit({ bytes: bytes + 3, parts: 2 }, { signal })
        learned['resume'] = bytes === 4
        say(
          'resume',
          bytes === 4,
          bytes === 4 ? 'info' : 'warn',
          'an interrupted upload can go on where it was',
        )
      } catch (err) {
        await second.abort()
        throw err
      }
    } catch (err) {
      rethrowAbort(err)
      learned['resume'] = false
      say('resume', false, 'warn', sentence(err))
    }
  }
}

function rethrowAbort(err: unknown): void {
  if (isAbort(err)) throw err
}

function sentence(err: unknown): string {
  if (err instanceof EngineError) return `${err.code}${err.detail ? `: ${err.detail}` : ''}`
  return String(err)
}
