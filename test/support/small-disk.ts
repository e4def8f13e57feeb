import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Ensured } from './servers/debian.ts'

const run = promisify(execFile)

/** Whether a disk that is soon full can be had here: a container may not let anyone mount. */
export async function smallDisksAvailable(): Promise<Ensured> {
  if (process.getuid?.() !== 0) return { ok: false, why: 'mounting a small disk needs root' }
  const folder = await mkdtemp(join(tmpdir(), 'drydock-mount-'))
  try {
    await mount(folder, '64k')
    await run('umount', [folder])
    return { ok: true }
  } catch (err) {
    const [why = ''] = String((err as { stderr?: string }).stderr ?? err).split('\n')
    return { ok: false, why: `a small disk cannot be mounted here: ${why}` }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Mounts a disk of so many bytes (`64k`, `1m`) on a folder until the test has finished. */
export async function mountSmallDisk(folder: string, size: string): Promise<void> {
  await mount(folder, size)
  onTestFinished(() => run('umount', ['-l', folder]).then(() => {}))
}

const mount = (folder: string, size: string) =>
  run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
