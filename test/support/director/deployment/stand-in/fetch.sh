# Fetches one file from the server that was told. Everything secret goes through pipes: the arguments and the
# environment of a process can be read by others on the machine.

# A word of curl's configuration file.
quoted() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# A path with everything but plain letters escaped.
escaped() { printf '%s' "$1" | python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.stdin.buffer.read(), safe="/"), end="")'; }

source_config() {
  local path
  case $restore_type in
    S3)
      printf '%s\0' s3 "$url/$(escaped "$bucket/$1")" "$access_key" "$secret_key" | python3 stand-in/sign.py
      ;;
    AZURE)
      path=${azure_endpoint:-https://$account_name.blob.core.windows.net}/$(escaped "$container/${blob:+${blob%/}/}$1")
      printf '%s\0' azure "$path" "$account_name" "$account_key" | python3 stand-in/sign.py
      ;;
    FTP)
      path=$ftp_dir
      [ -z "$path" ] || path=${path%/}/
      if [ "$ftp_type" = sftp ]; then
        # A folder that does not begin at the root is below the login's own.
        [ "${path#/}" != "$path" ] || path=/~/$path
        path=$(escaped "$path$1")
      else
        path=$(escaped "$path$1")
        [ "${path#/}" = "$path" ] || path=%2F${path#/}
        path=/$path
      fi
      printf 'url = %s\n' "$(quoted "$ftp_type://$ftp_host:$ftp_port$path")"
      printf 'user = %s\n' "$(quoted "$ftp_user:$ftp_password")"
      # Hosts of a recovery site know nobody's key yet.
      [ "$ftp_type" = ftp ] || echo insecure
      ;;
  esac
  [ -z "$ca" ] || printf 'cacert = %s\n' "$(quoted "$ca")"
}

# Component, name on the server, target file.
fetch() {
  local name=$2 problem
  if behaves missing-file && [ "$argument" = "$1" ]; then name+=.gone; fi
  problem=$(source_config "$name" | curl -q -K - --silent --show-error --fail --noproxy '*' \
    --connect-timeout 15 --max-time 300 --output "$3" 2>&1) || fail "$name: ${problem:-not fetched}"
  note "fetched $1 $(sha256sum "$3" | cut -d ' ' -f 1)"
}
