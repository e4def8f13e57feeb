/**
 * Limits of the engine's workers. The young generation is kept small: their garbage is short-lived text, and V8's
 * default would let each grow by 48 MiB before it looks.
 */
export const workerLimits = { maxYoungGenerationSizeMb: 8 }

/**
 * Where a worker's file is, seen from the module that starts it: `.ts` when sources run as they are (tests), `.js`
 * when they have been built.
 * @param path relative, ending in `.ts`
 */
export function workerUrl(path: string, from: string): URL {
  return new URL(from.endsWith('.ts') ? path : path.replace(/\.ts$/, '.js'), from)
}
