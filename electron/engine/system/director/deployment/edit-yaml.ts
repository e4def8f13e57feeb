import { isDeepStrictEqual } from 'node:util'
import type { DirectorYamlFile } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import { inserted } from './insert-yaml.ts'
import { isSecretKey } from './mask-yaml.ts'
import { needYaml } from './read-yaml.ts'
import type { YamlEdit } from './yaml-edit.ts'
import { during, refused } from './yaml-edit.ts'
import type { YamlPath } from './yaml-path.ts'
import type { ScalarValue } from './yaml-scalar.ts'
import { scalarText } from './yaml-scalar.ts'
import type { YamlNode, YamlScalar, YamlValue } from './yaml-tree.ts'
import { nodeAt, valueOf } from './yaml-tree.ts'

/**
 * Changes single values of a YAML file, and nothing else: comments, order, quotes, indentation and line ends stay byte
 * for byte. What has the value already is left alone. The result is read again, and compared with what was meant.
 * @throws EngineError `data.format`, `data.unsafe` for a file that cannot be read, `input.invalid` for a path at which
 *   no single value can stand
 */
export function applyEdits(file: DirectorYamlFile, text: string, edits: readonly YamlEdit[]): string {
  let edited = text
  let root = needYaml(file, text, during)
  const wanted = valueOf(root)
  for (const given of edits) {
    const key = given.path.at(-1)
    const edit = typeof key === 'string' && isSecretKey(key) ? { ...given, secret: true } : given
    // Nothing is to stand where nothing stands.
    if (edit.value === null && !nodeAt(root, edit.path)) continue
    const next = applied(edited, root, edit)
    put(wanted, edit.path, edit.value)
    if (next === edited) continue
    edited = next
    root = needYaml(file, edited, during)
  }
  if (edited !== text && !isDeepStrictEqual(valueOf(root), wanted))
    throw new EngineError('internal', during, {
      subject: file,
      detail: 'the file would not say afterwards what was meant, so it was left as it is; change it by hand',
    })
  return edited
}

function applied(text: string, root: YamlNode, edit: YamlEdit): string {
  const { path, value } = edit
  const node = nodeAt(root, path)
  if (!node) return inserted(text, root, edit)
  if (node.is !== 'scalar') throw refused(path, 'it holds more than one value; change the values in it')
  if (node.value === value && !(value === null && node.source !== '')) return text
  if (node.marked) throw refused(path, 'it has a tag or an anchor; change it by hand')
  if (node.source === '' && node.style === 'plain') return inserted(text, root, edit)
  return replaced(text, node, edit, typeof path.at(-1) === 'number' || isInFlow(root, path))
}

function replaced(text: string, node: YamlScalar, edit: YamlEdit, inFlow: boolean): string {
  const { value, secret = false } = edit
  const old = text.slice(node.start, node.end)
  // A block takes its line end, and empty lines, with it.
  const tail = node.style === 'block' ? (/(?:[ \t]*\r?\n)*$/.exec(old)?.[0] ?? '') : ''
  const written = scalarText(value, node.style, { quoted: secret, empty: !inFlow })
  let before = text.slice(0, node.start)
  const after = tail + text.slice(node.end)
  // No blanks are left at the end of the line; those before a comment stay.
  if (written === '' && /^[ \t]*(?:\r?\n|$)/.test(after)) before = before.replace(/[ \t]+$/, '')
  return before + written + after
}

function isInFlow(root: YamlNode, path: YamlPath): boolean {
  const parent = nodeAt(root, path.slice(0, -1))
  return parent !== undefined && parent.is !== 'scalar' && parent.flow
}

/** What the edit means, on the values without their places. */
function put(root: YamlValue, path: YamlPath, value: ScalarValue): void {
  let at = root
  path.forEach((step, i) => {
    const here = at as Record<string | number, YamlValue>
    const last = i === path.length - 1
    if (last) here[step] = value
    else {
      here[step] ??= typeof path[i + 1] === 'number' ? [] : (Object.create(null) as Record<string, YamlValue>)
      at = here[step]
    }
  })
}
