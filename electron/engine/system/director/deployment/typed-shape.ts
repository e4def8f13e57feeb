import type { z } from 'zod'
import type { Findings } from './problem.ts'
import type { YamlNode } from './yaml-tree.ts'
import { nodeAt, valueOf } from './yaml-tree.ts'
import { pathText } from './yaml-path.ts'

/**
 * Checks the types of a file. The messages of `shape` say what is expected (`a whole number`); what stands there is
 * named by its kind, never repeated: it may be a secret.
 */
export function checkTypes(root: YamlNode, shape: z.ZodType, found: Findings): void {
  const parsed = shape.safeParse(valueOf(root))
  if (parsed.success) return
  for (const { path, message } of parsed.error.issues.slice(0, 50)) {
    const at = path.filter(step => typeof step !== 'symbol')
    const node = nodeAt(root, at)
    found.stop('types.wrong', at, {
      finding: `${pathText(at) || 'the file'} is ${kindOf(node)}; expected is ${message}`,
      fix: fixFor(node, message),
      ...mending(node, at, message),
    })
  }
}

export const aText = 'a text'
export const aNumber = 'a whole number'
export const aSwitch = 'true or false'

function kindOf(node: YamlNode | undefined): string {
  if (!node) return 'not there'
  if (node.is !== 'scalar') return node.is === 'map' ? 'a map' : 'a list'
  if (node.value === null) return 'empty'
  if (typeof node.value === 'number') return Number.isInteger(node.value) ? 'a whole number' : 'a number'
  return typeof node.value === 'boolean' ? 'true or false' : 'a text'
}

function fixFor(node: YamlNode | undefined, expected: string): string {
  if (expected === aText && node?.is === 'scalar') return 'Write the right text, in quotes.'
  if (expected === aNumber) return 'Write a whole number without quotes.'
  if (expected === aSwitch) return 'Write true or false without quotes.'
  return `Write ${expected} here.`
}

/** A number or a switch that only stands in quotes. */
function mending(node: YamlNode | undefined, path: (string | number)[], expected: string) {
  if (node?.is !== 'scalar' || typeof node.value !== 'string') return {}
  const text = node.value.trim()
  const value =
    expected === aNumber && /^(?:0|[1-9]\d{0,8})$/.test(text)
      ? Number(text)
      : expected === aSwitch && /^(?:true|false)$/i.test(text)
        ? text.toLowerCase() === 'true'
        : undefined
  return value === undefined ? {} : { edit: { op: 'set' as const, path, value } }
}
