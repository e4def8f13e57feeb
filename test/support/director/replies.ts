import type { RestoreAnswers } from '../../../electron/engine/system/director/answers.ts'
import type { Reply } from './run-in-pty.ts'

/** What a person types at `setup.sh`, question by question, for these answers. */
export function repliesFor(answers: RestoreAnswers): Reply[] {
  const secret = (words: string, type: string): Reply[] => [
    { when: new RegExp(`Enter the ${words}: ?$`), type, hidden: true },
    { when: new RegExp(`Enter the Confirm ${words}: ?$`), type, hidden: true },
  ]
  const plain = (words: string, type: string | number): Reply => ({
    when: new RegExp(`Enter the ${words}: ?$`),
    type: String(type),
  })
  const type = plain('Restore Type \\[FTP/AZURE/S3\\]', answers.type)
  switch (answers.type) {
    case 'S3':
      return [
        type,
        ...secret('S3 Access Key', answers.accessKey),
        ...secret('S3 Secret Key', answers.secretKey),
        plain('S3 Bucket Name', answers.bucket),
        plain('S3 URL', answers.url),
      ]
    case 'AZURE':
      return [
        type,
        ...secret('AZURE Account Name', answers.accountName),
        ...secret('AZURE Account Key', answers.accountKey),
        plain('AZURE Container Name', answers.container),
        plain('AZURE Blob Name', answers.blob),
      ]
    case 'FTP':
      return [
        type,
        plain('FTP Type\\[ftp/sftp\\]', answers.ftpType),
        plain('FTP Host', answers.host),
        plain('FTP Port', answers.port),
        plain('FTP User', answers.user),
        ...secret('FTP Password', answers.password),
        plain('FTP Dir', answers.dir),
      ]
  }
}
