import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { KiB, MiB } from '../../../shared/units.ts'

/** Bytes that do not compress, as those of a backup file; answers their SHA-256. */
export async function makeRandomFile(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  try {
    for (let left = bytes; left > 0;) {
      const block = randomBytes(Math.min(left, 4 * MiB))
      hash.update(block)
      await file.writeFile(block)
      left -= block.length
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/**
 * A file without holes that compresses to about half: pieces of noise and of text in turn, 64 MiB of them again and
 * again, far more than zstd looks back at this level.
 */
export async function makeHalfCompressibleFile(path: string, bytes: number): Promise<void> {
  const block = Buffer.concat(
    Array.from({ length: 1024 }, () => [randomBytes(32 * KiB), textOf(32 * KiB)]).flat(),
  )
  const file = await open(path, 'wx')
  try {
    for (let left = bytes; left > 0; left -= block.length)
      await file.writeFile(block.subarray(0, Math.min(left, block.length)))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** `count` files of 1 to 4 KiB, 500 to a folder; answers the bytes. */
export function makeSmallFiles(folder: string, count: number): number {
  const text = textOf(MiB)
  let bytes = 0
  let parent = folder
  for (let index = 0; index < count; index++) {
    if (index % 500 === 0) {
      parent = join(folder, `${index / 500}`.padStart(4, '0'))
      mkdirSync(parent, { recursive: true })
    }
    const size = KiB + ((index * 7919) % (3 * KiB))
    const at = (index * 104_729) % (MiB - size)
    writeFileSync(join(parent, `record-${index}.txt`), text.subarray(at, at + size))
    bytes += size
  }
  return bytes
}

function textOf(bytes: number): Buffer {
  const noise = randomBytes(bytes / 16)
  const lines: string[] = []
  for (let at = 0; at < noise.length; at += 8)
    lines.push(
      `{"id":"${noise.toString('hex', at, at + 4)}","state":"stored","size":${noise[at]! * 1024},"kind":"file","owner":"operator","at":"2026-11-20T09:${noise[at + 5]}"}\n`,
    )
  return Buffer.from(lines.join('').padEnd(bytes, ' ').slice(0, bytes))
}
