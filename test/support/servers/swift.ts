import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { freePorts } from '../free-port.ts'
import { startDaemon } from './daemon.ts'
import type { Daemon } from './daemon.ts'
import { ensureDebianPackages } from './debian.ts'

/** OpenStack Swift with its S3 API: a production object store that speaks multipart, ListParts and ranges. */
export type Swift = {
  endpoint: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** Where the four daemons keep everything; removed by `stop`. */
  folder: string
  /** Creates a bucket. */
  bucket(name: string): Promise<void>
  stop(): Promise<void>
}

const packages = ['swift', 'swift-proxy', 'swift-account', 'swift-container', 'swift-object', 'memcached']
const account = 'test'
const user = 'tester'
/** Stands nowhere else, so that finding it anywhere means that it leaked. */
const secretAccessKey = `testing-${randomBytes(12).toString('base64url')}`

/**
 * Starts memcached and the four daemons on free loopback ports.
 * @param options.maxParts parts that one upload may have; Swift's own default is 1000.
 */
export async function startSwift(
  options: { maxParts?: number } = {},
): Promise<{ ok: true; server: Swift } | { ok: false; why: string }> {
  const ensured = await ensureDebianPackages(packages)
  if (!ensured.ok) return ensured
  const maxParts = options.maxParts ?? 10_000
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drydock-swift-'))
  const daemons: Daemon[] = []
  const stop = async () => {
    await Promise.all(daemons.map(daemon => daemon.stop()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const [proxy = 0, accountPort = 0, container = 0, object = 0, memcached = 0] = await freePorts(5)
    const inner = { account: accountPort, container, object }
    await mkdir(path.join(folder, 'devices', 'sdb1'), { recursive: true })
    await writeFile(path.join(folder, 'swift.conf'), swiftConf)
    for (const [name, port] of Object.entries(inner)) {
      await writeFile(path.join(folder, `${name}-server.conf`), innerConf(folder, name, port))
      await ring(folder, name, port)
    }
    await writeFile(path.join(folder, 'proxy-server.conf'), proxyConf(folder, proxy, memcached, maxParts))
    const start = (command: string, args: string[], port: number) =>
      startDaemon({ command, args, port, log: path.join(folder, 'daemons.log'), cwd: folder })
    const runAs = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
    const jobs = [
      start(
        'memcached',
        [...runAs, '-l', '127.0.0.1', '-p', String(memcached), '-U', '0', '-m', '64'],
        memcached,
      ),
      ...Object.entries(inner).map(([name, port]) =>
        start(`swift-${name}-server`, [path.join(folder, `${name}-server.conf`)], port),
      ),
      start('swift-proxy-server', [path.join(folder, 'proxy-server.conf')], proxy),
    ]
    // All are waited for, or one that came up after another's failure would be left running.
    const results = await Promise.allSettled(jobs)
    for (const result of results) if (result.status === 'fulfilled') daemons.push(result.value)
    for (const result of results) if (result.status === 'rejected') throw result.reason as Error
    const server: Swift = {
      endpoint: `http://127.0.0.1:${proxy}`,
      region: 'us-east-1',
      accessKeyId: `${account}:${user}`,
      secretAccessKey,
      folder,
      bucket: name => createBucket(server, name),
      stop,
    }
    return { ok: true, server }
  } catch (err) {
    await stop()
    throw err
  }
}

async function createBucket(server: Swift, name: string): Promise<void> {
  const client = new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: server,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }))
  } finally {
    client.destroy()
  }
}

async function ring(folder: string, name: string, port: number): Promise<void> {
  const builder = path.join(folder, `${name}.builder`)
  for (const args of [
    ['create', '4', '1', '1'],
    ['add', `r1z1-127.0.0.1:${port}/sdb1`, '1'],
    ['rebalance'],
  ]) {
    await promisify(execFile)('swift-ring-builder', [builder, ...args], { cwd: folder })
  }
}

const swiftConf = `[swift-hash]
swift_hash_path_suffix = drydock
swift_hash_path_prefix = drydock

[storage-policy:0]
name = default
default = yes
`

const common = (folder: string, port: number) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 1
user = ${os.userInfo().username}
swift_dir = ${folder}
devices = ${path.join(folder, 'devices')}
mount_check = false
disable_fallocate = true
log_level = WARNING
`

const innerConf = (folder: string, name: string, port: number) => `${common(folder, port)}
[pipeline:main]
pipeline = ${name}-server

[app:${name}-server]
use = egg:swift#${name}
`

const filters = 'catch_errors cache listing_formats s3api tempauth copy bulk slo dlo versioned_writes symlink'

const proxyConf = (
  folder: string,
  port: number,
  memcached: number,
  maxParts: number,
) => `${common(folder, port)}
[pipeline:main]
pipeline = ${filters} proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcached}

[filter:s3api]
use = egg:swift#s3api
max_upload_part_num = ${maxParts}

[filter:tempauth]
use = egg:swift#tempauth
user_${account}_${user} = ${secretAccessKey} .admin .reseller_admin

[filter:slo]
use = egg:swift#slo
max_manifest_segments = ${maxParts}

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true

${['catch_errors', 'listing_formats', 'copy', 'bulk', 'dlo', 'symlink'].map(name => `[filter:${name}]\nuse = egg:swift#${name}\n`).join('\n')}`
