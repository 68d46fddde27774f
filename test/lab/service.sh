#!/bin/sh
# The program of the lab's images: `lab <what>` as process 1, or by `exec` in the running container.
set -eu

# Process 1 ignores signals that it does not catch, so each kind of work is a child that is waited for.
# USR1 ends it with the exit code in /tmp/exit, USR2 makes it take memory until it is killed.
stay() {
  trap 'kill $! 2>/dev/null; echo "stopping" ; exit 0' TERM INT
  trap 'kill $! 2>/dev/null; echo "dying with $(cat /tmp/exit)" >&2; exit "$(cat /tmp/exit)"' USR1
  trap 'kill $! 2>/dev/null; echo "taking all memory" >&2; exec tail /dev/zero' USR2
  wait $!
}

# The version at /version, and /health, which is 404 while broken.
serve() { # port
  mkdir -p /www
  echo "${VERSION:-unknown}" > /www/version
  for path in health ${ALSO:-}; do # paths that answer too; one that ends in / answers 302 without it
    mkdir -p "/www/$(dirname "$path/x")" && rmdir "/www/$path" 2>/dev/null || true
    case $path in */) mkdir -p "/www/$path" && echo ok > "/www/${path}index.html" ;; *) echo ok > "/www/$path" ;; esac
  done
  echo "version ${VERSION:-unknown} on port $1"
  httpd -f -v -p "$1" -h /www &
}

fail() { # why
  echo "Error: $1" >&2
  exit 1
}

case ${1:-} in
  http) # [port]
    serve "${2:-8080}"
    stay ;;
  dies) # <port> <seconds>: well for so long
    trap 'exit 0' TERM INT
    serve "$2"
    sleep "$3" & wait $!
    fail "cannot keep up" ;;
  needs) # <port> <URL>: cannot start before that answers
    wget -q -O /dev/null "$3" || fail "nothing answers at $3"
    serve "$2"
    stay ;;
  slow) # <port> <seconds>: migrates for so long, and says so all the time
    trap 'exit 0' TERM INT
    n=0
    while [ $n -lt $(($3 * 5)) ]; do
      n=$((n + 1))
      echo "migrating: step $n of $(($3 * 5))"
      sleep 0.2 & wait $!
    done
    serve "$2"
    stay ;;
  greedy) # takes memory until it is killed
    echo "taking all memory" >&2
    exec tail /dev/zero ;;
  store | records) # <port> <schema> [seconds to live]: keeps rows, see rows.sh
    LIFE=${4:-}
    . /bin/rows
    migrate "$3" || fail "the migration to schema $3 failed"
    [ "$LIFE" != 0 ] || fail "the migration to schema $3 ended half done"
    trap 'exit 0' TERM INT
    serve "$2"
    write &
    [ -n "$LIFE" ] || stay
    sleep "$LIFE" & wait $!
    fail "lost its way" ;;
  log) # a line a second; errors, colours, a long line and a secret-looking one among them
    n=0
    trap 'exit 0' TERM INT
    while :; do
      n=$((n + 1))
      echo "$(date -Iseconds) INFO line $n"
      [ $((n % 3)) -ne 0 ] || printf '\033[31m%s ERROR line %s\033[0m\n' "$(date -Iseconds)" "$n" >&2
      sleep 1 & wait $!
    done ;;
  sleep)
    echo "sleeping"
    sleep 1000000 &
    stay ;;
  crash) # [exit code]: at once, as an image does that cannot work
    echo "Error: migration failed" >&2
    exit "${2:-1}" ;;
  tty)
    printf '\033[1mready\033[0m\r\n'
    sleep 1000000 &
    stay ;;

  break) rm /www/health ;;
  mend) echo ok > /www/health ;;
  healthy) wget -q -O - "http://127.0.0.1:${2:-8080}/health" ;;
  *) echo "lab: what is \"${1:-}\"?" >&2; exit 2 ;;
esac
