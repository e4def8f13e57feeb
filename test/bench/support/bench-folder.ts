import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '../../../shared/units.ts'

/** Hands `work` a folder of its own and removes it, whatever happens. */
export async function* inBenchFolder<T>(
  work: (folder: string) => AsyncIterable<T>,
  needsBytes = 0,
): AsyncGenerator<T> {
  const { bavail, bsize } = await statfs(tmpdir())
  if (bavail * bsize < needsBytes)
    throw new Error(
      `needs ${formatBytes(needsBytes)} in ${tmpdir()}, ${formatBytes(bavail * bsize)} are free; set TMPDIR`,
    )
  const folder = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  try {
    yield* work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
