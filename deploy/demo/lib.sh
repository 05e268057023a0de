# shellcheck shell=bash
# What deploy/demo/break and heal share: sourced by them, which set root.

DIR=$(realpath -m -- "${BROKERWATCH_DEMO_DIR:-${TMPDIR:-/tmp}/brokerwatch-demo}")

say() { printf '%s\n' "demo: $*" >&2; }
die() { say "$*"; exit 1; }
kafka() { "$root/tests/cluster/kafka" "$@" --dir "$DIR/cluster"; }
disk() { "$root/tests/tools/fault-disk" "$1" "$DIR/disk-$2" "${@:3}"; } # up|set|down BROKER [WORD...]
state() { kafka status | sed -n "s/^$1 .*state=\([a-z]*\).*/\1/p"; }    # of a node: running, stopped or dead

# Pids are reused: it counts only while its command line is ours.
end_load() {
  local pid
  pid=$(<"$DIR/load.pid")
  rm -f "$DIR/load.pid"
  if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "produce orders 6000"; then kill -s TERM -- "-$pid" 2>/dev/null || true; fi
}

load_demo() {
  [[ -f $DIR/demo.env ]] || die "no demo runs in $DIR: start one with deploy/demo/up"
  # shellcheck disable=SC1091
  source "$DIR/demo.env"
}

# Settings are asked for every five minutes, and at once after SIGHUP.
look_again() { # NODE
  sleep 2 # the controller has answered before the node knows
  kill -s HUP "$(sed -n "s/^brokerwatch-$1\t\([0-9]*\)\t.*/\1/p" "$DIR/pids")"
}

has_prometheus() { (exec 3<>"/dev/tcp/127.0.0.1/$((PORTS + 90))") 2>/dev/null; }

# firing: a line for each alert that fires: what tells it from others, a tab, its severity, a tab, its description.
# Prometheus gives the keys in the order of the alphabet, and no text of ours holds a quotation mark.
firing() {
  local answer
  answer=$({
    printf 'GET /api/v1/alerts HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
    timeout 5 cat <&3
  } 3<>"/dev/tcp/127.0.0.1/$((PORTS + 90))" 2>/dev/null) || return 1
  [[ $answer == *'"status":"success"'* ]] || return 1
  sed -n 's/{"labels":{/\n/gp' <<<"$answer" | grep '"state":"firing"' | sed -E \
    -e 's/^([^}]*)\},"annotations":.*"description":"([^"]*)".*/\1\t\2/' \
    -e 's/"severity":"([a-z]*)",?([^\t]*)\t/\2\t\1\t/' -e 's/"?,?"?job":"[^"]*"//' -e 's/"?kafka_cluster":"[^"]*",?//' \
    -e 's/"alertname":"([^"]*)",?/\1 /' -e 's/,?\t/\t/' -e 's/"//g' -e 's/\\u003c/</g; s/\\u003e/>/g; s/\\u0026/\&/g' |
    sort || true
}
