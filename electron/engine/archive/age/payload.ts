import { createCipheriv, createDecipheriv, getCiphers } from 'node:crypto'
import { EngineError } from '../../engine-error.ts'

/**
 * The payload of an age file: chunks of 64 KiB, each sealed on its own under a counter, the last one marked. So any
 * chunk can be opened alone, and writing can go on after any full chunk.
 */
export const chunkBytes = 64 * 1024
export const tagBytes = 16
export const sealedChunkBytes = chunkBytes + tagBytes

/**
 * @noble/ciphers: audited, there through age-encryption anyway; only for runtimes whose OpenSSL lacks the cipher
 * (Electron's does). Null where the native one is used.
 */
const fallback = getCiphers().includes('chacha20-poly1305')
  ? null
  : (await import('@noble/ciphers/chacha.js')).chacha20poly1305

function nonceOf(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(index, 5, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}

/** Seals one chunk. `last` chunks may be short, and empty only when the file is. */
export function sealChunk(key: Uint8Array, index: number, plain: Uint8Array, last: boolean): Uint8Array {
  const nonce = nonceOf(index, last)
  if (fallback) return fallback(key, nonce).encrypt(plain)
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagBytes })
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws EngineError `data.damaged` for a chunk that was changed, moved, or is last where it must not be */
export function openChunk(
  key: Uint8Array,
  index: number,
  sealed: Uint8Array,
  last: boolean,
  subject: string,
): Uint8Array {
  const nonce = nonceOf(index, last)
  const bad = (cause: unknown) =>
    new EngineError('data.damaged', 'decryption', { subject, detail: `chunk ${index} does not open`, cause })
  if (sealed.length < tagBytes) throw bad(null)
  try {
    if (fallback) return fallback(key, nonce).decrypt(sealed)
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagBytes })
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
    const plain = decipher.update(sealed.subarray(0, sealed.length - tagBytes))
    decipher.final()
    return plain
  } catch (err) {
    throw bad(err)
  }
}

/** Bytes of content in `stored` bytes of chunks. */
export const plainSize = (stored: number): number => stored - Math.ceil(stored / sealedChunkBytes) * tagBytes
