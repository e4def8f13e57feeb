import { describe, expect, it } from 'vitest'
import { FtpTail } from '../../electron/engine/store/ftp/ftp-tail.ts'

const bytes = (from: number, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => (from + i) % 251))
const joined = (pieces: Uint8Array[]): Buffer => Buffer.concat(pieces)

describe('FtpTail', () => {
  it('gives back what was pushed while it fits', () => {
    const tail = new FtpTail(0, 100)
    tail.push(bytes(0, 40))
    tail.push(bytes(40, 30))
    expect([tail.start, tail.end]).toEqual([0, 70])
    expect(joined(tail.from(10)).equals(bytes(10, 60))).toBe(true)
  })

  it('keeps the newest bytes, wherever they fall in the ring', () => {
    const tail = new FtpTail(7, 64)
    for (let at = 7; at < 1000; at += 13) tail.push(bytes(at, 13))
    expect(tail.start).toBe(tail.end - 64)
    for (let from = tail.start; from <= tail.end; from += 1) {
      expect(joined(tail.from(from)).equals(bytes(from, tail.end - from))).toBe(true)
    }
  })

  it('keeps the end of a piece that is larger than itself', () => {
    const tail = new FtpTail(3, 50)
    tail.push(bytes(3, 175))
    expect([tail.start, tail.end]).toEqual([128, 178])
    expect(joined(tail.from(128)).equals(bytes(128, 50))).toBe(true)
  })

  it('forgets what is cut off and goes on from there', () => {
    const tail = new FtpTail(0, 50)
    tail.push(bytes(0, 60))
    tail.cut(45)
    expect([tail.start, tail.end]).toEqual([10, 45])
    tail.push(Buffer.from([255, 254]))
    expect(joined(tail.from(44)).equals(Buffer.from([44, 255, 254]))).toBe(true)
    tail.cut(5)
    expect([tail.start, tail.end]).toEqual([5, 5])
  })

  it('refuses what it no longer has', () => {
    const tail = new FtpTail(0, 10)
    tail.push(bytes(0, 11))
    expect(() => tail.from(0)).toThrow(RangeError)
  })
})
