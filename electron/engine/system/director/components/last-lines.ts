import { StringDecoder } from 'node:string_decoder'

/** Of what a command says on its standard error, lines and characters per line that are told. */
const mostLines = 500
const longestLine = 1000
/** Lines and characters of a reason: the last line alone is often only what went wrong because of the first. */
const keptLines = 3
const longestReason = 300
const between = ' / '
const left = '…'

/** Tells lines as they are complete, a bounded number of them, and keeps the last ones. */
export class LastLines {
  readonly #say: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  readonly #last: string[] = []
  #line = ''
  #told = 0

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  /** The last lines as a reason, in one line. */
  get reason(): string {
    const whole = this.#last.join(between)
    if (whole.length <= longestReason) return whole
    const room = Math.floor((longestReason - (this.#last.length - 1) * between.length) / this.#last.length)
    return this.#last.map(line => cut(line, room)).join(between)
  }

  add(piece: Uint8Array): void {
    const lines = (this.#line + this.#decoder.write(Buffer.from(piece))).split(/[\r\n]+/)
    this.#line = (lines.pop() ?? '').slice(0, longestLine)
    for (const line of lines) this.#tell(line)
  }

  end(): void {
    if (this.#line) this.#tell(this.#line)
    this.#line = ''
  }

  #tell(text: string): void {
    const line = text
      .slice(0, longestLine)
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
    if (line === '') return
    this.#last.push(line)
    if (this.#last.length > keptLines) this.#last.shift()
    this.#told += 1
    if (this.#told <= mostLines) this.#say(line)
    if (this.#told === mostLines) this.#say('the rest of what it says is left out here')
  }
}

/** Between two words: half a secret would pass the masker. */
function cut(line: string, room: number): string {
  if (line.length <= room) return line
  const end = line.slice(0, room - left.length).lastIndexOf(' ')
  return `${line.slice(0, Math.max(0, end))}${left}`
}
