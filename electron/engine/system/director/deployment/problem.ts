import type { DirectorProblem, DirectorYamlFile, MasterEdit } from '../../../../../shared/director.ts'
import type { YamlPath } from './yaml-path.ts'
import { pathText } from './yaml-path.ts'
import type { YamlNode } from './yaml-tree.ts'
import { lineAt } from './yaml-tree.ts'

/** Words of a problem; neither ever holds a secret. */
export type Said = { finding: string; fix: string; edit?: MasterEdit }

/** Problems of one file, in the order in which they are found. */
export class Findings {
  readonly list: DirectorProblem[] = []
  private readonly file: DirectorYamlFile
  private readonly root: YamlNode | null

  constructor(file: DirectorYamlFile, root: YamlNode | null) {
    this.file = file
    this.root = root
  }

  stop(code: string, path: YamlPath, said: Said): void {
    this.add(code, 'stop', path, said)
  }

  warn(code: string, path: YamlPath, said: Said): void {
    this.add(code, 'warn', path, said)
  }

  private add(code: string, level: 'stop' | 'warn', path: YamlPath, { finding, fix, edit }: Said): void {
    const line = this.root ? lineAt(this.root, path) : null
    const { file } = this
    this.list.push({ code, level, file, path: pathText(path), line, finding, fix, ...(edit ? { edit } : {}) })
  }
}

/** A problem of a whole file, or of a line of it that could not be read. */
export const fileProblem = (
  code: string,
  file: DirectorYamlFile,
  said: Said,
  line: number | null = null,
  path: YamlPath = [],
): DirectorProblem => ({ code, level: 'stop', file, path: pathText(path), line, ...said })

/** A value in a sentence: short, on one line, told apart from the words around it. */
export function shown(text: string): string {
  const points = [...text]
  return JSON.stringify(points.length > 80 ? `${points.slice(0, 80).join('')}…` : text)
}
