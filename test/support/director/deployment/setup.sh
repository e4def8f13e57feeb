#!/bin/bash
# A stand-in for the setup.sh of a Director's deployment, made for Drydock's tests. It asks what is publicly documented
# of a restore, prints as Ansible prints, and fetches the five files with the answers from a real server. It restores no
# Director: the files are unpacked beside it. A switch-over is guessed: the vendor’s script was never seen, and what it asks
# and prints then stands in no document (stand-in/switch.sh). What it does beyond that is told by stand-in.conf (see
# stand-in/behave.sh).
set -u
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
export LC_ALL=C
. stand-in/behave.sh
. stand-in/ansible.sh
. stand-in/ask.sh
. stand-in/fetch.sh
. stand-in/switch.sh

usage() {
  echo 'Usage: ./setup.sh [standalone] [cleanup | restore | update <components> | upgrade | regenerate | dc-to-dr | dr-to-dc]'
  echo 'This is a stand-in: it knows restore, dc-to-dr and dr-to-dc only.'
  exit 1
}

mode=cluster
if [ "${1-}" = standalone ]; then
  mode=standalone
  shift
fi
[ $# -eq 1 ] || usage
case $1 in
  restore | dc-to-dr | dr-to-dc) ;;
  *) usage ;;
esac

behave_begin "$mode" "$@"

# The names of the enabled servers of master.yml, one a line. As simple as the file the tests write.
enabled_servers() {
  awk '
    function tell() { if (name != "" && on) print name; name = ""; on = 1 }
    /^servers:/ { inside = 1; next }
    /^[^ #]/ { if (inside) tell(); inside = 0 }
    inside && /^  - / { tell() }
    inside && /^(    |  - )name:/ { name = $0; sub(/^[^:]*: */, "", name); sub(/ *#.*/, "", name); gsub(/["\047]/, "", name) }
    inside && /^    enabled: *"?false/ { on = 0 }
    END { if (inside) tell() }
  ' master.yml
}

# The value of a key of restore.yml, without comment and quotes.
restore_name() {
  sed -n "s/^$1: *//p" restore.yml | sed -e 's/[[:space:]]*#.*$//' -e 's/[[:space:]]*$//' -e "s/^[\"']//" -e "s/[\"']\$//" | head -n 1
}

# First what needs nobody at the keyboard.
hosts=(localhost)
play localhost
task 'Gathering Facts' ok
task_begin 'read master.yml'
[ -r master.yml ] && [ -r restore.yml ] || fail 'master.yml or restore.yml cannot be read'
mapfile -t servers < <(enabled_servers)
wanted=3
[ "$mode" = standalone ] && wanted=1
[ "${#servers[@]}" -eq "$wanted" ] || fail "master.yml has ${#servers[@]} enabled servers, $mode needs $wanted"
tell localhost ok
components=(mongo postgres elk certificate-service ec-provision)
keys=(MONGO_DUMP_FILE POSTGRES_DUMP_FILE ELK_DUMP_FILE CERTIFICATE_SERVICE_CERTS_DUMP_FILE EC_PROVISION_CERTS_DUMP_FILE)
latest=(mongo_latest.dump.gz postgres_latest_dump.tar.gz elk_latest_dump.tar.gz certificate_service_certs_latest_dump.tar.gz ec_provision_certs_latest_dump.tar.gz)
names=()
task_begin 'read restore.yml'
for key in "${keys[@]}"; do
  name=$(restore_name "$key")
  [ -n "$name" ] || fail "restore.yml names no file for $key"
  names+=("$name")
done
tell localhost ok
task 'create the work folder' changed
behaves one-recap || recap
at start
echo

# Stops, fetches the files of these names, unpacks them and starts again: a restore, or the taking over of a site.
replace_data() {
  local stopping=$1 names i folder first host problem
  shift
  names=("$@")
  hosts=("${servers[@]}")
  play servers
  task 'Gathering Facts' ok
  check_reachable 'check to verify VM is available'
  task "$stopping" changed
  rm -rf restored
  mkdir -p restored/fetched
  task 'remove the present data' changed
  at erased

  hosts=(localhost)
  play localhost
  task_begin 'fetch the backup files'
  at fetch
  for i in "${!components[@]}"; do
    [ "$i" -eq 2 ] && at half
    fetch "${components[i]}" "${names[i]}" "restored/fetched/${names[i]}"
    result localhost changed "=> (item=${names[i]})"
  done
  count localhost changed
  task_begin 'check the backup files'
  for i in "${!components[@]}"; do
    problem=$(gzip -t "restored/fetched/${names[i]}" 2>&1) || fail "${problem:-not in gzip format}"
  done
  tell localhost ok

  hosts=("${servers[@]}")
  play servers
  at unpack
  for i in "${!components[@]}"; do
    folder=restored/${components[i]}
    mkdir -p "$folder"
    task_begin "restore ${components[i]}"
    if [ "${components[i]}" = mongo ]; then
      gzip -dc "restored/fetched/${names[i]}" >"$folder/mongo.archive" || fail 'the mongo archive cannot be read'
    else
      problem=$(tar --no-same-owner -xzf "restored/fetched/${names[i]}" -C "$folder" 2>&1) || fail "$problem"
    fi
    first=yes
    for host in "${hosts[@]}"; do
      # A part is restored by the first server; the others get it from there.
      if [ -n "$first" ]; then tell "$host" changed; else tell "$host" skipped; fi
      first=
    done
  done
  task 'start the services' changed
}

if [ "$1" != restore ]; then
  if site_is active; then leave_role; else take_role; fi
fi

ask_where_from
at answers
replace_data 'stop the services' "${names[@]}"
at end
date -u +%Y-%m-%dT%H:%M:%SZ >restored/DONE
recap
finish 0
