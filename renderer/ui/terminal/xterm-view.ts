import { FitAddon } from '@xterm/addon-fit'
import { type ITheme, Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { SafeOutput } from './safe-output.ts'
import { withoutStyleTags } from './without-style-tags.ts'

/** So many lines can be scrolled back to; the run's own file has all. */
const mostLines = 50_000
/** What is held back of a line is shown after so many ms without more. */
const patience = 400

export type TerminalView = {
  /** Shows more output. Resolves when it stands there. */
  write(text: string): Promise<void>
  /** Empties it. */
  clear(): void
  /** What is selected, or else all of it. */
  text(): string
  follow(): void
  dispose(): void
}

/**
 * A terminal that shows output and takes no input: no key, no paste and no answer to what the output asks of it
 * leaves it. @param onFollow told whether the end is in view
 */
export async function openTerminal(
  box: HTMLElement,
  label: string,
  onFollow: (follows: boolean) => void,
): Promise<TerminalView> {
  const { fontFamily, fontSize, lineHeight } = getComputedStyle(box)
  // Cells are measured once: with the face that stays.
  await document.fonts.load(`${fontSize} ${fontFamily}`).catch(() => [])
  const size = Number.parseFloat(fontSize)
  const terminal = new Terminal({
    ...{ disableStdin: true, cursorBlink: false, cursorInactiveStyle: 'block', convertEol: true },
    ...{ scrollback: mostLines, screenReaderMode: true, allowProposedApi: false },
    ...{ drawBoldTextInBrightColors: false, minimumContrastRatio: 1 },
    ...{ fontFamily, fontSize: size, fontWeightBold: 500 },
    lineHeight: Math.max(1, Number.parseFloat(lineHeight) / (size * 1.3)),
    // Links are left out of the output already.
    linkHandler: { activate: () => undefined },
    theme: themeOf(box),
  })
  const fit = new FitAddon()
  terminal.loadAddon(fit)
  withoutStyleTags(() => terminal.open(box))
  name(terminal, box, label)
  fit.fit()
  const output = new SafeOutput()
  const atEnd = () => terminal.buffer.active.viewportY >= terminal.buffer.active.baseY
  const tell = () => onFollow(atEnd())
  terminal.onScroll(tell)
  terminal.attachCustomKeyEventHandler(event => {
    if (event.type === 'keydown' && scroll(terminal, event)) event.preventDefault()
    tell()
    // Every key stays the page's: Tab leaves the terminal.
    return false
  })
  box.addEventListener('wheel', tell, { passive: true })
  const resized = new ResizeObserver(() => {
    const end = atEnd()
    fit.fit()
    if (end) terminal.scrollToBottom()
  })
  resized.observe(box)
  const stopTheme = onThemeChange(() => (terminal.options.theme = themeOf(box)))
  let late: ReturnType<typeof setTimeout> | undefined
  return {
    async write(text) {
      clearTimeout(late)
      await new Promise<void>(resolve => terminal.write(output.feed(text), resolve))
      late = setTimeout(() => terminal.write(output.rest()), patience)
      tell()
    },
    clear: () => terminal.reset(),
    text: () => (terminal.hasSelection() ? terminal.getSelection() : textOf(terminal)),
    follow: () => {
      terminal.scrollToBottom()
      tell()
    },
    dispose() {
      clearTimeout(late)
      stopTheme()
      resized.disconnect()
      box.removeEventListener('wheel', tell)
      terminal.dispose()
    },
  }
}

/** For screen readers: lines can be walked through; what comes new is not read out, the page says what matters. */
function name(terminal: Terminal, box: HTMLElement, label: string): void {
  terminal.textarea?.setAttribute('aria-label', label)
  terminal.textarea?.setAttribute('aria-readonly', 'true')
  box.querySelector('.xterm-accessibility .live-region')?.setAttribute('aria-live', 'off')
  box.querySelector('.xterm-accessibility-tree')?.setAttribute('aria-label', label)
}

function scroll(terminal: Terminal, { key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return false
  if (key === 'PageUp') terminal.scrollPages(-1)
  else if (key === 'PageDown') terminal.scrollPages(1)
  else if (key === 'ArrowUp') terminal.scrollLines(-1)
  else if (key === 'ArrowDown') terminal.scrollLines(1)
  else if (key === 'Home') terminal.scrollToTop()
  else if (key === 'End') terminal.scrollToBottom()
  else return false
  return true
}

/** Lines as they were said: what was broken to fit the window is one again. */
function textOf(terminal: Terminal): string {
  const buffer = terminal.buffer.active
  const lines: string[] = []
  for (let row = 0; row < buffer.length; row++) {
    const line = buffer.getLine(row)
    if (!line) continue
    const text = line.translateToString(!buffer.getLine(row + 1)?.isWrapped)
    if (line.isWrapped) lines[lines.length - 1] = `${lines.at(-1) ?? ''}${text}`
    else lines.push(text)
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/** The tokens' colours as they are now. xterm cannot read `light-dark()`: the browser does. */
function themeOf(box: HTMLElement): ITheme {
  const probe = box.ownerDocument.createElement('span')
  box.append(probe)
  const colour = (token: string) => {
    probe.style.color = `var(--terminal-${token})`
    return getComputedStyle(probe).color
  }
  const [ground, text, muted] = [colour('surface'), colour('text'), colour('muted')]
  const [ok, warn, bad, us] = [colour('ok'), colour('warn'), colour('bad'), colour('us')]
  probe.remove()
  return {
    ...{ background: ground, foreground: text, cursor: text, cursorAccent: ground },
    ...{ selectionBackground: us, selectionForeground: ground, selectionInactiveBackground: us },
    ...{ scrollbarSliderBackground: muted, scrollbarSliderHoverBackground: text },
    scrollbarSliderActiveBackground: text,
    // Text on a dark ground: black would not be seen, and the bright ones say no more than the others.
    ...{ black: muted, red: bad, green: ok, yellow: warn, blue: us, magenta: warn, cyan: muted, white: text },
    ...{ brightBlack: muted, brightRed: bad, brightGreen: ok, brightYellow: warn, brightBlue: us },
    ...{ brightMagenta: warn, brightCyan: muted, brightWhite: text },
  }
}

/** @returns how to stop hearing of it */
function onThemeChange(change: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const chosen = new MutationObserver(change)
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  system.addEventListener('change', change)
  return () => {
    chosen.disconnect()
    system.removeEventListener('change', change)
  }
}
