import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { EngineError } from '../../engine-error.ts'

/** Lies in the folder, so that another stick under the same path is told apart. */
export const mediumFile = '.drydock-medium.json'

const identity = z.object({ drydockMedium: z.literal(1), id: z.uuid() })

/** The identity of the medium, or null when the folder has none yet. Throws `data.format` for one it cannot read. */
export async function mediumIdOf(path: string): Promise<string | null> {
  let text
  try {
    text = await readFile(join(path, mediumFile), 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw err
  }
  try {
    return identity.parse(JSON.parse(text)).id
  } catch (err) {
    throw new EngineError('data.format', 'server.open', { subject: join(path, mediumFile), cause: err })
  }
}

/** Gives the folder an identity unless it has one; answers it. Called when a server is added. */
export async function identifyMedium(path: string): Promise<string> {
  const known = await mediumIdOf(path)
  if (known) return known
  const id = randomUUID()
  await writeFile(join(path, mediumFile), `${JSON.stringify({ drydockMedium: 1, id })}\n`, {
    flag: 'wx',
    flush: true,
  })
  return id
}

/** @throws EngineError `trust.wrong-medium` when the folder is not on the medium that was added. */
export async function checkMedium(path: string, expected: string | undefined, during: string): Promise<void> {
  if (expected === undefined) return
  const found = await mediumIdOf(path)
  if (found === expected) return
  throw new EngineError('trust.wrong-medium', during, {
    subject: path,
    detail: found
      ? `this is medium ${found}, the server was added with ${expected}`
      : `no ${mediumFile} here: the medium is missing or another one`,
  })
}
