# What the stand-in does beside a plain restore. stand-in.conf has lines `key=value`:
#   record=FOLDER          where tests find what happened: `log`, `answers` (SHA-256 of what was typed), `gates/`
#   azure-endpoint=URL     instead of https://<account>.blob.core.windows.net
#   backup-to=FOLDER       where a switch-over puts the backup of the active site
#   ca=FILE                PEM of an authority for https
#   behave=WORD[:ARG…]     any number; words from STAND_IN_BEHAVE (blank-separated) come on top
# A POINT is one of start answers erased fetch half unpack end:
#   gate:POINT             waits there until gates/POINT.open exists, after it made gates/POINT.reached
#   task-fails:POINT       a fatal task, exit 2             exits:POINT[:CODE]     ends without a word
#   dies:POINT[:SIGNAL]    a signal to itself (KILL)        reboots:POINT          kills its supervisor and itself
#   asks-visible:POINT     a yes/no question nobody expects; anything but yes ends it with 1
#   asks-hidden:POINT      a hidden question nobody expects
#   asks-menu:POINT        a question that ends with `> ` after a list
#   huge:POINT:MIB         so many MiB of lines, and one line of 1 MiB
#   weird:POINT            control sequences, broken UTF-8, a terminal query, text that looks like a question or a recap
#   echoes-secret:POINT    prints the secrets it was told, plain and with a colour code in the middle
#   ignored-failure:POINT  a fatal task that is ignored
#   mimics-prompt:POINT    prints the question for a secret with echo on, reads nothing, and goes on after 3 s
# and without a point:
#   asks-again:ID[:N]      refuses the answer to a known question N times (1)   (ids: stand-in/ask.sh)
#   shows-secret           asks hidden questions with echo on
#   splits-prompts         stops for 0.6 s in the middle of each question
#   coloured-prompts       questions in bold yellow
#   no-space               questions end with the colon     mismatch-ends          a wrong confirmation ends it
#   wrong-key              changes the secret before use, so that the real server refuses it
#   missing-file:COMPONENT asks the server for a name that is not there
#   unreachable:SERVER     that server of master.yml does not answer, exit 4
#   one-recap              no recap of the first play       no-colour              even on a terminal
#   ignores-ctrl-c         and the other polite signals

record= azure_endpoint= ca= backup_to=
behaviours=()
while IFS='=' read -r key value; do
  case $key in
    record) record=$value ;;
    azure-endpoint) azure_endpoint=$value ;;
    ca) ca=$value ;;
    backup-to) backup_to=$value ;;
    behave) behaviours+=("$value") ;;
  esac
done < <(cat stand-in.conf 2>/dev/null)
for value in ${STAND_IN_BEHAVE-}; do behaviours+=("$value"); done

# Whether it is to behave so; the rest behind the word is in `argument`.
behaves() {
  local each
  argument=
  for each in "${behaviours[@]+"${behaviours[@]}"}"; do
    if [ "$each" = "$1" ]; then return 0; fi
    if [ "${each#"$1":}" != "$each" ]; then
      argument=${each#"$1":}
      return 0
    fi
  done
  return 1
}

# A test that is over has removed its record.
note() { [ ! -d "$record" ] || printf '%s %s %s\n' "$EPOCHREALTIME" "$$" "$*" >>"$record/log"; }

behave_begin() {
  note "begin $*"
  trap 'note "end $?"' EXIT
  if behaves ignores-ctrl-c; then trap '' INT TERM QUIT; else trap 'echo; note interrupted; exit 130' INT; fi
  if behaves no-colour || [ ! -t 1 ]; then colours=; else colours=yes; fi
}

finish() { exit "$1"; }

# A named place in the course of a restore: everything that was wished for there happens, in order.
at() {
  note "at $1"
  local each word rest
  for each in "${behaviours[@]+"${behaviours[@]}"}"; do
    word=${each%%:*} rest=${each#*:}
    [ "${rest%%:*}" = "$1" ] && [ "$word" != "$each" ] || continue
    rest=${rest#"$1"}
    rest=${rest#:}
    case $word in
      gate) wait_at_gate "$1" ;;
      task-fails)
        task_begin 'wait for the service'
        fail 'the service did not come up in time'
        ;;
      exits) exit "${rest:-3}" ;;
      dies) note dies; kill -"${rest:-KILL}" $$ ;;
      reboots) reboot_now ;;
      asks-visible)
        ask "unexpected-$1" 'The volumes of an earlier installation were found. Remove them? (yes/no):'
        [ "$answer" = yes ] || exit 1
        ;;
      asks-hidden) ask_hidden "unexpected-$1" 'Passphrase of the volume group:' ;;
      asks-menu)
        printf '1) keep\n2) replace\n'
        ask "unexpected-$1" 'Choose >'
        ;;
      huge) say_much "$rest" ;;
      weird) say_weird ;;
      echoes-secret) echo_secrets ;;
      ignored-failure)
        task_begin 'remove the old images'
        result "${hosts[0]}" failed '=> {"changed": false, "msg": "no such image"}'
        echo "$(colour '0;36' '...ignoring')"
        count "${hosts[0]}" ignored
        count "${hosts[0]}" ok
        ;;
      mimics-prompt) printf 'Enter the S3 Secret Key: '; sleep 3; echo ;;
    esac
  done
}

