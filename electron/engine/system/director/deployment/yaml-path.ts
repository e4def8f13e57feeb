import { EngineError } from '../../../engine-error.ts'

/** Where something stands in a YAML file: keys and places in lists, from 0. */
export type YamlPath = readonly (string | number)[]

/** `servers[0].ip`; a key that holds anything else than letters, digits, `_` and `-` is quoted. */
export function pathText(path: YamlPath): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`
      if (/^[\w-]+$/.test(step)) return i === 0 ? step : `.${step}`
      return `[${JSON.stringify(step.slice(0, 80))}]`
    })
    .join('')
}

/** Reads what `pathText` writes. @throws EngineError `input.invalid` */
export function parsePath(text: string): (string | number)[] {
  const path: (string | number)[] = []
  const step = /(?:^|\.)([\w-]+)|\[(\d{1,6})\]/y
  while (step.lastIndex < text.length && !text.startsWith('.')) {
    const found = step.exec(text)
    if (!found) break
    path.push(found[1] ?? Number(found[2]))
    if (step.lastIndex === text.length && path.length <= 12 && typeof path[0] === 'string') return path
  }
  throw new EngineError('input.invalid', 'director.edit', {
    subject: text.slice(0, 80),
    detail: 'no path such as servers[0].ip or director_site',
  })
}
