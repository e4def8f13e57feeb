import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, pid } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { BulkUse } from '../../electron/engine/store/sftp/bulk-lane.ts'
import type { SftpStore } from '../../electron/engine/store/sftp/sftp-store.ts'
import { ensureDebianPackages } from '../support/servers/debian.ts'
import { openSftp } from '../support/servers/sftp-place.ts'
import { startSshd } from '../support/servers/sshd.ts'
import type { Sshd } from '../support/servers/sshd.ts'
import type { Part } from './support/as-the-engine.ts'
import { getAsTheEngine, putAsTheEngine } from './support/as-the-engine.ts'
import { makeRandomFile } from './support/test-data.ts'

/**
 * One large file over SFTP, both ways, ours against rclone and OpenSSH's `sftp`, run in turn so that a busy moment
 * hits all three; ours as it comes and kept to ssh2. Each side connects, logs in, transfers and hangs up; ours drives
 * the store as a run does, so it hashes with SHA-256 both ways (a get fails when a part is not what was put) and, on a
 * put, waits for the server's fsync, which the other two do not. Node is already running, as it is in the engine.
 */
export type SftpBench = {
  bytes: number
  runs: number
  seconds: Record<Side, number[]>
  /** Processor time of both ends, all processes: it tells two sides apart even while the machine does other things. */
  cpuSeconds: Record<Side, number[]>
}
export type Side = `${'put' | 'get'} ${'drydock' | 'ssh2' | 'rclone' | 'openssh'}`

export async function benchSftp(options: { bytes?: number; runs?: number } = {}): Promise<SftpBench> {
  const bytes = options.bytes ?? 500_000_000
  const runs = options.runs ?? 5
  const ensured = await ensureDebianPackages(['rclone', 'openssh-server', 'openssh-client'])
  if (!ensured.ok) throw new Error(ensured.why)
  const sshd = await startSshd()
  const folder = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  try {
    const source = join(folder, 'source.bin')
    await makeRandomFile(source, bytes)
    const known = join(folder, 'known_hosts')
    const line = await open(known, 'w')
    await line.writeFile(`[127.0.0.1]:${sshd.port} ${await sshd.hostPublicKey()}\n`)
    await line.close()
    const sides = sidesOf(sshd, { source, target: join(folder, 'target.bin'), known })
    const seconds = {} as Record<Side, number[]>
    const cpuSeconds = {} as Record<Side, number[]>
    for (let run = 0; run <= runs; run += 1) {
      for (const [side, work] of Object.entries(sides) as [Side, () => Promise<void>][]) {
        await rm(join(folder, 'target.bin'), { force: true })
        const cpuBefore = await cpuSecondsBelow(pid)
        const began = performance.now()
        await work()
        // The first round only warms the page cache.
        if (run === 0) continue
        ;(seconds[side] ??= []).push((performance.now() - began) / 1000)
        // What a process used is added to its parent's account only when it has ended.
        await delay(200)
        ;(cpuSeconds[side] ??= []).push((await cpuSecondsBelow(pid)) - cpuBefore)
      }
    }
    return { bytes, runs, seconds, cpuSeconds }
  } finally {
    await sshd.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

type Setting = {
  source: string
  target: string
  known: string
}

function sidesOf(sshd: Sshd, { source, target, known }: Setting): Record<Side, () => Promise<void>> {
  const names = { drydock: 'drydock.bin', rclone: 'rclone.bin', openssh: 'openssh.bin' }
  const remote = (name: string) => join(sshd.files, name)
  const rclone = ['--config', '/dev/null', '--sftp-host', sshd.host, '--sftp-port', String(sshd.port)]
  rclone.push(
    '--sftp-user',
    sshd.user,
    '--sftp-key-file',
    sshd.privateKeyFile,
    '--sftp-known-hosts-file',
    known,
  )
  // Its checksum by a second command would only make it slower.
  rclone.push('--sftp-disable-hashcheck')
  const sftp = ['-q', '-F', 'none', '-b', '-', '-P', String(sshd.port), '-i', sshd.privateKeyFile]
  sftp.push('-o', `UserKnownHostsFile=${known}`, '-o', 'IdentitiesOnly=yes', `${sshd.user}@${sshd.host}`)
  let parts: Part[] = []
  const putOurs = async (bulk: BulkUse) => {
    await rm(remote(names.drydock), { force: true })
    parts = await withStore(sshd, bulk, store => putAsTheEngine(store, names.drydock, source))
  }
  const getOurs = (bulk: BulkUse) => withStore(sshd, bulk, store => getAsTheEngine(store, parts, target))
  return {
    'put drydock': () => putOurs('auto'),
    'put ssh2': () => putOurs('never'),
    'put rclone': () =>
      run('rclone', ['copyto', source, `:sftp:${remote(names.rclone)}`, '--ignore-times', ...rclone]),
    'put openssh': () => run('sftp', sftp, `put ${source} ${remote(names.openssh)}\n`),
    'get drydock': () => getOurs('auto'),
    'get ssh2': () => getOurs('never'),
    'get rclone': () => run('rclone', ['copyto', `:sftp:${remote(names.rclone)}`, target, ...rclone]),
    'get openssh': () => run('sftp', sftp, `get ${remote(names.openssh)} ${target}\n`),
  }
}

async function withStore<T>(sshd: Sshd, bulk: BulkUse, work: (store: SftpStore) => Promise<T>): Promise<T> {
  const store = await openSftp(sshd, sshd.files, { bulk })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

async function run(program: string, args: string[], input = ''): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(input)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${program} ended with ${code}`)
}

/** Of a process, of all below it, and of those that have ended. In ticks of 10 ms; 0 where there is no /proc. */
async function cpuSecondsBelow(process: number | string): Promise<number> {
  const read = (file: string) => readFile(`/proc/${process}/${file}`, 'utf8').catch(() => '')
  const fields = (await read('stat')).split(') ').at(-1)?.split(' ') ?? []
  const own = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) / 100
  const children = (await read(`task/${process}/children`)).split(' ').filter(Boolean)
  const below = await Promise.all(children.map(cpuSecondsBelow))
  return below.reduce((sum, one) => sum + one, own)
}

export const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const result = await benchSftp({ runs: Number(argv[2] ?? 5) })
  const speed = (side: Side) => result.bytes / 1e6 / median(result.seconds[side])
  for (const side of Object.keys(result.seconds) as Side[])
    console.log(
      side.padEnd(12),
      `${speed(side).toFixed(0)} MB/s`,
      result.seconds[side].map(s => s.toFixed(2)).join(' '),
      `CPU ${median(result.cpuSeconds[side]).toFixed(2)} s`,
    )
  for (const way of ['put', 'get'] as const)
    for (const peer of ['ssh2', 'rclone', 'openssh'] as const)
      console.log(
        `${way}: ${(speed(`${way} drydock`) / speed(`${way} ${peer}`)).toFixed(2)} × ${peer}`,
        `CPU ${(median(result.cpuSeconds[`${way} drydock`]) / median(result.cpuSeconds[`${way} ${peer}`])).toFixed(2)} ×`,
      )
}
