import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { randomBytes } from 'node:crypto'
import { EngineError } from '../../engine-error.ts'
import type { ObjectStore, ProbeCheck, ProbeReport } from '../object-store.ts'
import type { S3Server } from '../server-record.ts'
import type { S3Calls, S3Command } from './s3-calls.ts'
import type { S3Connection } from './s3-client.ts'
import { clockDetail, clockToleranceMs } from './s3-errors.ts'

export type S3ProbeInput = {
  store: ObjectStore
  calls: S3Calls
  connection: S3Connection
  record: S3Server
  base: string
  signal: AbortSignal | undefined
}

/**
 * Tries out what the bucket can do, with objects called `drydock-probe-<random>` that it removes again. Where one of
 * the vendor's repositories lies it writes nothing at all. Nothing it finds is thrown, save a cancel.
 */
export async function probeS3(input: S3ProbeInput): Promise<ProbeReport> {
  const report: ProbeReport = { checks: [], learned: {} }
  const probe = new Probe(input, report)
  const listed = await probe.check('list', 'stop', () => probe.list())
  probe.transport()
  if (!listed) return report
  // Not knowing what lies here is reason enough not to write.
  if (!(await probe.check('neighbours', 'stop', () => probe.foreignRepository()))) return report
  if (probe.foreign) return report
  try {
    if (!(await probe.check('write', 'stop', () => probe.writeAndReadBack()))) return report
    await probe.check('if-none-match', 'info', () => probe.conditional())
    await probe.check('checksums', 'info', () => probe.checksums())
    await probe.check('multipart', 'stop', () => probe.multipart())
    await probe.check('remove', 'warn', () => probe.remove())
  } finally {
    await probe.cleanUp()
  }
  return report
}

class Probe {
  readonly #input: S3ProbeInput
  readonly #report: ProbeReport
  readonly #name = `drydock-probe-${randomBytes(8).toString('hex')}`
  readonly #source: { Bucket: string; Key: string }
  /** Whether a repository of another tool lies here. */
  foreign = false
  #written = false

  constructor(input: S3ProbeInput, report: ProbeReport) {
    this.#input = input
    this.#report = report
    this.#source = { Bucket: input.record.bucket, Key: input.base + this.#name }
  }

  say(name: string, ok: boolean, level: ProbeCheck['level'], detail: string): void {
    this.#report.checks.push({ name, ok, level, detail })
  }

  /** Notes what `work` says, or how it failed. Whether it went well. */
  async check(name: string, level: ProbeCheck['level'], work: () => Promise<string>): Promise<boolean> {
    try {
      this.say(name, true, 'info', await work())
      return true
    } catch (err) {
      if (!(err instanceof EngineError) || err.code === 'cancelled') throw err
      this.say(name, false, level, `${err.code}${err.detail === undefined ? '' : `: ${err.detail}`}`)
      return false
    }
  }

