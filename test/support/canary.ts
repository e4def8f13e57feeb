import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** A secret that stands nowhere else, so that finding it anywhere means that it leaked. */
export const canary = (what: string): string => `cAnary-${what}-8f2d41c07b"q\\9`

/** Ways in which a secret may stand in a file: as it is, inside JSON or a URL, in base64 at any offset, in hex. */
function shapesOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map(offset =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  )
  const texts = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    ...base64,
    ...base64.map(text => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
  return [...new Set(texts)].map(text => Buffer.from(text))
}

/** Whether `text` holds `secret` in any shape. */
export function holdsSecret(text: string | Uint8Array, secret: string): boolean {
  const bytes = Buffer.from(text as string)
  return shapesOf(secret).some(shape => bytes.includes(shape))
}

/** Files under `folder` that hold one of `secrets`, in clear, encoded or compressed. */
export async function filesHolding(folder: string, secrets: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(folder, { recursive: true })) {
    const file = join(folder, name)
    if (!(await stat(file).catch(() => null))?.isFile()) continue
    const content = await readFile(file)
    for (const bytes of [content, unpacked(content)])
      if (bytes && secrets.some(secret => holdsSecret(bytes, secret))) found.push(name)
  }
  return [...new Set(found)]
}

function unpacked(content: Buffer): Buffer | null {
  try {
    if (content.readUInt32LE(0) === 0xfd2fb528) return zstdDecompressSync(content)
    if (content[0] === 0x1f && content[1] === 0x8b) return gunzipSync(content)
  } catch {
    // Shorter than a header, or packed in part: what can be read was looked at.
  }
  return null
}
