# Prints as ansible-playbook does with its default callback: banners, a line per host and task, the recap.

declare -A counts=()
seen=()

# Text in a colour, when there is a terminal.
colour() {
  if [ -n "$colours" ]; then printf '\033[%sm%s\033[0m' "$1" "$2"; else printf '%s' "$2"; fi
}

banner() {
  local width stars
  width=$(stty size 2>/dev/null) && width=${width#* }
  [ "${width:-0}" -gt 20 ] || width=80
  stars=$((width - 1 - ${#1}))
  [ "$stars" -gt 3 ] || stars=3
  printf '\n%s %s\n' "$1" "$(printf '%*s' "$stars" '' | tr ' ' '*')"
}

play() {
  local host
  banner "PLAY [$1]"
  for host in "${hosts[@]}"; do
    case " ${seen[*]-} " in *" $host "*) ;; *) seen+=("$host") ;; esac
  done
}

task_begin() {
  note "task $1"
  banner "TASK [$1]"
}

# A line for a host: its name, what came of the task, more behind it.
result() {
  local line kind
  case $2 in
    ok) kind='0;32' line="ok: [$1]" ;;
    changed) kind='0;33' line="changed: [$1]" ;;
    skipped) kind='0;36' line="skipping: [$1]" ;;
    failed) kind='0;31' line="fatal: [$1]: FAILED!" ;;
    unreachable) kind='1;31' line="fatal: [$1]: UNREACHABLE!" ;;
  esac
  printf '%s\n' "$(colour "$kind" "$line${3:+ $3}")"
}

# One more task of a kind for a host. A changed one is ok as well, as Ansible counts.
count() {
  counts[$1:$2]=$((${counts[$1:$2]-0} + 1))
  [ "$2" != changed ] || counts[$1:ok]=$((${counts[$1:ok]-0} + 1))
}

tell() {
  result "$1" "$2"
  count "$1" "$2"
}

# A task that went the same way on all hosts.
task() {
  local host
  task_begin "$1"
  for host in "${hosts[@]}"; do tell "$host" "$2"; done
}

check_reachable() {
  local host gone=
  task_begin "$1"
  behaves unreachable || argument=
  for host in "${hosts[@]}"; do
    if [ "$host" = "$argument" ]; then
      result "$host" unreachable '=> {"changed": false, "msg": "Failed to connect to the host via ssh: ssh: connect to host: No route to host", "unreachable": true}'
      count "$host" unreachable
      gone=yes
    else
      tell "$host" ok
    fi
  done
  if [ -n "$gone" ]; then
    banner 'NO MORE HOSTS LEFT'
    recap
    finish 4
  fi
}

# Ends the restore: the task under way fails on the first host; then the recap.
fail() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  result "${hosts[0]}" failed "=> {\"changed\": false, \"msg\": \"${text//$'\n'/\\n}\"}"
  count "${hosts[0]}" failed
  banner 'NO MORE HOSTS LEFT'
  recap
  finish 2
}

recap() {
  local host key kind line shown
  banner 'PLAY RECAP'
  for host in $(printf '%s\n' "${seen[@]}" | sort); do
    kind='0;32'
    [ "${counts[$host:changed]-0}" -eq 0 ] || kind='0;33'
    [ $((${counts[$host:failed]-0} + ${counts[$host:unreachable]-0})) -eq 0 ] || kind='0;31'
    if [ -n "$colours" ]; then line=$(printf '%-37s :' "$(colour "$kind" "$host")"); else line=$(printf '%-26s :' "$host"); fi
    for key in ok:0\;32 changed:0\;33 unreachable:1\;31 failed:0\;31 skipped:0\;36 rescued:0\;32 ignored:1\;35; do
      shown=$(printf '%s=%-4s' "${key%%:*}" "${counts[$host:${key%%:*}]-0}")
      [ "${counts[$host:${key%%:*}]-0}" -eq 0 ] || shown=$(colour "${key#*:}" "$shown")
      line+=" $shown"
    done
    printf '%s\n' "$line"
  done
  printf '\n'
  counts=()
  seen=()
}
