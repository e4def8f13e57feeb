import { describe, expect, it } from 'vitest'
import { SafeOutput } from '../../../renderer/ui/terminal/safe-output.ts'

const esc = '\x1b'
const whole = (...pieces: string[]) => {
  const output = new SafeOutput()
  return pieces.map(piece => output.feed(piece)).join('') + output.rest()
}
/** Each character as a piece of its own. */
const bySmallest = (text: string) => whole(...text)

describe('SafeOutput', () => {
  it.each([
    ['a title', `${esc}]0;root@vault\x07`],
    ['a title ended by ST', `${esc}]2;title${esc}\\`],
    ['a link', `${esc}]8;;https://evil.example/${esc}\\`],
    ['the clipboard', `${esc}]52;c;c3VkbyBybSAtcmY=\x07`],
    ['colours of the palette', `${esc}]4;1;#000000\x07`],
    ['a device control string', `${esc}P$q"p${esc}\\`],
    ['an application command', `${esc}_G1${esc}\\`],
    ['a question for an answer', `${esc}[6n${esc}[c${esc}[>c\x05`],
    ['mouse reports', `${esc}[?1000h${esc}[?1006h`],
    ['the other screen', `${esc}[?1049h`],
    ['clearing of what was said', `${esc}[2J${esc}[3J${esc}[H`],
    ['a reset', `${esc}c`],
    ['another character set', `${esc}(0\x0e`],
    ['a bell', '\x07'],
    ['an 8-bit control sequence', '\x9b2J'.slice(0, 1)],
    ['text moved far up', `${esc}[40A`],
    ['hidden text', `${esc}[8m`],
  ])('leaves out %s', (_, text) => {
    expect(whole(`a${text}b\r\n`)).toBe('ab\r\n')
    expect(bySmallest(`a${text}b\r\n`)).toBe('ab\r\n')
  })

  it('keeps the sixteen colours, bold and the clearing of a line, in pieces of any size', () => {
    const text = `${esc}[1;31mfatal${esc}[0m 10%\r${esc}[K20%\b\tx\r\n`
    expect(whole(text)).toBe(text)
    expect(bySmallest(text)).toBe(text)
  })

  it('leaves out colours of the ground and those beyond the sixteen, and keeps the rest of the sequence', () => {
    expect(whole(`${esc}[1;38;2;1;2;3;32m`)).toBe(`${esc}[1;32m`)
    expect(whole(`${esc}[38;5;17;4m`)).toBe(`${esc}[4m`)
    expect(whole(`${esc}[30;40mx`)).toBe(`${esc}[30mx`)
    expect(whole(`${esc}[48;5;0mx`)).toBe('x')
    expect(whole(`${esc}[mx`)).toBe(`${esc}[0mx`)
  })

  it('shows marks that turn the reading direction instead of following them', () => {
    expect(whole('abc\u202egnp.exe')).toBe('abc\\u202egnp.exe')
  })

  it('swallows nothing when a string never ends: a line end makes it text', () => {
    expect(whole(`${esc}]0;never ended\nnext line\n`)).toBe('0;never ended\nnext line\n')
    expect(whole(`${esc}]0;`, 'x'.repeat(10_000), '\nseen\n')).toMatch(/seen\n$/)
  })

  it('colours the lines of Ansible and the questions of the script, and none that has colours', () => {
    expect(whole('ok: [server1]\r\n')).toBe(`${esc}[32mok: [server1]\r${esc}[39m\n`)
    expect(whole('changed: [server1]\n')).toBe(`${esc}[33mchanged: [server1]${esc}[39m\n`)
    expect(whole('fatal: [server1]: FAILED!\n')).toMatch(/^\x1b\[31m/)
    expect(whole('Enter the S3 URL: https://s3.example.com\n')).toMatch(/^\x1b\[34m/)
    expect(whole('TASK [ok: [x]]\n')).toBe('TASK [ok: [x]]\n')
    const own = `${esc}[0;33mchanged: [server1]${esc}[0m\n`
    expect(whole(own)).toBe(own)
  })

  it('colours a line that comes in pieces, and holds back what may become one until nothing more comes', () => {
    expect(bySmallest('ok: [a]\n')).toBe(`${esc}[32mok: [a]${esc}[39m\n`)
    const output = new SafeOutput()
    expect(output.feed('chang')).toBe('')
    expect(output.rest()).toBe('chang')
    expect(output.feed('ed mind\n')).toBe('ed mind\n')
    expect(output.feed('Enter the S3 Bucket Name: ')).toBe(`${esc}[34mEnter the S3 Bucket Name: `)
    expect(output.feed('dr\r\n')).toBe(`dr\r${esc}[39m\n`)
  })
})
