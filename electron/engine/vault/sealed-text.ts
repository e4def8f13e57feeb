import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { z } from 'zod'

/** A text under AES-256-GCM: nonce, then ciphertext, then tag, in base64. */
export const sealedText = z.base64().max(4 * 1024 * 1024)

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/**
 * Encrypts `text` so that it opens only under the same key and `name`: an entry that is moved to another name in the
 * file does not open. Nonces are random; at 96 bits a vault may be written 2³² times under one key.
 */
export function sealText(key: Uint8Array, name: string, text: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(boundTo(name))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64')
}

/** The text, or null when it was sealed under another key or name or was changed since. */
export function openText(key: Uint8Array, name: string, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length < nonceBytes + tagBytes) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(boundTo(name))
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    const body = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes))
    return Buffer.concat([body, decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

const boundTo = (name: string) => Buffer.from(`drydock vault 1\0${name}`, 'utf8')
