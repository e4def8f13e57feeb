/** What `setup.sh` is told when it asks where to fetch from. The type decides which questions come. */
export type RestoreAnswers =
  | { type: 'S3'; accessKey: string; secretKey: string; bucket: string; url: string }
  | { type: 'AZURE'; accountName: string; accountKey: string; container: string; blob: string }
  | {
      type: 'FTP'
      ftpType: 'ftp' | 'sftp'
      host: string
      port: number
      user: string
      password: string
      dir: string
    }
