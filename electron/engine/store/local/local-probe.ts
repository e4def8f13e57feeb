import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { formatBytes } from '../../../../shared/units.ts'
import { foreignRepository } from '../foreign-repository.ts'
import type { ObjectStore, ProbeCheck, ProbeReport } from '../object-store.ts'
import { fileSystemOf } from './file-system.ts'

const losses: Record<string, string> = {
  fat: 'FAT: files end at 4 GiB (larger ones become volumes), and a name is only as durable as the stick makes it',
  exfat: 'exFAT: a name is only as durable as the stick makes it',
  cifs: 'network share: what was written is only as durable as the server makes it',
  smb2: 'network share: what was written is only as durable as the server makes it',
}

/**
 * Writes, reads back and removes a probe object, and tells space and file system. Beside a repository of the vendor's
 * nothing is written.
 */
export async function probeLocal(store: ObjectStore, path: string): Promise<ProbeReport> {
  const checks: ProbeCheck[] = []
  const foreign = await foreignRepository(store, undefined)
  if (foreign) checks.push(foreign)
  else checks.push(await writtenAndRead(store))
  const kind = fileSystemOf(path)
  const loss = kind ? losses[kind] : undefined
  checks.push({
    name: 'file system',
    ok: !loss,
    level: loss ? 'warn' : 'info',
    detail: loss ?? kind ?? 'unknown',
  })
  const { bavail, bsize } = await statfs(path)
  checks.push({ name: 'free space', ok: true, level: 'info', detail: formatBytes(bavail * bsize) })
  return {
    checks,
    learned: { ...(kind ? { fileSystem: kind === 'fat' ? 'fat32' : kind } : {}), freeBytes: bavail * bsize },
  }
}

async function writtenAndRead(store: ObjectStore): Promise<ProbeCheck> {
  const name = `drydock-probe-${randomBytes(6).toString('hex')}`
  const body = randomBytes(4096)
  try {
    await store.put(name, body, { ifAbsent: true })
    const back: Uint8Array[] = []
    for await (const piece of store.read(name, { offset: 100, length: 1000 })) back.push(piece)
    const same = Buffer.concat(back).equals(body.subarray(100, 1100))
    return {
      name: 'write and read back',
      ok: same,
      level: same ? 'info' : 'stop',
      detail: same ? 'a probe file came back equal' : 'a probe file came back different',
    }
  } finally {
    await store.remove(name)
  }
}
