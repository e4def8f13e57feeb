# The questions of a restore. Their ids: restore-type; s3-access-key, s3-secret-key, s3-bucket, s3-url;
# azure-account-name, azure-account-key, azure-container, azure-blob; ftp-type, ftp-host, ftp-port, ftp-user,
# ftp-password, ftp-dir; a confirmation has `confirm-` before it. What was typed is kept in memory only; tests find its
# SHA-256 in the record.

secrets=()
declare -A refused=()

remember() {
  note "answered $1"
  [ ! -d "$record" ] || printf '%s %s %s\n' "$$" "$1" "$(printf '%s' "$answer" | sha256sum | cut -d ' ' -f 1)" >>"$record/answers"
}

show_prompt() {
  local text=$1
  behaves no-space || text+=' '
  if behaves splits-prompts; then
    printf '%s' "${text:0:14}"
    sleep 0.6
    text=${text:14}
  fi
  if behaves coloured-prompts; then text=$'\033[1;33m'$text$'\033[0m'; fi
  printf '%s' "$text"
  note "asked $2"
}

# Asks with visible input; the line is in `answer`.
ask() {
  show_prompt "$2" "$1"
  IFS= read -r answer || exit 1
  remember "$1"
}

# Asks with echo off.
ask_hidden() {
  show_prompt "$2" "$1"
  if behaves shows-secret; then IFS= read -r answer || exit 1; else IFS= read -rs answer || exit 1; echo; fi
  remember "$1"
}

# Whether this answer is to be refused although nothing is wrong with it.
refuses() {
  local each rest
  for each in "${behaviours[@]+"${behaviours[@]}"}"; do
    rest=${each#asks-again:}
    [ "$rest" != "$each" ] && [ "${rest%%:*}" = "$1" ] || continue
    rest=${rest#"$1"}
    rest=${rest#:}
    [ "${refused[$1]-0}" -lt "${rest:-1}" ] || return 1
    refused[$1]=$((${refused[$1]-0} + 1))
    return 0
  done
  return 1
}

# Asks until the answer matches a pattern of `[[ =~ ]]`.
ask_for() {
  while :; do
    ask "$1" "$2"
    if [[ $answer =~ $3 ]] && ! refuses "$1"; then return; fi
    echo 'This is not a valid value.'
  done
}

ask_secret() {
  local first
  while :; do
    ask_hidden "$1" "Enter the $2:"
    first=$answer
    ask_hidden "confirm-$1" "Enter the Confirm $2:"
    if [ "$first" = "$answer" ] && [ -n "$answer" ] && ! refuses "$1"; then break; fi
    echo "The $2 and its confirmation are not the same."
    if behaves mismatch-ends; then exit 1; fi
  done
  secrets+=("$answer")
}

ask_where_from() {
  ask_for restore-type 'Enter the Restore Type [FTP/AZURE/S3]:' '^([Ff][Tt][Pp]|[Aa][Zz][Uu][Rr][Ee]|[Ss]3)$'
  restore_type=${answer^^}
  case $restore_type in
    S3)
      ask_secret s3-access-key 'S3 Access Key'; access_key=$answer
      ask_secret s3-secret-key 'S3 Secret Key'; secret_key=$answer
      ask_for s3-bucket 'Enter the S3 Bucket Name:' '.'; bucket=$answer
      ask_for s3-url 'Enter the S3 URL:' '^https?://.'; url=${answer%/}
      if behaves wrong-key; then secret_key+=x; fi
      ;;
    AZURE)
      ask_secret azure-account-name 'AZURE Account Name'; account_name=$answer
      ask_secret azure-account-key 'AZURE Account Key'; account_key=$answer
      ask_for azure-container 'Enter the AZURE Container Name:' '.'; container=$answer
      ask_for azure-blob 'Enter the AZURE Blob Name:' ''; blob=$answer
      if behaves wrong-key; then account_key=$(printf 'not the key' | base64); fi
      ;;
    FTP)
      ask_for ftp-type 'Enter the FTP Type[ftp/sftp]:' '^[Ss]?[Ff][Tt][Pp]$'; ftp_type=${answer,,}
      ask_for ftp-host 'Enter the FTP Host:' '.'; ftp_host=$answer
      ask_for ftp-port 'Enter the FTP Port:' '^[0-9]{1,5}$'; ftp_port=$answer
      ask_for ftp-user 'Enter the FTP User:' '.'; ftp_user=$answer
      ask_secret ftp-password 'FTP Password'; ftp_password=$answer
      ask_for ftp-dir 'Enter the FTP Dir:' ''; ftp_dir=$answer
      if behaves wrong-key; then ftp_password+=x; fi
      ;;
  esac
}
