import type { RestoreAnswers } from '../answers.ts'
import type { Typed } from '../job/job.ts'
import { EscapeParser } from './escape-parser.ts'
import type { Prompt } from './prompts.ts'
import { promptAt, restoreTypeIn } from './prompts.ts'

/** Why a person is asked instead of Drydock answering. */
export type Why =
  /** Not one of the documented questions. */
  | 'unknown'
  /** It was answered before, and comes again. */
  | 'again'
  /** Documented, but not here: another restore type, or out of its order. */
  | 'unexpected'
  /** There is no answer to give: none was given, or an empty one, or one that cannot be typed in one line. */
  | 'no-answer'
  /** A secret, and the terminal shows what is typed. */
  | 'echo'

export type Question = {
  /** The same whenever the same output is read again; another for each time that something is asked. */
  id: string
  /** What the script asks, and a sentence on why it is put to a person. */
  text: string
  /** Whether what is typed stays hidden in the script's terminal. */
  hidden: boolean
  why: Why
}

export type Move =
  /** Only once for each time it is asked. @see Question.id for `question` */
  | { do: 'type'; line: string; secret: boolean; question: string }
  /** As long as it waits, whenever it is quiet. */
  | { do: 'ask'; question: Question }
  | { do: 'nothing' }

/** How long nothing is said before a documented question counts as waiting, ms; and any other. */
const knownAfterMs = 200
const unknownAfterMs = 2000
/** No question is longer; what a line holds before that is not looked at. Characters. */
const longestLine = 512

const nothing: Move = { do: 'nothing' }
/** What a line that waits for somebody ends with. */
const asksSomething = /[:?\]>)]\s*$/
const words: Record<Why, string> = {
  unknown: '',
  again: 'It was answered before: setup.sh did not take the answer.',
  unexpected: 'It does not belong here, so Drydock does not answer it.',
  'no-answer': '',
  echo: 'Careful: the terminal would show what is typed, and it would stand in the output.',
}

/**
 * Follows the dialogue of `setup.sh` and says what to type, or what to ask a person. It knows nothing but the output:
 * read again from its beginning, in pieces of any length, it comes to the same. A question that anything follows
 * counts as answered, so that after a re-attachment nothing is typed twice.
 *
 * What it never does: answer a question a second time, one that is not at the end of the output, one of another
 * restore type than the script was told, or type a secret while the terminal echoes.
 */
export class SetupDialog {
  readonly #answers: RestoreAnswers | null
  readonly #parser = new EscapeParser()
  /** The end of the line that is being written, and the last one that was not empty. */
  #line = ''
  #before = ''
  #beforeWasKnown = false
  #returned = false
  /** Whether the restore type was asked for in this line: what follows there is what it was told. */
  #asksType = false
  /** The documented question that the output ends with. */
  #waiting: { prompt: Prompt; text: string; quoted: boolean } | null = null
  readonly #answered = new Set<string>()
  /** What the script was told as restore type. */
  #type: RestoreAnswers['type'] | null = null
  /** Visible characters so far, blanks left out. A question is known by its end. */
  #mark = 0
  #handled = -1
  /** Where a secret was refused because the terminal echoes. */
  #shown = -1
  #asking: Question | null = null

  /** @param answers null: everything is asked */
  constructor(answers: RestoreAnswers | null) {
    this.#answers = answers
  }

  /** The question put to a person that still waits. */
  get asking(): Question | null {
    return this.#asking
  }

  /** Takes what the script wrote, decoded, in its order. */
  output(text: string): void {
    for (const piece of this.#parser.feed(text)) {
      if (piece.is === 'text') this.#text(piece.text)
      else if (piece.is === 'csi') continue
      else if (piece.char === '\n') this.#newLine()
      else if (piece.char === '\r') this.#returned = true
      else if (piece.char === '\b') this.#line = this.#line.slice(0, -1)
      else this.#append(' ')
    }
  }

