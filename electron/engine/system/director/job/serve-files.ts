import { createHash, randomInt } from 'node:crypto'
import { z } from 'zod'
import { EngineError } from '../../../engine-error.ts'
import type { Host } from '../host/host.ts'
import { callProgram, programFailure, programScript, putProgram, readAnswer } from './call-program.ts'
import type { ProgramPlace } from './call-program.ts'

const during = 'director.serve'
const most = 24

/** A file to be copied to the host and served there. */
export type ServeFile = {
  name: string
  size: number
  /** What it must have; null: not known before. Compared with what is on the host's disk either way. */
  sha256: string | null
  read(signal: AbortSignal): AsyncIterable<Uint8Array>
}

export type ServeRequest = {
  /** The run's id: `~/.drydock/serve/<id>` on the host. What is served there under it already is ended first. */
  id: string
  files: readonly ServeFile[]
  /** Names or addresses of the hosts that may fetch, beside the host itself. */
  allow: readonly string[]
  /** Address to listen on; null: the one that faces the first of `allow`. */
  bind: string | null
  /** The job that needs the files: serving ends with it, or when it has not begun after an hour. */
  job: string
  signal?: AbortSignal
  /** Hours after which it ends whatever the job does; 24 when absent. */
  hours?: number
  onSent?: (name: string, bytes: number) => void
}

/** Where the files are now, for `setup.sh`: plain FTP, passive mode, folder `/`. The password is for this run alone. */
export type Served = {
  address: string
  port: number
  user: string
  password: string
  files: { name: string; size: number; sha256: string }[]
}

const put = z.object({ size: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
const begun = z.object({ ok: z.literal(true), address: z.string().max(64), port: z.int().min(1).max(65535) })
const state = z.discriminatedUnion('is', [
  z.object({ is: z.literal('unknown') }),
  z.object({
    is: z.literal('serving'),
    address: z.string().max(64),
    port: z.int(),
    until: z.iso.datetime(),
  }),
])
export type Serving = z.infer<typeof state>

/**
 * Copies files to the host, proves that they arrived, and lets a detached process serve them. It outlives every
 * connection and Drydock itself, and removes itself. Nothing stays on the host when this fails.
 * @throws EngineError `data.damaged` when what arrived is not what was sent or should be, `remote.full`,
 *   `remote.unsupported` without python3, whatever `read` throws
 */
export async function serveFiles(host: Host, request: ServeRequest): Promise<Served> {
  const place: ProgramPlace = { program: 'serve', id: request.id }
  const signal = request.signal ?? new AbortController().signal
  await stopServing(host, request.id)
  try {
    await putProgram(host, place, during, signal)
    const files: Served['files'] = []
    for (const file of request.files) files.push(await send(host, place, file, signal, request.onSent))
    const user = `drydock-${random(6)}`
    const password = random(most)
    const answer = await callProgram(host, place, ['start'], begun, during, {
      input: {
        user,
        password,
        files: files.map(({ name }) => name),
        allow: request.allow,
        bind: request.bind,
        job: request.job,
        hours: request.hours ?? 24,
      },
      signal,
    })
    if (!answer) throw new EngineError('remote.failed', during, { subject: host.about })
    return { address: answer.address, port: answer.port, user, password, files }
  } catch (err) {
    // Its own error would say less than this one. What is left there ends by itself.
    await stopServing(host, request.id).catch(() => {})
    throw err
  }
}

/** Whether something is served under that id. */
export async function serving(host: Host, id: string): Promise<Serving> {
  return (await callProgram(host, { program: 'serve', id }, ['status'], state, during)) ?? { is: 'unknown' }
}

/** Ends it and removes its folder; nothing happens when there is none. */
export async function stopServing(host: Host, id: string): Promise<void> {
  await callProgram(host, { program: 'serve', id }, ['stop'], z.object({ ok: z.literal(true) }), during)
}

async function send(
  host: Host,
  place: ProgramPlace,
  file: ServeFile,
  signal: AbortSignal,
  onSent: ServeRequest['onSent'],
): Promise<Served['files'][number]> {
  const { name } = file
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(name))
    throw new EngineError('input.invalid', during, { subject: name, detail: 'not a name that can be served' })
  const hash = createHash('sha256')
  let size = 0
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const bytes of file.read(signal)) {
      hash.update(bytes)
      size += bytes.length
      yield bytes
      onSent?.(name, size)
    }
  }
  const output = host.stream(programScript(place, ['put', name]), { signal, input: watched() })
  let line = ''
  for (;;) {
    const piece = await output.next()
    if (piece.done) {
      if (piece.value.exit === 0) break
      throw programFailure(host, piece.value.exit, piece.value.stderr, during)
    }
    line = (line + Buffer.from(piece.value).toString('utf8')).slice(0, 64 * 1024)
  }
  const there = readAnswer(host, line, put, during)
  const sent = hash.digest('hex')
  if (there.size !== size || there.sha256 !== sent)
    throw new EngineError('data.damaged', during, {
      subject: name,
      detail: `${size} bytes were sent and ${there.size} are on ${host.about}, with another hash`,
    })
  if (size !== file.size || (file.sha256 !== null && file.sha256 !== sent))
    throw new EngineError('data.damaged', during, {
      subject: name,
      detail: 'what the server gave is not the file that was chosen: another size or hash',
    })
  return { name, ...there }
}

/** Letters and digits only: `setup.sh` may put it into a URL or a shell word. */
function random(length: number): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('')
}
