import type { Document } from 'yaml'
import { Composer } from 'yaml'
import type { DirectorProblem, DirectorYamlFile } from '../../../../../shared/director.ts'
import { EngineError } from '../../../engine-error.ts'
import { fileProblem } from './problem.ts'
import { treeOf } from './tree-of.ts'
import { boundedTokens } from './yaml-tokens.ts'
import { lineCounter } from './line-counter.ts'
import { Refused, wordsOf } from './yaml-refused.ts'
import type { YamlNode } from './yaml-tree.ts'

/** Larger than any real one by a factor of a hundred, bytes. */
export const maxYamlBytes = 1024 * 1024

/** @property warnings what can be read, and other tools may not read */
export type ReadYaml = { root: YamlNode; warnings: DirectorProblem[] } | { problem: DirectorProblem }

/**
 * Reads a YAML file of an operator, which may be broken or hostile: its size, depth and number of parts are bounded
 * before anything is built; aliases, merge keys, directives, further documents and tags other than YAML's own are
 * refused. What cannot be read is a problem with its line, never an exception, and holds nothing of the content.
 */
export function readYaml(file: DirectorYamlFile, text: string): ReadYaml {
  const refuse = (code: string, finding: string, fix: string, line: number | null = null): ReadYaml => ({
    problem: fileProblem(code, file, { finding, fix }, line),
  })
  if (Buffer.byteLength(text) > maxYamlBytes)
    return refuse(
      'yaml.too-large',
      `${file} is larger than 1 MiB`,
      'Put back the file of the deployment source.',
    )
  const lineOf = lineCounter(text)
  const odd = unprintable.exec(text)
  if (odd)
    return refuse(
      'yaml.characters',
      `a character that YAML does not allow or tools read differently: U+${odd[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`,
      'Remove it, or save the file anew as plain UTF-8 text.',
      lineOf(odd.index),
    )
  try {
    const { tokens, tab } = boundedTokens(text)
    const docs = [...new Composer(options).compose(tokens, true, text.length)]
    const failed = docs
      .flatMap(doc => [...doc.errors, ...doc.warnings])
      .sort((a, b) => a.pos[0] - b.pos[0])[0]
    if (failed) {
      const said = wordsOf(failed.code)
      return refuse(said.code, said.finding, said.fix, lineOf(failed.pos[0]))
    }
    const [doc] = docs
    if (docs.length > 1)
      return refuse(
        'yaml.documents',
        `${file} holds ${docs.length} documents`,
        'Keep one: remove the lines --- between them.',
      )
    if (!doc || isBare(doc))
      return refuse('yaml.empty', `${file} is empty`, 'Put back the file of the deployment source.')
    const warnings =
      tab === null
        ? []
        : [{ ...fileProblem('yaml.tab', file, tabWords, lineOf(tab)), level: 'warn' as const }]
    return { root: treeOf(doc, lineOf), warnings }
  } catch (err) {
    if (err instanceof Refused)
      return refuse(err.code, err.finding, err.fix, err.offset === null ? null : lineOf(err.offset))
    // The parser's own stack, whatever brought it there.
    if (err instanceof RangeError)
      return refuse(
        'yaml.too-deep',
        `${file} is nested too deeply`,
        'Put back the file of the deployment source.',
      )
    throw err
  }
}

/** The same for whoever cannot go on without. @throws EngineError `data.format`, `data.unsafe` */
export function needYaml(file: DirectorYamlFile, text: string, during: string): YamlNode {
  const read = readYaml(file, text)
  if ('root' in read) return read.root
  const { code, line, finding } = read.problem
  throw new EngineError(unsafe.has(code) ? 'data.unsafe' : 'data.format', during, {
    subject: file,
    detail: line === null ? finding : `line ${line}: ${finding}`,
  })
}

const tabWords = {
  finding: 'a tab stands between two things or at the end of a line, which Ansible does not read',
  fix: 'Use spaces.',
}

const unsafe = new Set([
  'yaml.too-large',
  'yaml.too-deep',
  'yaml.too-many',
  'yaml.alias',
  'yaml.tag',
  'yaml.merge',
  'yaml.directive',
  'yaml.unsafe-key',
  'yaml.characters',
])

const isBare = (doc: Document.Parsed): boolean =>
  doc.contents === null || doc.contents.range[0] === doc.contents.range[1]

/**
 * What PyYAML, which `setup.sh` reads with, refuses; and line ends that it sees and others do not (a lone CR, NEL,
 * U+2028): a file must not say one thing here and another there.
 */
const unprintable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]|\r(?!\n)|(?!^)\ufeff|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const options = {
  version: '1.2',
  schema: 'core',
  merge: false,
  strict: true,
  uniqueKeys: true,
  keepSourceTokens: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const
