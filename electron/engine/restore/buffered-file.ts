import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/** A file that a worker writes line by line; `size` counts what has been handed in. */
export class BufferedFile {
  private readonly fd: number
  private lines: string[] = []
  private waiting = 0
  private written: number

  /** @param keep bytes of an earlier process that still hold; the rest is cut off */
  constructor(file: string, keep = 0) {
    this.fd = openSync(file, keep > 0 ? 'r+' : 'w', 0o600)
    ftruncateSync(this.fd, keep)
    this.written = keep
  }

  append(line: string): void {
    this.lines.push(line)
    this.waiting += line.length
    if (this.waiting > 256 * 1024) this.flush()
  }

  /** Hands everything to the system; answers the size of the file. */
  flush(): number {
    const bytes = Buffer.from(this.lines.join(''))
    this.lines = []
    this.waiting = 0
    for (let at = 0; at < bytes.length;)
      at += writeSync(this.fd, bytes, at, bytes.length - at, this.written + at)
    this.written += bytes.length
    return this.written
  }

  close(): void {
    this.flush()
    closeSync(this.fd)
  }
}
