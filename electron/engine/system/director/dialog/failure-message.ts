import { visible } from './escape-parser.ts'

/** Longest message that is shown, and that is looked through for secrets before it is cut, characters. */
const longest = 300
const longestUncut = 8000
/** What says nothing by itself: the command's own words say more. */
const empty = /^(?:non-zero return code|MODULE FAILURE.*|Shell module failed|command failed)$/isu

/**
 * The reason in what Ansible prints about a failed task: JSON, in one line or several, whole or cut off, or the YAML
 * of its other output style. One line, without escape sequences; neither masked nor cut to what is shown yet.
 */
export function failureMessage(printed: string): string {
  const start = printed.indexOf('{')
  const json = start < 0 ? null : parse(printed.slice(start, printed.lastIndexOf('}') + 1))
  const say = (key: string) =>
    json ? textOf(json[key]) : (inJson(printed, key) ?? inYaml(printed, key) ?? '')
  const msg = say('msg')
  const own = empty.test(msg.trim()) || msg === '' ? firstLine(say('stderr') || say('module_stderr')) : ''
  const reason = [msg, own].filter(Boolean).join(': ') || firstLine(say('reason') || say('stdout'))
  return oneLine(reason || (json || start >= 0 ? '' : printed.replace(/^\s*=>\s*/u, '')), longestUncut)
}

/** Bounded, in one line, without anything that a terminal would act on. */
export function oneLine(text: string, most = longest): string {
  const line = visible(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  const points = [...line]
  return points.length <= most ? line : `${points.slice(0, most - 1).join('')}…`
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)

/** Out of JSON that is cut off. */
function inJson(text: string, key: string): string | null {
  const found = new RegExp(`"${key}": ?"((?:[^"\\\\]|\\\\.){0,4000})`, 'su').exec(text)?.[1]
  if (found === undefined) return null
  try {
    return JSON.parse(`"${found}"`) as string
  } catch {
    return found
  }
}

function inYaml(text: string, key: string): string | null {
  const found = new RegExp(`^ *${key}: ?(.*)$`, 'mu').exec(text)
  if (!found) return null
  if (!/^[|>][-+]?\s*$/u.test(found[1] ?? '')) return found[1] ?? null
  return text.slice(found.index + found[0].length + 1).split('\n')[0] ?? null
}

const firstLine = (text: string): string =>
  text
    .split('\n')
    .map(line => line.trim())
    .find(Boolean) ?? ''
