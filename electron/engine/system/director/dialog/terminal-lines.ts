import { EscapeParser } from './escape-parser.ts'

/** Longest line that is masked as a whole, characters. A longer one is cut where no secret is. */
const longestLine = 16 * 1024
/** No secret is longer. */
const longestSecret = 4096

export type TerminalLine = {
  text: string
  /** Bytes of the raw output up to and with its line feed; null in the middle of a line. */
  raw: number | null
}

/**
 * Makes of a terminal's raw bytes text that is safe to keep and to show: UTF-8 decoded across chunks, colours kept,
 * control strings and device queries left out, secrets masked line by line. The same bytes give the same lines,
 * however they are cut.
 */
export class TerminalLines {
  /** Takes secrets out, also those that change their colour in the middle: then the line loses its colours. */
  readonly #mask: (text: string) => string
  readonly #parser = new EscapeParser()
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #raw: number
  /** The line that is being written, without what was handed out of it. */
  #line = ''
  /** What `silent` has handed out of its beginning, as it is and masked. */
  #shown = 0
  #shownMasked = ''
  /** Within the lines of a private key: they are left out. */
  #inKey = false

  /** @param raw offset of the first byte, at the beginning of a line */
  constructor(raw: number, mask: (text: string) => string) {
    this.#raw = raw
    this.#mask = text => {
      const masked = mask(text)
      if (!text.includes('\u001b')) return masked
      const plain = mask(text.replace(escapes, ''))
      return masked.replace(escapes, '') === plain ? masked : plain
    }
  }

  /** Bytes of the raw output that were taken. */
  get raw(): number {
    return this.#raw
  }

  write(bytes: Uint8Array): TerminalLine[] {
    const lines: TerminalLine[] = []
    for (let start = 0; start < bytes.length;) {
      const feed = bytes.indexOf(10, start)
      const end = feed < 0 ? bytes.length : feed + 1
      this.#raw += end - start
      this.#add(this.#decoder.decode(bytes.subarray(start, end), { stream: true }), lines)
      start = end
    }
    return lines
  }

  /**
   * What can be shown of a line that is not finished, when nothing has come for a while: a question, as a rule. Its
   * last word is held back, since it may be the beginning of a secret, unless it ends as a question does.
   */
  silent(): string {
    const held = endsAsQuestion.test(this.#line) ? this.#line.length : this.#line.search(/\S*$/u)
    return this.#inKey ? '' : this.#show(held)
  }

  /** All that there is of the last line. */
  end(): string {
    return this.#inKey ? '' : this.#show(this.#line.length)
  }

  #add(text: string, lines: TerminalLine[]): void {
    for (const piece of this.#parser.feed(text)) {
      if (piece.is === 'text') this.#text(piece.text, lines)
      else if (piece.is === 'csi') this.#text(harmless(piece.params, piece.final), lines)
      else if (piece.char === '\n') lines.push(this.#finish())
      else this.#text(piece.char, lines)
    }
  }

  #text(text: string, lines: TerminalLine[]): void {
    for (let start = 0; start < text.length;) {
      const end = Math.min(text.length, start + longestLine - this.#line.length)
      this.#line += text.slice(start, end)
      start = end
      if (this.#line.length >= longestLine) lines.push({ text: this.#cut(), raw: null })
    }
  }

  #finish(): TerminalLine {
    const line = this.#line
    // What only looked like a key, in a message about one, ends with the first line that no key has.
    if (this.#inKey && !keyEnds.test(line) && !keyLine.test(line)) this.#inKey = false
    const text = this.#inKey ? '' : `${this.#show(line.length)}\n`
    this.#forget(line.length)
    this.#inKey = (this.#inKey || keyBegins.test(line)) && !keyEnds.test(line)
    return { text, raw: this.#inKey ? null : this.#raw }
  }

  /** The beginning of a line that is too long, up to where no secret is cut in two. */
  #cut(): string {
    const line = this.#line
    const whole = this.#mask(line)
    let at = line.length - longestSecret
    const splits = () =>
      /^[\udc00-\udfff]/.test(line.slice(at, at + 1)) ||
      this.#mask(line.slice(0, at)) + this.#mask(line.slice(at)) !== whole
    while (at > longestSecret && splits()) at -= 1
    at = Math.max(at, this.#shown)
    const text = this.#inKey ? '' : this.#show(at)
    this.#forget(at)
    return text
  }

  /** What is new of the line's first `length` characters, masked. */
  #show(length: number): string {
    if (length <= this.#shown) return ''
    const masked = this.#mask(this.#line.slice(0, length))
    const text = masked.startsWith(this.#shownMasked)
      ? masked.slice(this.#shownMasked.length)
      : // The mask covers what has been shown: only the rest can still be covered.
        this.#mask(this.#line.slice(this.#shown, length))
    this.#shown = length
    this.#shownMasked += text
    return text
  }

  #forget(length: number): void {
    this.#line = this.#line.slice(length)
    this.#shown = 0
    this.#shownMasked = ''
  }
}

/** With colours behind it, perhaps; or dots that tell that something goes on. */
const endsAsQuestion = /(?:[:?\]>)]\s*|([^\p{L}\p{N}])\1\1)(?:\u001b\[[\d;:]*[mK]|\s)*$/u
const escapes = /\u001b\[[\d;:]*[mK]/gu
const keyLine = /^\s*(?:[A-Za-z0-9+/=]{0,76}|(?:Proc-Type|DEK-Info): .*)\s*$/
const keyBegins = /-----BEGIN [A-Z ]*PRIVATE KEY-----/
const keyEnds = /-----END [A-Z ]*PRIVATE KEY-----/

/** Colours, and erasing to the line's end. All else moves the cursor about, asks the terminal or changes it. */
function harmless(params: string, final: string): string {
  if (final === 'm' && /^[\d;:]{0,40}$/.test(params)) return `\x1b[${params}m`
  return final === 'K' && /^[012]?$/.test(params) ? `\x1b[${params}K` : ''
}
