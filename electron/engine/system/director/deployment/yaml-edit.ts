import { EngineError } from '../../../engine-error.ts'
import type { YamlPath } from './yaml-path.ts'
import { pathText } from './yaml-path.ts'
import type { ScalarValue } from './yaml-scalar.ts'

/** @property secret it is written in quotes, and never told in an error */
export type YamlEdit = { path: YamlPath; value: ScalarValue; secret?: boolean }

export const during = 'director.edit'

/** Why an edit cannot be made. */
export const refused = (path: YamlPath, detail: string): EngineError =>
  new EngineError('input.invalid', during, { subject: pathText(path), detail })
