#!/usr/bin/env node
// Starts the command line with Node 24: this process when it is one, else the binary that npm installed.
import { spawn } from 'node:child_process'
import { existsSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import * as nodeModule from 'node:module'

const main = new URL('../out/electron/headless/cli/main.js', import.meta.url)
const [major] = process.versions.node.split('.').map(Number)

// Heeded from here on: a Ctrl-C before the command listens itself must end it, not be lost.
const stops = ['SIGINT', 'SIGTERM', 'SIGHUP']
let child
let asked = false
for (const signal of stops)
  process.on(signal, () => {
    asked = true
    if (child) child.kill(signal)
    else cancelled()
  })

// Before anything uses the pool: zstd, file calls and DNS share it, and four threads make them wait for each other.
process.env.UV_THREADPOOL_SIZE ??= '6'

// Compiled code is kept beside the build: a command starts in a third of the time. Older Nodes lack it.
nodeModule.enableCompileCache?.(fileURLToPath(new URL('../out/.compile-cache', import.meta.url)))

// Short-lived garbage is collected early instead of letting the young generation grow to 48 MiB.
setFlagsFromString('--semi-space-growth-factor=1')

if (!existsSync(main)) {
  process.stderr.write('drydock: not built yet; run `npm start` once\n')
  process.exit(1)
}
// It takes the listeners above off when it has its own.
if (major >= 24) await import(main)
else startChild()

function startChild() {
  const bundled = fileURLToPath(
    new URL(`../node_modules/.bin/node${process.platform === 'win32' ? '.cmd' : ''}`, import.meta.url),
  )
  if (!existsSync(bundled)) {
    process.stderr.write(
      `drydock: needs Node 24, and this is ${process.versions.node}; run \`npm start\` once\n`,
    )
    process.exit(1)
  }
  // Nothing is said over the channel. Its end tells the child that this process is gone, even by `kill -9`.
  child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  child.on('exit', (code, signal) => {
    // A child that such a signal has ended had not listened yet: it has done nothing and said nothing.
    if (code === null && (asked || stops.includes(signal))) cancelled()
    process.exit(code ?? 1)
  })
}

/** The end of a command that was stopped before it could answer itself. */
function cancelled() {
  const words = process.argv.slice(2)
  const options = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  try {
    if (options.includes('--json'))
      writeSync(1, '{"event":"result","ok":false,"code":"cancelled","exit":130}\n')
  } catch {
    // Nobody reads it any more.
  }
  process.exit(130)
}
