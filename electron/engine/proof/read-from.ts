import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Manifest } from '../archive/manifest.ts'
import { EngineError, fromFsError } from '../engine-error.ts'
import type { ActiveRun } from '../run/index.ts'
import { writeFileAtomically } from '../state/atomic-file.ts'
import type { ServerRecord } from '../store/server-record.ts'
import { aboutServer } from './about-server.ts'

const file = 'read-from.json'
const count = z.int().nonnegative()

const readFrom = z.object({
  version: z.literal(1),
  server: z.object({ name: z.string(), about: z.string() }),
  /** Of its bytes as they lay on the server; null for files that a vendor's own tool made. */
  manifestSha256: z.string().nullable(),
  manifest: z
    .object({
      host: z.string(),
      tool: z.string(),
      encryption: z.string().nullable(),
      problems: count,
      notKept: z.array(z.string()),
      entries: count,
    })
    .nullable(),
})

/** What a restore read from, as it was then: the server may be another one, or gone, when its report is read. */
export type ReadFrom = z.infer<typeof readFrom>

/** Keeps it in the run's folder. A disk that is full costs the report a few lines and never the restore. */
export async function noteReadFrom(
  run: ActiveRun,
  server: ServerRecord,
  manifest: Manifest | null,
  manifestSha256: string | null,
): Promise<void> {
  const facts: ReadFrom = {
    version: 1,
    server: { name: server.name, about: aboutServer(server) },
    manifestSha256,
    manifest: manifest && {
      host: manifest.host,
      tool: `${manifest.tool.name} ${manifest.tool.version}`,
      encryption: manifest.encryption?.format ?? null,
      problems: manifest.problems,
      notKept: manifest.notKept,
      entries: manifest.files.reduce((sum, { entries }) => sum + entries.count, 0),
    },
  }
  try {
    await writeFileAtomically(join(run.folder, file), `${JSON.stringify(facts, null, 2)}\n`)
  } catch (err) {
    run.log(`what was read from could not be noted: ${err instanceof Error ? err.message : String(err)}`)
  }
}

/**
 * Null when the run did not come so far.
 * @throws EngineError `data.format` when it is there and damaged
 */
export async function readReadFrom(folder: string): Promise<ReadFrom | null> {
  const path = join(folder, file)
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fromFsError(err, 'proof.show', path)
  }
  try {
    return readFrom.parse(JSON.parse(text))
  } catch (err) {
    throw new EngineError('data.format', 'proof.show', {
      subject: path,
      detail: 'the note of what was read from is damaged',
      cause: err,
    })
  }
}
