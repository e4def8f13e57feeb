#!/usr/bin/env node
// Starts the command line with Node 24: this process when it is one, else the binary that npm installed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import * as nodeModule from 'node:module'

const main = new URL('../out/electron/headless/cli/main.js', import.meta.url)
const [major] = process.versions.node.split('.').map(Number)

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
if (major >= 24) await import(main)
else {
  const bundled = fileURLToPath(
    new URL(`../node_modules/.bin/node${process.platform === 'win32' ? '.cmd' : ''}`, import.meta.url),
  )
  if (!existsSync(bundled)) {
    process.stderr.write(
      `drydock: needs Node 24, and this is ${process.versions.node}; run \`npm start\` once\n`,
    )
    process.exit(1)
  }
  const child = spawn(bundled, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}
