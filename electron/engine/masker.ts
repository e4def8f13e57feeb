/** Shorter texts are no secrets worth the damage that masking every occurrence of them would do. */
const shortest = 4

const shapes: readonly RegExp[] = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /AGE-SECRET-KEY-1[A-Z0-9]+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=\b(?:sig|X-Amz-Signature|X-Amz-Security-Token|X-Amz-Credential|AccountKey|SharedAccessSignature|password|passphrase)=)[^&;\s"']+/gi,
  /(?<=\bauthorization:\s)[^\r\n]+/gi,
]

/** Takes secrets out of text: every one that this process has seen, and what looks like one. */
export class Masker {
  readonly #known = new Set<string>()

  /** Learns every text inside `secrets`, whatever its shape. */
  learn(secrets: unknown): void {
    if (typeof secrets === 'string') {
      if (secrets.length >= shortest) this.#known.add(secrets)
    } else if (typeof secrets === 'object' && secrets !== null)
      for (const value of Object.values(secrets)) this.learn(value)
  }

  readonly mask = (text: string): string => {
    let masked = text
    // Longest first: one secret may be part of another.
    for (const secret of [...this.#known].sort((a, b) => b.length - a.length))
      masked = masked.replaceAll(secret, '•••')
    for (const shape of shapes) masked = masked.replace(shape, '•••')
    return masked
  }
}
