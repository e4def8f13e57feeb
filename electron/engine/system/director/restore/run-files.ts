import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import type { DirectorPreflight, DirectorState } from '../../../../../shared/contract/director.ts'
import { directorPreflightShape, directorStateShape } from '../../../../../shared/contract/director.ts'
import { EngineError, fromFsError } from '../../../engine-error.ts'
import { writeFileAtomically } from '../../../state/atomic-file.ts'

/** What lies in the folder of a Director restore beside what every run has. */
export const preflightFile = 'preflight.json'
const afterwardsFile = 'afterwards.json'

export type KeptPreflight = Omit<DirectorPreflight, 'token'>

const kept = directorPreflightShape.omit({ token: true })
const checks = directorStateShape.shape.afterwards

/** The preflight that a restore was started on. @throws EngineError `data.missing`, `data.format`, `local.*` */
export async function preflightOf(folder: string): Promise<KeptPreflight> {
  const found = await readJson(folder, preflightFile, kept)
  if (found) return found
  throw new EngineError('data.missing', 'director.restore', { subject: preflightFile })
}

/** What the operator saw on the pages afterwards; empty before anyone said. @throws EngineError `data.format`, `local.*` */
export async function readAfterwards(folder: string): Promise<DirectorState['afterwards']> {
  return (await readJson(folder, afterwardsFile, checks)) ?? []
}

/** Keeps it; the last word counts. @throws EngineError `local.*` */
export async function writeAfterwards(folder: string, said: DirectorState['afterwards']): Promise<void> {
  await writeFileAtomically(join(folder, afterwardsFile), JSON.stringify(said))
}

async function readJson<S extends z.ZodType>(
  folder: string,
  name: string,
  shape: S,
): Promise<z.infer<S> | null> {
  let text
  try {
    text = await readFile(join(folder, name), 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fromFsError(err, 'director.state', join(folder, name))
  }
  try {
    return shape.parse(JSON.parse(text))
  } catch (err) {
    throw new EngineError('data.format', 'director.state', { subject: name, cause: err })
  }
}
