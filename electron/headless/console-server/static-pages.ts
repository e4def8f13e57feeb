import { realpath, readFile, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

export type Page = {
  body: Buffer
  /** The same, for who takes it; absent where it would save nothing. */
  gzip?: Buffer
  type: string
  /** Its name holds a hash of its content. */
  hashed: boolean
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}
const worthPacking = /^(?:text\/|application\/json|image\/svg)/
/** No file of ours is larger, bytes. */
const largest = 16 * 1024 * 1024
const pack = promisify(gzip)

/** The built pages in `folder`, and nothing else, from memory once they were asked for. */
export class StaticPages {
  readonly #folder: string
  readonly #kept = new Map<string, { signature: string; page: Page }>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param path of the URL, as it came. @returns null for what is no page of ours */
  async find(path: string): Promise<Page | null> {
    const name = path === '/' ? '/index.html' : path
    // Plain names only: what is encoded, hidden, empty or goes up is none of ours.
    if (!/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){1,4}$/.test(name)) return null
    const type = types[extname(name)]
    if (type === undefined) return null
    try {
      const root = await realpath(this.#folder)
      const file = await realpath(join(root, name))
      if (!file.startsWith(root + sep)) return null
      const info = await stat(file)
      if (!info.isFile() || info.size > largest) return null
      const signature = `${info.ino} ${info.size} ${info.mtimeMs}`
      const kept = this.#kept.get(name)
      if (kept?.signature === signature) return kept.page
      const body = await readFile(file)
      const packed = worthPacking.test(type) ? await pack(body) : null
      const page: Page = {
        body,
        ...(packed && packed.length < body.length ? { gzip: packed } : {}),
        type,
        hashed: /^\/assets\/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/.test(name),
      }
      this.#kept.set(name, { signature, page })
      return page
    } catch {
      return null
    }
  }
}