  /** Nothing was written for `ms`. @param echo whether the terminal shows what is typed now */
  quiet(ms: number, echo: boolean): Move {
    if (this.#asking) return { do: 'ask', question: this.#asking }
    if (this.#handled === this.#mark) return nothing
    if (this.#waiting) return this.#known(this.#waiting, ms, echo)
    if (ms < unknownAfterMs) return nothing
    const text = this.#unknown(echo)
    return text === '' ? nothing : this.#ask('unknown', text, !echo && this.#shown !== this.#mark, 'unknown')
  }

  /** The answer has gone in, a person's or ours. @param question its id */
  answered(question: string): void {
    if (this.#asking?.id === question) this.#asking = null
  }

  /** What was to be typed did not go in. It is looked at again when the script is quiet the next time. */
  refused(question: string, how: Typed): void {
    if (how === 'sent') return this.answered(question)
    if (how === 'ended' || !question.endsWith(`@${this.#mark}`)) return
    this.#asking = null
    this.#handled = -1
    if (question.startsWith('restore-type@')) this.#type = null
    if (how === 'echo-is-on') this.#shown = this.#mark
  }

  #known({ prompt, text }: { prompt: Prompt; text: string }, ms: number, echo: boolean): Move {
    if (ms < knownAfterMs) return nothing
    // A script may print its question first and turn the echo off then.
    const shown = prompt.hidden && (echo || this.#shown === this.#mark)
    if (shown && ms < unknownAfterMs) return nothing
    const found = this.#answerTo(prompt)
    if (shown) return this.#ask(prompt.id, text, false, 'echo')
    if ('why' in found) return this.#ask(prompt.id, text, prompt.hidden || !echo, found.why)
    this.#handled = this.#mark
    if (prompt.id === 'restore-type') this.#type = this.#answers!.type
    return { do: 'type', line: found.line, secret: prompt.hidden, question: this.#id(prompt.id) }
  }

  #answerTo(prompt: Prompt): { line: string } | { why: Why } {
    if (!this.#answers) return { why: this.#answered.has(prompt.id) ? 'again' : 'no-answer' }
    if (this.#answered.has(prompt.id)) return { why: 'again' }
    if (prompt.id !== 'restore-type' && this.#type !== this.#answers.type) return { why: 'unexpected' }
    if (prompt.after && !this.#answered.has(prompt.after)) return { why: 'unexpected' }
    const line = prompt.answer(this.#answers)
    if (line === null) return { why: 'unexpected' }
    return line === '' || /\p{Cc}/u.test(line) ? { why: 'no-answer' } : { line }
  }

  /** The text of what looks like a question; empty when nothing does. */
  #unknown(echo: boolean): string {
    const line = this.#line.trim()
    // Whoever turns the echo off waits for somebody, whatever the line looks like.
    if (line !== '') return !echo || asksSomething.test(line) ? line : ''
    return !echo && !this.#beforeWasKnown && asksSomething.test(this.#before) ? this.#before : ''
  }

  #ask(id: string, said: string, hidden: boolean, why: Why): Move {
    this.#handled = this.#mark
    const text = [said.slice(-300), words[why]].filter(Boolean).join('\n')
    this.#asking = { id: this.#id(id), text, hidden, why }
    return { do: 'ask', question: this.#asking }
  }

  #id(id: string): string {
    return `${id}@${this.#mark}`
  }

  #text(text: string): void {
    let start = 0
    while (start < text.length) {
      const colon = text.indexOf(':', start)
      const end = colon < 0 ? text.length : colon + 1
      this.#append(text.slice(start, end))
      start = end
      if (colon < 0) continue
      // All documented questions end with a colon, and only with it they are whole.
      const found = promptAt(this.#line)
      if (!found) continue
      const lead = this.#line.slice(0, -found.text.length).trimEnd()
      this.#waiting = { ...found, quoted: lead !== '' && promptAt(lead) === null }
      this.#asksType ||= found.prompt.id === 'restore-type'
    }
  }

  #append(text: string): void {
    const seen = text.replace(/\s+/gu, '').length
    if (seen > 0) this.#goneOn(true)
    if (this.#returned) this.#line = ''
    this.#returned = false
    this.#line = (this.#line + text).slice(-longestLine)
    this.#mark += seen
  }

  #newLine(): void {
    const known = this.#waiting !== null
    this.#goneOn(false)
    if (this.#asksType) {
      const type = restoreTypeIn(this.#line)
      // Without an echo what we typed ourselves stands.
      if (type !== null || !known) this.#type = type
    }
    if (this.#line.trim() !== '') {
      this.#before = this.#line.trim()
      this.#beforeWasKnown = known
    }
    this.#line = ''
    this.#asksType = false
    this.#returned = false
  }

  /** Something came behind the question, if there was one: it is over. @param inLine in the same line */
  #goneOn(inLine: boolean): void {
    const waiting = this.#waiting
    this.#waiting = null
    this.#asking = null
    if (!waiting) return
    // A hidden answer shows nothing: words on both sides of its question are somebody speaking about it.
    const spoken = waiting.prompt.hidden && waiting.quoted && inLine && this.#handled !== this.#mark
    if (!spoken) this.#answered.add(waiting.prompt.id)
  }
}
