import { FTPError } from 'basic-ftp'
import type { FailureCode } from '../../../../shared/failure.ts'
import { EngineError } from '../../engine-error.ts'
import { fromNetworkError } from '../http/network-errors.ts'

/**
 * What an answer of the server means. 550 is many things in one; callers who can look (`ftp-files.ts`) tell an
 * absent file from a forbidden one before they come here.
 */
const byReply: Record<number, FailureCode> = {
  421: 'network.interrupted',
  425: 'network.interrupted',
  426: 'network.interrupted',
  430: 'auth.rejected',
  431: 'trust.plaintext',
  434: 'network.unreachable',
  450: 'remote.failed',
  451: 'remote.failed',
  452: 'remote.full',
  500: 'remote.unsupported',
  501: 'remote.unsupported',
  502: 'remote.unsupported',
  503: 'remote.wrong-answer',
  504: 'remote.unsupported',
  521: 'trust.plaintext',
  522: 'trust.plaintext',
  530: 'auth.rejected',
  532: 'auth.denied',
  533: 'trust.plaintext',
  534: 'trust.plaintext',
  535: 'trust.certificate',
  536: 'trust.plaintext',
  550: 'auth.denied',
  551: 'auth.denied',
  552: 'remote.full',
  553: 'auth.denied',
}

const tlsWanted = {
  codes: [530, 550],
  words: /encrypt|\bTLS\b|\bSSL\b|secure connection/i,
  means: 'input.invalid' as const,
}

/** Servers that say with one number what has several meanings; their words decide. The first match counts. */
const byWords: readonly { codes: readonly number[]; words: RegExp; means: FailureCode }[] = [
  { codes: [421, 530], words: /too many|maximum|limit|connections/i, means: 'network.throttled' },
  tlsWanted,
  // vsftpd answers 451 'Failure writing to local file.' when its disk is full, and for nothing else that is common.
  {
    codes: [426, 450, 451, 550, 553],
    words: /no space|disk full|quota|insufficient|writing to local file/i,
    means: 'remote.full',
  },
]

/** Answers to plain bytes where TLS was expected. */
const notTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST/

/** Errors of basic-ftp that have no code. */
const byMessage: readonly { words: RegExp; means: FailureCode }[] = [
  { words: /^Timeout/, means: 'network.stalled' },
  { words: /exceeded maximum allowed size|Can't parse/, means: 'remote.wrong-answer' },
  {
    words: /FIN packet|closed connection|transmission error|is closed|closed client|disconnected/,
    means: 'network.interrupted',
  },
]

/** Whether the server answered `codes`, or any refusal when none are named. */
export function isReply(err: unknown, ...codes: number[]): err is FTPError {
  return err instanceof FTPError && (codes.length === 0 || codes.includes(err.code))
}

/** Maps whatever a connection threw. `subject` is the server or the object, without secrets. */
export function fromFtpError(err: unknown, during: string, subject: string): EngineError {
  if (err instanceof EngineError) return err
  if (err instanceof FTPError) {
    const worded = byWords.find(each => each.codes.includes(err.code) && each.words.test(err.message))
    const code =
      worded?.means ?? byReply[err.code] ?? (err.code < 500 ? 'remote.failed' : 'remote.wrong-answer')
    // Met only by a login without TLS, so what is wrong is our setting.
    const detail =
      worded === tlsWanted ? 'this server demands TLS; leave --tls none away' : printable(err.message)
    return new EngineError(code, during, { subject, detail, cause: err })
  }
  const { code = '', message = '' } = err as { code?: string; message?: string }
  if (notTls.test(code)) {
    const detail = 'this port does not begin with TLS; for the ordinary FTP port use --tls explicit'
    return new EngineError('input.invalid', during, { subject, detail, cause: err })
  }
  const network = fromNetworkError(err, during, subject)
  if (network) return network
  const known = byMessage.find(each => each.words.test(message))
  return new EngineError(known?.means ?? 'internal', during, {
    subject,
    detail: printable(message),
    cause: err,
  })
}

/** One line of at most 200 characters: what a server says is input, and ends up in logs and on screens. */
export function printable(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 200)
}
