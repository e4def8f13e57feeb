import { ensureDebianPackages } from './servers/debian.ts'
import { browserPackages, debianPackages } from './servers/packages.ts'

/**
 * Run by `npm test` before the tests, so that no suite waits for apt inside its own time limit. Ends well either way:
 * a suite whose server is missing says so itself.
 */
const say = (text: string) => process.stderr.write(`drydock: ${text}\n`)
const began = performance.now()
const seconds = () => Math.round((performance.now() - began) / 1000)
const first = setTimeout(
  () => say(`installing the Debian packages that the tests use (once; a minute or two)`),
  500,
)
const tick = setInterval(() => say(`still installing packages (${seconds()} s)`), 15_000)
try {
  // The browser by itself: where it has another name, the servers are still installed.
  for (const names of [debianPackages, browserPackages]) {
    const ensured = await ensureDebianPackages(names)
    if (!ensured.ok)
      say(`${ensured.why}. Suites that need what is missing are skipped and named in the summary.`)
  }
} finally {
  clearTimeout(first)
  clearInterval(tick)
}