# Ends also when the test has removed everything, so that no script is left behind for ever.
wait_at_gate() {
  : >"$record/gates/$1.reached"
  note "gate $1"
  until [ -e "$record/gates/$1.open" ]; do
    [ -d "$record/gates" ] || exit 70
    sleep 0.05
  done
  note "through $1"
}

# Kills its parent only when that is a supervisor of jobs (or the tests' own terminal), never a shell or a login.
reboot_now() {
  note reboots
  # Everything of Drydock above it, at once: a supervisor that saw its child die first would tell how it ended.
  local pid=$PPID above=()
  while tr '\0' ' ' <"/proc/$pid/cmdline" | grep -Eq '(supervisor|run-in-pty)\.py'; do
    above+=("$pid")
    pid=$(awk '{ print $4 }' "/proc/$pid/stat")
  done
  kill -KILL "${above[@]}" $$
}

say_much() {
  task_begin 'copy the images'
  awk -v mib="$1" 'BEGIN { line = "  copied layer "; while (length(line) < 120) line = line "0123456789"
    for (i = 0; i < mib * 8192; i++) printf "%s %d\n", line, i
    big = line; while (length(big) < 1048576) big = big big; print substr(big, 1, 1048576) }'
  result "${hosts[0]}" ok
  count "${hosts[0]}" ok
}

say_weird() {
  task_begin 'show the state of the disks'
  printf '\033]0;a title\007\033]52;c;ZXZpbA==\007\033]8;;http://192.0.2.66/\033\\a link\033]8;;\033\\\n'
  printf '\033[6n\033[c\033[?1049h\033[2J\033[H\033[?1049l\033[?25l\n'
  printf 'broken \xff\xfe\xc3( \x9b31m \x00 nul, \xe2\x80\xae right to left \xe2\x80\xac, \xf0\x9f\x9a\xa2 ship\n'
  printf '\033P1$r0m\033\\\033_private\033\\ over\b\b\b\bOVER\n'
  printf 'copied 1%%\rcopied 50%%\rcopied 100%%\n'
  printf 'a line that quotes: Enter the S3 Secret Key: and goes on\n'
  printf '  PLAY RECAP *** of another log\n  server9 : ok=1 changed=0 unreachable=0 failed=9\n'
  result "${hosts[0]}" ok '=> {"msg": "PLAY RECAP ****\\nTASK [no task]"}'
  count "${hosts[0]}" ok
}

echo_secrets() {
  local secret
  task_begin 'configure the client'
  for secret in "${secrets[@]+"${secrets[@]}"}"; do
    result "${hosts[0]}" ok "=> {\"cmd\": \"client login '$secret'\"}"
    printf 'login with %s\033[0;31m%s\033[0m done\n' "${secret:0:4}" "${secret:4}"
  done
  count "${hosts[0]}" ok
}
