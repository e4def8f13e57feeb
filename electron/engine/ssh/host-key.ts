import { createHash } from 'node:crypto'

/** A server's public key as it came over the wire. */
export type HostKey = {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  type: string
  /** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
  fingerprint: string
  /** The whole key, as it stands in `known_hosts`. */
  base64: string
}

export function readHostKey(blob: Uint8Array): HostKey {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0
  return {
    type: bytes.toString('latin1', 4, 4 + Math.min(length, 64)),
    fingerprint: `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`,
    base64: bytes.toString('base64'),
  }
}

/** Signature algorithms in which a key of each type can prove itself. SHA-1's `ssh-rsa` is not among them. */
const algorithmsOfType: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** Key types we can verify, the one we like best first. */
export const hostKeyTypes: readonly string[] = Object.keys(algorithmsOfType)

export function algorithmsFor(types: Iterable<string>): string[] {
  return [...types].flatMap(type => algorithmsOfType[type] ?? [])
}