  async list(): Promise<string> {
    for await (const _ of this.#input.store.list('', { signal: this.#input.signal })) break
    return `${this.#input.store.about} can be listed`
  }

  transport(): void {
    const { connection, record } = this.#input
    const { secure, pathStyle, agents } = connection
    this.#report.learned['tls'] = secure
    this.#report.learned['pathStyle'] = pathStyle
    const via = agents.proxy === null ? '' : `, through the proxy ${agents.proxy.host}`
    if (secure) this.say('tls', true, 'info', `encrypted and verified${via}`)
    else this.say('tls', false, 'warn', `not encrypted on the way: ${record.endpoint ?? ''}${via}`)
    this.say('addressing', true, 'info', pathStyle ? 'path style' : 'virtual host style')
    const offset = connection.clockOffsetMs()
    if (offset === null) return
    this.#report.learned['clockOffsetMs'] = offset
    const far = Math.abs(offset) > clockToleranceMs
    // `Date` has whole seconds: less than two say nothing.
    this.say(
      'clock',
      !far,
      far ? 'warn' : 'info',
      Math.abs(offset) < 2000 ? 'the clocks agree' : clockDetail(offset),
    )
  }

  async foreignRepository(): Promise<string> {
    const folder = await this.#input.store.vendorFolder?.({ signal: this.#input.signal })
    if (folder) {
      this.foreign = true
      return `${folder}/ lies here or above, which another tool keeps; nothing was written to try it out`
    }
    return 'no repository of another tool lies here'
  }

  async writeAndReadBack(): Promise<string> {
    const { store, signal } = this.#input
    const body = randomBytes(1000)
    this.#written = true
    await store.put(this.#name, body, { signal })
    await this.#compare(body, { offset: 0 })
    await this.#compare(body.subarray(300, 500), { offset: 300, length: 200 })
    return 'an object was written, read back whole and by range, and was the same'
  }

  async #compare(expected: Uint8Array, range: { offset: number; length?: number }): Promise<void> {
    const pieces: Uint8Array[] = []
    for await (const piece of this.#input.store.read(this.#name, range, { signal: this.#input.signal }))
      pieces.push(piece)
    if (Buffer.concat(pieces).equals(expected)) return
    throw new EngineError('remote.wrong-answer', 'server.test', {
      detail: 'what was read is not what was written',
    })
  }

  /** A server that ignores the condition would overwrite: seen by trying. */
  async conditional(): Promise<string> {
    try {
      await this.#send(
        new PutObjectCommand({ ...this.#source, Body: Buffer.from('second'), IfNoneMatch: '*' }),
      )
    } catch (err) {
      if (!(err instanceof EngineError)) throw err
      this.#report.learned['ifNoneMatch'] = err.code === 'remote.exists'
      if (err.code === 'remote.exists') return 'a second writer of the same name is refused'
      if (err.code !== 'remote.unsupported') throw err
    }
    this.#report.learned['ifNoneMatch'] = false
    return 'not supported; two writers of one name at the same moment would not notice each other'
  }

  async checksums(): Promise<string> {
    let kept = false
    try {
      await this.#send(
        new PutObjectCommand({ ...this.#source, Body: Buffer.from('sum'), ChecksumAlgorithm: 'CRC32' }),
      )
      const head = await this.#send(new HeadObjectCommand({ ...this.#source, ChecksumMode: 'ENABLED' }))
      kept = head.ChecksumCRC32 !== undefined
    } catch (err) {
      if (!(err instanceof EngineError) || err.code === 'cancelled') throw err
    }
    this.#report.learned['checksums'] = kept
    return kept ? 'the server keeps checksums of its own' : 'the server keeps none; ours are in the manifest'
  }

  async multipart(): Promise<string> {
    this.#report.learned['multipart'] = false
    const { UploadId } = await this.#send(new CreateMultipartUploadCommand(this.#source))
    try {
      const part = { ...this.#source, UploadId, Body: Buffer.from('part') }
      await this.#send(new UploadPartCommand({ ...part, PartNumber: 1 }))
      this.#report.learned['multipart'] = true
      const listed = await this.#listParts(UploadId)
      this.#report.learned['listParts'] = listed
      const maxParts = await this.#maxParts(part)
      if (maxParts !== null) this.#report.learned['maxParts'] = maxParts
      const resumable = listed
        ? 'an upload can be resumed'
        : 'the server cannot list parts, so an upload starts over'
      return `supported; ${resumable}${maxParts === null ? '' : `; at most ${maxParts} parts`}`
    } finally {
      await this.#send(new AbortMultipartUploadCommand({ ...this.#source, UploadId })).catch(() => {})
    }
  }

  async #listParts(UploadId: string | undefined): Promise<boolean> {
    try {
      const page = await this.#send(new ListPartsCommand({ ...this.#source, UploadId }))
      return page.Parts?.length === 1 && page.Parts[0]?.Size === 4
    } catch (err) {
      if (!(err instanceof EngineError) || err.code === 'cancelled') throw err
      return false
    }
  }

  /** Servers may allow fewer parts than AWS does, and say how many when asked for one too many. */
  async #maxParts(part: {
    Bucket: string
    Key: string
    UploadId: string | undefined
    Body: Buffer
  }): Promise<number | null> {
    try {
      await this.#send(new UploadPartCommand({ ...part, PartNumber: 10_000 }))
      return null
    } catch (err) {
      if (!(err instanceof EngineError) || err.code === 'cancelled') throw err
      const named = /between 1 and (\d{2,5})/.exec(err.detail ?? '')?.[1]
      return named === undefined ? 1000 : Number(named)
    }
  }

  async remove(): Promise<string> {
    await this.#input.store.remove(this.#name, { signal: this.#input.signal })
    const left = await this.#input.store.stat(this.#name, { signal: this.#input.signal })
    if (left === null) {
      this.#written = false
      return 'the object was removed'
    }
    throw new EngineError('remote.wrong-answer', 'server.test', {
      detail: `${this.#name} is still there (a lock or a hold?)`,
    })
  }

  /** Also after a cancel or a failure half-way, with a deadline of its own. */
  async cleanUp(): Promise<void> {
    if (!this.#written) return
    await this.#input.store.remove(this.#name, { signal: AbortSignal.timeout(15_000) }).catch(() => {})
  }

  #send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(command: S3Command<I, O>): Promise<O> {
    const { signal } = this.#input
    return this.#input.calls.send(command, { during: 'server.test', subject: this.#name, signal })
  }
}
