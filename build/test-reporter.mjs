// Writes what `build/test.mjs` needs for its summary; vitest's own reporter beside it shows the progress.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'

export default class SummaryReporter {
  onInit(vitest) {
    this.root = vitest.config.root
  }

  onTestRunEnd(modules, unhandled) {
    const files = modules.map(module => this.#file(module)).sort((a, b) => (a.file < b.file ? -1 : 1))
    const errors = unhandled.map(error => String(error.message ?? error).split('\n')[0])
    const target = process.env.DRYDOCK_TEST_RESULTS
    if (target) writeFileSync(target, JSON.stringify({ files, errors }))
  }

  #file(module) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    const failures = []
    const skips = new Map()
    const retried = []
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      // A test that never came to run (its suite's set-up failed, the worker died) has not passed.
      const outcome = state === 'pending' ? 'failed' : state
      counts[outcome]++
      if (outcome === 'failed') failures.push(test.fullName)
      if (outcome === 'passed' && (test.diagnostic()?.retryCount ?? 0) > 0) retried.push(test.fullName)
      if (outcome === 'skipped') {
        const name = skippedSuite(test) ?? test.fullName
        skips.set(name, (skips.get(name) ?? 0) + 1)
      }
    }
    // What fails outside a test: the file does not load, a hook throws.
    const outside = [...module.errors(), ...[...module.children.allSuites()].flatMap(suite => suite.errors())]
    if (outside.length > 0 && counts.failed === 0) counts.failed++
    failures.push(...outside.map(error => String(error.message).split('\n')[0]))
    return {
      file: relative(this.root, module.moduleId).replaceAll('\\', '/'),
      ms: Math.round(module.diagnostic().duration),
      ...counts,
      failures,
      retried,
      skips: [...skips].map(([name, tests]) => ({ name, tests })),
    }
  }
}

/** The outermost suite around a skipped test that is itself skipped: its name tells why. */
function skippedSuite(test) {
  let found = null
  for (let node = test.parent; node && node.type === 'suite'; node = node.parent) {
    if (node.options.mode === 'skip') found = node.fullName
  }
  return found
}
