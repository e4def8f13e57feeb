import { EngineError } from '../../../engine-error.ts'
import type { YamlScalar } from './yaml-tree.ts'

export type ScalarValue = string | number | boolean | null

/**
 * How a value is written. It reads as the same value in YAML 1.1, which Ansible reads, and in 1.2.
 * @param style of what stood there; a text keeps its quotes
 * @param options.quoted a text gets quotes whatever it is: passwords
 * @throws EngineError `input.invalid` for what YAML cannot hold
 */
export function scalarText(
  value: ScalarValue,
  style: YamlScalar['style'] | null,
  options: { quoted?: boolean; empty?: boolean } = {},
): string {
  if (value === null) return options.empty === false ? 'null' : ''
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value)
    throw invalid('only whole numbers are written without quotes; give it as a text')
  }
  if (!value.isWellFormed()) throw invalid('the text is no valid Unicode')
  if (style === 'single' && singleSafe.test(value)) return `'${value.replaceAll("'", "''")}'`
  if (style !== 'double' && style !== 'single' && !options.quoted && isPlain(value)) return value
  return doubleQuoted(value)
}

/** Single quotes know no escapes: what is not printable needs double ones. */
const singleSafe = /^[^\p{Cc}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]*$/u

/** Letters and the few marks that have no meaning anywhere; not what a reader takes for another type. */
function isPlain(text: string): boolean {
  if (address.test(text)) return true
  return /^[A-Za-z0-9_/][A-Za-z0-9_./+@-]*$/.test(text) && !otherType.some(pattern => pattern.test(text))
}

const otherType = [
  /^(?:true|false|yes|no|on|off|y|n|null)$/i,
  /^[-+]?[\d.][\d_.]*(?:e[-+]?\d+)?$/i,
  /^0[xob][\da-f_]+$/i,
  /^\d{4}-\d\d?-\d\d?/,
]

// An address is digits and dots too; with three dots it is no number to anyone.
const address = /^\d{1,3}(?:\.\d{1,3}){3}$/

function doubleQuoted(text: string): string {
  let out = ''
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (char === '"' || char === '\\') out += `\\${char}`
    else if (short[char]) out += short[char]
    else if (hidden.test(char)) out += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
    else out += char
  }
  return `"${out}"`
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' }
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/u

const invalid = (detail: string) => new EngineError('input.invalid', 'director.edit', { detail })
