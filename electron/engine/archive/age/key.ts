import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Identity, Recipient } from 'age-encryption'
import { EngineError } from '../../engine-error.ts'

/**
 * age-encryption: kept by age's own author, no native code; it makes and checks the header. Loaded when a backup is
 * encrypted: it takes 15 MiB of memory.
 */
const library = () => import('age-encryption')

/** What encrypts: a passphrase, or public keys (`age1…`). */
export type EncryptTo = { passphrase: string } | { recipients: string[] }
/** What decrypts: a passphrase, or a secret key (`AGE-SECRET-KEY-1…`). */
export type DecryptWith = { passphrase?: string | undefined; identity?: string | undefined }

/** Everything needed to go on encrypting one file: secret, belongs into the vault. */
export type FileKey = { key: Buffer; header: Buffer; nonce: Buffer }

/**
 * scrypt's cost as a power of two: 128 MiB for a moment, so that the engine stays below its limit of memory. The
 * stock tool's 18 would double it. Reading takes up to 20, and no more, whatever a hostile header demands.
 */
const workFactor = 17
const maxWorkFactor = 20

/** Makes a fresh file key and the header that wraps it. Stock `age` reads what follows. */
export async function sealKey(to: EncryptTo): Promise<FileKey> {
  let captured: Uint8Array | undefined
  const { Encrypter } = await library()
  const encrypter = new Encrypter()
  try {
    if ('passphrase' in to) encrypter.addRecipient(passphraseRecipient(to.passphrase))
    else for (const recipient of to.recipients) encrypter.addRecipient(recipient)
    // Wraps nothing: the library offers no other way to learn the key it has drawn.
    encrypter.addRecipient({ wrapFileKey: key => ((captured = key.slice()), []) })
  } catch (err) {
    throw new EngineError('input.invalid', 'encryption', {
      detail: 'not a recipient: age1… is expected',
      cause: err,
    })
  }
  const empty = Buffer.from(await encrypter.encrypt(new Uint8Array()))
  if (!captured) throw new EngineError('internal', 'encryption')
  // Behind the header: a nonce of 16 bytes and one empty chunk, which is its tag of 16.
  return { key: Buffer.from(captured), header: empty.subarray(0, empty.length - 32), nonce: randomBytes(16) }
}

/**
 * Finds the file key in a header.
 * @throws EngineError `auth.passphrase` when neither passphrase nor identity opens it, `auth.secret-missing` without either,
 * `data.format` or `data.unsafe` for a header that is none
 */
export async function openKey(header: Uint8Array, secret: DecryptWith): Promise<Buffer> {
  if (!secret.passphrase && !secret.identity)
    throw new EngineError('auth.secret-missing', 'decryption', {
      detail: 'a passphrase or an identity is needed',
    })
  const { Decrypter } = await library()
  const decrypter = new Decrypter()
  if (secret.passphrase) decrypter.addIdentity(passphraseIdentity(secret.passphrase))
  try {
    if (secret.identity) decrypter.addIdentity(secret.identity.trim())
  } catch (err) {
    throw new EngineError('input.invalid', 'decryption', {
      detail: 'not an identity: AGE-SECRET-KEY-1… is expected',
      cause: err,
    })
  }
  try {
    return Buffer.from(await decrypter.decryptHeader(header))
  } catch (err) {
    if (err instanceof EngineError) throw err
    // The library knows no classes of errors; this is what it says when everything else was in order.
    if (err instanceof Error && err.message.startsWith('no identity matched'))
      throw new EngineError('auth.passphrase', 'decryption', { cause: err })
    throw new EngineError('data.format', 'decryption', {
      detail: 'a damaged or hostile age header',
      cause: err,
    })
  }
}

/** Where the header ends in the first bytes of a file: behind its MAC line. Null when they do not hold it whole. */
export function headerLength(start: Buffer): number | null {
  const mac = start.indexOf('\n--- ')
  if (mac < 0) return null
  const end = start.indexOf('\n', mac + 1)
  return end < 0 ? null : end + 1
}

/** Key of the payload (age-encryption.org/v1, "Payload"). */
export const payloadKey = (fileKey: Uint8Array, nonce: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32))

const label = 'age-encryption.org/v1/scrypt'
const zeroNonce = Buffer.alloc(12)
const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
)

// The library's own scrypt is JavaScript: it would hold the event loop for seconds. The stanza is the same.
const stretch = (passphrase: string, salt: Uint8Array, logN: number): Promise<Buffer> =>
  derive(passphrase, Buffer.concat([Buffer.from(label), salt]), 32, {
    N: 2 ** logN,
    r: 8,
    p: 1,
    maxmem: 2 ** logN * 1024 + 32 * 1024 * 1024,
  })

function passphraseRecipient(passphrase: string): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(16)
      const cipher = createCipheriv(
        'chacha20-poly1305',
        await stretch(passphrase, salt, workFactor),
        zeroNonce,
        { authTagLength: 16 },
      )
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
      const { Stanza } = await library()
      return [new Stanza(['scrypt', unpadded(salt), String(workFactor)], body)]
    },
  }
}

function passphraseIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const stanza = stanzas.find(s => s.args[0] === 'scrypt')
      if (!stanza) return null
      const [, salt, factor] = stanza.args
      // More than one stanza would let a hostile writer multiply the work.
      if (stanzas.length !== 1 || !salt || !factor || !/^[1-9]\d?$/.test(factor) || stanza.body.length !== 32)
        throw new EngineError('data.format', 'decryption', { detail: 'a damaged or hostile age header' })
      if (Number(factor) > maxWorkFactor)
        throw new EngineError('data.unsafe', 'decryption', {
          detail: `the header demands scrypt work of 2^${factor}; at most 2^${maxWorkFactor} is done`,
        })
      const decipher = createDecipheriv(
        'chacha20-poly1305',
        await stretch(passphrase, Buffer.from(salt, 'base64'), Number(factor)),
        zeroNonce,
        { authTagLength: 16 },
      )
      decipher.setAuthTag(stanza.body.subarray(16))
      const key = decipher.update(stanza.body.subarray(0, 16))
      try {
        decipher.final()
        return key
      } catch {
        return null // Wrong passphrase: the caller says so.
      }
    },
  }
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
