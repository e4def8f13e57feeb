import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  directorPreflightShape,
  directorRequest,
  directorStateShape,
  fileDiff,
  playRecap,
} from '../../../shared/contract/director.ts'
import type { DirectorProof } from '../../../shared/contract/proof.ts'
import { directorComponents } from '../../../shared/director-files.ts'
import type { StoredRun } from '../run/index.ts'

export type AskedDirectorRestore = z.infer<typeof directorRequest>

/** What the files of a Director restore's run say of it, for its report. */
export type DirectorSection = Omit<DirectorProof, 'sinceStart'> & {
  /** What state the hosts were in, in words; null when the run did not come so far. */
  hostState: string | null
  /** Play and task that the script was in last; null before the first. */
  lastTask: string | null
  /** The adoption whose hashes the files had; null or absent when they were never adopted, or not all of them. */
  adopted?: { at: string; on: string } | null
}

/** Each field for itself: one that cannot be read, or is not there yet, hides no other. */
const lenient = <T extends z.ZodType>(shape: T) => shape.nullable().catch(null).optional().default(null)

const stateShape = z.object({
  host: lenient(z.string()),
  folder: lenient(z.string()),
  hostVersion: lenient(z.string()),
  hostState: lenient(z.string()),
  task: lenient(z.string()),
  recap: lenient(z.array(playRecap)),
  exit: lenient(z.int()),
  afterwards: lenient(directorStateShape.shape.afterwards),
})
const outcomeShape = z.object({
  exit: lenient(z.int()),
  recap: lenient(z.array(playRecap)),
})
const preflightShape = z.object({
  hosts: lenient(directorPreflightShape.shape.hosts),
  files: lenient(
    z.array(
      z.object({
        component: z.enum(directorComponents),
        name: z.string(),
        size: z.int().nonnegative(),
        sha256: z.string().nullable(),
        adopted: z.object({ at: z.string(), on: z.string() }).optional(),
      }),
    ),
  ),
  diffs: lenient(z.array(fileDiff)),
})
const afterwardsShape = z.union([
  directorStateShape.shape.afterwards,
  z.object({ checks: directorStateShape.shape.afterwards }).transform(({ checks }) => checks),
])

/** What a run was asked for; null when it is no Director restore, or its options cannot be read. */
export function askedOf({ kind, options }: Pick<StoredRun, 'kind' | 'options'>): AskedDirectorRestore | null {
  const asked = kind === 'director-restore' ? directorRequest.safeParse(options) : null
  return asked?.success ? asked.data : null
}

const pointsShape = z.object({ points: z.array(z.string()).min(1) })

/** The restore point that its files were; null for files of the vendor's own tool, or when it is not known. */
export function pointOf({ outcome }: Pick<StoredRun, 'outcome'>): string | null {
  return pointsShape.safeParse(outcome).data?.points[0] ?? null
}

/**
 * Reads `director.json`, `preflight.json`, `afterwards.json` and `terminal.log` of a run's folder. What is not there,
 * or is damaged, costs its lines and nothing else.
 * @param place where the deployment folder is, as Drydock knows it now; null when it does not
 */
export async function readDirectorSection(
  record: StoredRun,
  asked: AskedDirectorRestore,
  folder: string,
  place: { host: string; folder: string } | null,
): Promise<DirectorSection> {
  const [said, checked, afterwards, terminal] = await Promise.all([
    readJson(join(folder, 'director.json'), stateShape),
    readJson(join(folder, 'preflight.json'), preflightShape),
    readAfterwards(folder),
    hashOf(join(folder, 'terminal.log')),
  ])
  const outcome = outcomeShape.safeParse(record.outcome).data
  return {
    deployment: {
      name: asked.deployment,
      host: said?.host ?? place?.host ?? 'not noted',
      folder: said?.folder ?? place?.folder ?? 'not noted',
    },
    mode: asked.mode,
    hosts: checked?.hosts ?? [],
    files: (checked?.files ?? []).map(({ component, name, size, sha256 }) => ({
      ...{ component, name, sha256 },
      bytes: size,
    })),
    adopted: adoptionOf(checked?.files ?? []),
    diffs: (checked?.diffs ?? []).filter(({ changed }) => changed > 0),
    recap: said?.recap ?? outcome?.recap ?? [],
    exit: said?.exit ?? outcome?.exit ?? null,
    terminal,
    afterwards: afterwards ?? said?.afterwards ?? [],
    versions: {
      drydock: record.origin?.version ?? 'not noted',
      host: said?.hostVersion ?? null,
    },
    hostState: said?.hostState ?? null,
    lastTask: said?.task ?? null,
  }
}

/** The adoption whose hashes all of them have; null when any has not. */
function adoptionOf(
  files: readonly { adopted?: { at: string; on: string } | undefined }[],
): { at: string; on: string } | null {
  return files.every(({ adopted }) => adopted) ? (files[0]?.adopted ?? null) : null
}

/** What the operator noted after the run; null when nothing was. */
export async function readAfterwards(folder: string): Promise<DirectorProof['afterwards'] | null> {
  return await readJson(join(folder, 'afterwards.json'), afterwardsShape)
}

async function readJson<T extends z.ZodType>(file: string, shape: T): Promise<z.infer<T> | null> {
  try {
    return shape.safeParse(JSON.parse(await readFile(file, 'utf8'))).data ?? null
  } catch {
    return null
  }
}

async function hashOf(file: string): Promise<DirectorProof['terminal']> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Buffer)
      bytes += (chunk as Buffer).length
    }
  } catch {
    return null
  }
  return { bytes, sha256: hash.digest('hex') }
}
