import { z } from 'zod'
import { EngineError } from '../engine-error.ts'
import { isObjectName } from '../store/object-store.ts'
import { isPlanName, isStamp } from './names.ts'

/**
 * The manifest: what a restore point holds, with hashes, written last. It comes from a server and is hostile until
 * it has passed this schema: sizes are bounded, names are flat, counts agree.
 */
export const manifestVersion = 1

/** A manifest larger than this is refused before it is parsed: 1 TiB in 5 MiB parts needs about 20 MB. */
export const maxManifestBytes = 64 * 1024 * 1024

const bytes = z.int().min(0)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const objectName = z.string().refine(isObjectName, 'not a flat file name')

/** Parts are read into memory whole; ours are at most 14 MiB. */
const maxPartBytes = 64 * 1024 * 1024
const part = z.object({ size: bytes.max(maxPartBytes), sha256 })

export const backupFile = z.object({
  component: z.string().max(64),
  name: objectName,
  /** `tar`: entries lie in a tar stream; `stream`: the content is one entry, as a command wrote it. */
  layout: z.enum(['tar', 'stream']),
  compression: z.enum(['zstd', 'gzip', 'none']),
  encryption: z.literal('age').nullable(),
  /** Of all volumes together, as stored. */
  size: bytes,
  /** Of all volumes joined, as stored; null when the run was resumed: then the parts are the proof. */
  sha256: sha256.nullable(),
  /** In order, without gaps. A part ends where a block ends (with encryption: at the last full 64 KiB chunk). */
  parts: z.array(part),
  /** Where the file goes on in further objects; each ends with a part. Absent: one object named `name`. */
  volumes: z
    .array(z.object({ name: objectName, size: bytes, parts: z.int().min(0) }))
    .min(1)
    .optional(),
  /** Before compression. */
  contentBytes: bytes,
  entries: z.object({ name: objectName, size: bytes, sha256, count: z.int().min(0), files: z.int().min(0) }),
})

const source = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('files'),
    base: z.string().optional(),
    paths: z.array(z.string()).optional(),
    excludes: z.array(z.string()).optional(),
  }),
  z.object({
    kind: z.literal('command'),
    command: z.string().optional(),
    as: z.string(),
    /** Of a Director's analytics data: of which deployment, and of which day (UTC). Older readers leave it out. */
    analytics: z.object({ deployment: z.string().max(255), day: z.string().max(10) }).optional(),
  }),
])

export const manifestSchema = z.object({
  drydockManifest: z.literal(manifestVersion),
  plan: z.string().refine(isPlanName),
  stamp: z.string().refine(isStamp),
  /** ISO 8601 UTC. */
  started: z.string(),
  ended: z.string(),
  host: z.string().max(255),
  user: z.string().max(255),
  platform: z.string().max(64),
  tool: z.object({ name: z.string().max(64), version: z.string().max(64) }),
  run: z.string().max(64),
  source,
  encryption: z.object({ format: z.literal('age'), to: z.enum(['passphrase', 'recipients']) }).nullable(),
  files: z.array(backupFile).min(1).max(1000),
  problems: z.int().min(0),
  /** What the source had and the archive does not hold, in words. */
  notKept: z.array(z.string().max(500)).max(100),
  /** How to restore with stock tools. */
  restore: z.string().max(20_000),
})

export type Manifest = z.infer<typeof manifestSchema>
export type BackupFile = z.infer<typeof backupFile>
export type Part = z.infer<typeof part>

/** The objects that hold a backup file, in order. */
export const volumesOf = (file: BackupFile): { name: string; size: number; parts: number }[] =>
  file.volumes ?? [{ name: file.name, size: file.size, parts: file.parts.length }]

export function encodeManifest(manifest: Manifest): Uint8Array {
  return Buffer.from(`${JSON.stringify(manifestSchema.parse(manifest), null, 1)}\n`)
}

/**
 * @param subject name of the object, for messages
 * @throws EngineError `data.version` for one from a newer Drydock, `data.format` for anything that is not one
 */
export function decodeManifest(text: Uint8Array, subject: string): Manifest {
  const bad = (detail: string, cause?: unknown) =>
    new EngineError('data.format', 'manifest.read', { subject, detail, cause })
  if (text.length > maxManifestBytes) throw bad('too large for a manifest')
  let raw: unknown
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
  } catch (err) {
    throw bad('not JSON: truncated or damaged', err)
  }
  const version =
    typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)['drydockManifest'] : undefined
  if (typeof version === 'number' && version > manifestVersion)
    throw new EngineError('data.version', 'manifest.read', {
      subject,
      detail: `written as version ${version}; this Drydock reads up to ${manifestVersion}`,
    })
  const parsed = manifestSchema.safeParse(raw)
  if (!parsed.success) {
    const first = parsed.error.issues[0]
    throw bad(first ? `${first.path.join('.')}: ${first.message}` : 'unknown shape', parsed.error)
  }
  for (const file of parsed.data.files) {
    const sum = (list: { size: number }[]) => list.reduce((total, item) => total + item.size, 0)
    const volumes = volumesOf(file)
    if (sum(file.parts) !== file.size || sum(volumes) !== file.size)
      throw bad(`${file.name}: the sizes do not add up`)
    let next = 0
    for (const volume of volumes) {
      const own = file.parts.slice(next, next + volume.parts)
      if (sum(own) !== volume.size) throw bad(`${volume.name}: the sizes do not add up`)
      next += volume.parts
    }
    if (next !== file.parts.length) throw bad(`${file.name}: parts outside its volumes`)
  }
  return parsed.data
}
