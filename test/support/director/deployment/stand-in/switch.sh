# A switch-over: what the vendor's guide tells of it, and no more. Against the active site it backs up and marks that
# site passive; against the passive one it stops the services, restores the latest backup and marks it active. The
# vendor's script was never seen: whether and what it asks, what it prints and where it keeps the role of a site are
# guesses here. The role is kept in the record of the test.
# stand-in.conf: `backup-to=FOLDER` is what the portal of a real site would name: where the active one's backup goes.
# Without it nothing is uploaded.

site_file=${record:-.}/site

site_is() { [ "$(cat "$site_file" 2>/dev/null)" = "$1" ]; }

# Mongo's file is a gzip, the others are tar.gz, as real ones.
back_up() {
  local work=$backup_to/.$$
  mkdir -p "$work/$1"
  printf '%s of %s, %s\n' "$1" "$2" "$(pwd)" >"$work/$1/data.txt"
  if [ "$1" = mongo ]; then gzip -c "$work/$1/data.txt" >"$backup_to/$3"; else tar -C "$work" -czf "$backup_to/$3" "$1"; fi
  rm -rf "$work"
}

leave_role() {
  local stamp i
  hosts=("${servers[@]}")
  play servers
  task 'Gathering Facts' ok
  check_reachable 'check to verify VM is available'
  hosts=(localhost)
  play localhost
  stamp=$(date -u +%Y%m%dT%H%M%S)
  for i in "${!components[@]}"; do
    [ "$i" -eq 2 ] && at half
    task_begin "back up ${components[i]}"
    if [ -n "$backup_to" ]; then
      back_up "${components[i]}" "$stamp" "${latest[i]/latest/$stamp}" || fail 'the backup could not be written'
    fi
    tell localhost changed
  done
  if [ -n "$backup_to" ]; then
    for i in "${!components[@]}"; do
      cp "$backup_to/${latest[i]/latest/$stamp}" "$backup_to/${latest[i]}" || fail 'the latest copies could not be replaced'
    done
    note "backed up $stamp"
  fi
  hosts=("${servers[@]}")
  play servers
  task 'mark the site passive' changed
  echo passive >"$site_file"
  at end
  recap
  finish 0
}

take_role() {
  ask_where_from
  at answers
  replace_data 'stop the database services' "${latest[@]}"
  task 'mark the site active' changed
  echo active >"$site_file"
  at end
  date -u +%Y-%m-%dT%H:%M:%SZ >restored/DONE
  recap
  finish 0
}
