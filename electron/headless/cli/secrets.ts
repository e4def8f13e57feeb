import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { DecryptWith } from '../../engine/archive/age/key.ts'
import { EngineError, fromFsError } from '../../engine/engine-error.ts'
import type { ServerRecord, ServerType } from '../../engine/store/server-record.ts'

/** Where the secrets of one command come from. */
export type SecretOptions = { secretsFile?: string; secretsStdin?: boolean }

/** Secrets that came with the command, and are used for it only. */
export type GivenSecrets = {
  /** Those that fit a server: under its name, or those of the file as a whole. */
  forServer(server: Pick<ServerRecord, 'name' | 'type'>): Record<string, unknown> | undefined
  /** To encrypt or decrypt with. */
  readonly decryptWith: DecryptWith
  /** Everything, for the masker. */
  readonly all: unknown
}

const maxBytes = 1024 * 1024

const keysOf: Record<ServerType, readonly string[]> = {
  s3: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
  azure: ['accountKey', 'sas', 'connectionString'],
  sftp: ['password', 'privateKey', 'keyPassphrase'],
  ftp: ['password'],
  local: [],
}
const known = new Set([...Object.values(keysOf).flat(), 'passphrase', 'identity'])

/** Reads what `--secrets-file` or `--secrets-stdin` name; without them there are none. */
export async function readSecrets(options: SecretOptions, folder: string): Promise<GivenSecrets> {
  if (options.secretsFile !== undefined && options.secretsStdin)
    throw invalid('--secrets-file and --secrets-stdin exclude each other')
  if (options.secretsFile === undefined && !options.secretsStdin) return pickSecrets({})
  const text = options.secretsStdin
    ? await readStdin()
    : await readBounded(resolve(folder, options.secretsFile ?? ''))
  return pickSecrets(
    parseSecrets(text, options.secretsStdin ? 'standard input' : (options.secretsFile ?? '')),
  )
}

/** @param source where it came from, for messages; what it holds never gets into one */
export function parseSecrets(text: string, source: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    throw invalid('not JSON; an object such as {"password":"…"} is expected', source)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('a JSON object such as {"password":"…"} is expected', source)
  const object = value as Record<string, unknown>
  for (const [key, entry] of Object.entries(object))
    if (known.has(key) && typeof entry !== 'string' && typeof entry !== 'object')
      throw invalid(`${key} is to be a text`, source)
  const isServer = (entry: unknown) => typeof entry === 'object' && entry !== null && !Array.isArray(entry)
  // A file with nothing in it that we know is a mistake better told here than as a refused login.
  if (!Object.entries(object).some(([key, entry]) => known.has(key) || isServer(entry)))
    throw invalid(`none of the keys ${[...known].join(', ')}`, source)
  return object
}

export function pickSecrets(object: Record<string, unknown>): GivenSecrets {
  const pick = (from: Record<string, unknown>, type: ServerType) => {
    const entries = keysOf[type]
      .filter(key => typeof from[key] === 'string')
      .map(key => [key, from[key]] as const)
    return entries.length > 0 ? (Object.fromEntries(entries) as Record<string, unknown>) : undefined
  }
  const { passphrase, identity } = object
  return {
    forServer({ name, type }) {
      const own = Object.hasOwn(object, name) ? object[name] : undefined
      if (typeof own === 'object' && own !== null) return pick(own as Record<string, unknown>, type)
      return pick(object, type)
    },
    decryptWith: {
      // An editor ends a file with a line feed that nobody meant.
      ...(typeof passphrase === 'string' ? { passphrase: passphrase.replace(/\r?\n$/, '') } : {}),
      ...(typeof identity === 'string' ? { identity: identity.trim() } : {}),
    },
    all: object,
  }
}

async function readBounded(file: string): Promise<string> {
  try {
    await using handle = await open(file, 'r')
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1)
    if (bytesRead > maxBytes) throw invalid('over 1 MiB is no secrets file', file)
    return buffer.toString('utf8', 0, bytesRead)
  } catch (err) {
    throw fromFsError(err, 'secrets.read', file)
  }
}

async function readStdin(): Promise<string> {
  const pieces: Buffer[] = []
  let total = 0
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    pieces.push(piece)
    total += piece.length
    if (total > maxBytes) throw invalid('over 1 MiB is no secrets', 'standard input')
  }
  return Buffer.concat(pieces).toString('utf8')
}

const invalid = (detail: string, subject?: string) =>
  new EngineError('input.invalid', 'secrets.read', { detail, ...(subject === undefined ? {} : { subject }) })
