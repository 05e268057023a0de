#!/usr/bin/env bash
# Run by tests/tools/systemd-box: the units of deploy/systemd under a real systemd, beside a real Kafka.
set -euo pipefail
source /repository/tests/deploy/box.sh

start_kafka
install -m 644 /repository/deploy/systemd/*.{service,timer} /etc/systemd/system/
systemd-sysusers /repository/deploy/systemd/brokerwatch.sysusers
install -m 644 /repository/deploy/systemd/brokerwatch.default /etc/default/brokerwatch
systemctl daemon-reload
for unit in brokerwatch.service brokerwatch-reader.service brokerwatch-smart.service brokerwatch-smart.timer; do
  said=$(systemd-analyze verify --man=no "$unit" 2>&1 | grep -F "$unit" || true)
  [[ -z $said ]] || fail "systemd-analyze verify: $said"
done
systemctl start brokerwatch
until_true 75 "every source is up" every_source_is_up
until_true 10 "the broker is up" shows '^kafka_broker_up 1'
printf 'up: %s\n' "$(sed -n 's/^brokerwatch_source_up{source="\([a-z_]*\)"} 1.*/\1/p' "$PAGE" | tr '\n' ' ')"
for metric in process_resident_memory_bytes process_start_time_seconds process_open_fds kafka_node_info; do
  grep -q "^$metric" "$PAGE" || fail "$metric is not on the page"
done

server=$(systemctl show --value -p MainPID brokerwatch) reader=$(systemctl show --value -p MainPID brokerwatch-reader)
[[ $(stat -c %U "/proc/$server") == brokerwatch ]] || fail "the server runs as $(stat -c %U "/proc/$server")"
[[ $(stat -c %U "/proc/$reader") == kafka ]] || fail "the reader runs as $(stat -c %U "/proc/$reader")"
for pid in "$server" "$reader"; do
  grep -qx 'CapBnd:	0000000000000000' "/proc/$pid/status" || fail "$pid could get capabilities"
  grep -qx 'NoNewPrivs:	1' "/proc/$pid/status" || fail "$pid could get privileges"
  grep -qx 'Seccomp:	2' "/proc/$pid/status" || fail "$pid has no filter of system calls"
  [[ $(<"/proc/$pid/oom_score_adj") == 900 ]] || fail "the OOM killer does not take $pid first"
  [[ $(ionice -p "$pid") == idle ]] || fail "$pid has I/O class $(ionice -p "$pid")"
done
# The server reads nothing of Kafka's, and nobody but the server may ask the reader.
! runuser -u brokerwatch -- ls /var/lib/kafka/data >/dev/null 2>&1 || fail "the server's user can list the log directory"
runuser -u brokerwatch -- test -w /run/brokerwatch/reader/socket || fail "the server's user may not connect to the reader"
! runuser -u nobody -- test -w /run/brokerwatch/reader/socket || fail "anybody may connect to the reader"

limit() { # UNIT: what the kernel was told, in bytes and tasks
  local at
  at=$(systemctl show --value -p ControlGroup "$1")
  for file in /sys/fs/cgroup{,/unified}"$at"/{memory,pids}.max /sys/fs/cgroup/memory"$at"/memory.limit_in_bytes /sys/fs/cgroup/pids"$at"/pids.max; do
    [[ ! -e $file ]] || printf '%s ' "$(<"$file")"
  done
}
[[ $(limit brokerwatch) == *"$((256 << 20)) "*"64 "* ]] || fail "limits of the server: $(limit brokerwatch)"
[[ $(limit brokerwatch-reader) == *"$((128 << 20)) "*"64 "* ]] || fail "limits of the reader: $(limit brokerwatch-reader)"
for unit in brokerwatch brokerwatch-reader; do
  systemd-analyze security --no-pager --threshold=20 "$unit.service" | tail -n 1
done

# A reader that dies is replaced, and the server goes on.
systemctl kill --signal=KILL brokerwatch-reader
until_true 10 "the reader is back" test -S /run/brokerwatch/reader/socket
new_reader() { local now; now=$(systemctl show --value -p MainPID brokerwatch-reader); [[ $now != 0 && $now != "$reader" ]]; }
until_true 10 "another reader runs" new_reader
sleep 6 # a round of files
until_true 30 "every source is up again" every_source_is_up
[[ $(systemctl show --value -p MainPID brokerwatch) == "$server" ]] || fail "the server was restarted with its reader"

systemctl reload brokerwatch
systemctl stop kafka
until_true 20 "the broker is down" shows '^kafka_broker_up 0'
[[ $(systemctl is-active brokerwatch) == active ]] || fail "the server went down with the broker"
systemctl start kafka
until_true 60 "every source is up after a restart of the broker" every_source_is_up

# The helper, by its timer. Here it may run although this looks like a container; there are neither drives nor a
# kernel log to read, which it says. Last, for the server then misses the log.
health=/run/brokerwatch-smart/health.json
mkdir -p /etc/systemd/system/brokerwatch-smart.service.d
printf '[Unit]\nConditionVirtualization=\n' >/etc/systemd/system/brokerwatch-smart.service.d/box.conf
systemctl daemon-reload
systemctl start brokerwatch-smart.timer
until_true 60 "the helper wrote what it found" test -s "$health"
until_true 45 "the helper has ended" eval '[[ $(systemctl show --value -p ActiveState brokerwatch-smart) == inactive ]]'
[[ $(systemctl show --value -p Result brokerwatch-smart) == success ]] || { journalctl --no-pager -n 20 -u brokerwatch-smart; fail "the helper failed"; }
[[ $(stat -c '%U %a' "$health") == "root 644" ]] || fail "$health is $(stat -c '%U %a' "$health")"
runuser -u brokerwatch -- grep -q '^{' "$health" || fail "the server cannot read $health"
until_true 90 "the server takes in what the helper found" shows '^brokerwatch_source_up\{source="drive_health"\} 1'
systemctl stop brokerwatch-smart.timer

systemctl stop brokerwatch
for unit in brokerwatch brokerwatch-reader; do
  # The reader ends after the server, which is all that the command waited for.
  until_true 10 "$unit has ended well" eval "[[ \$(systemctl is-active $unit) == inactive ]]"
  [[ $(systemctl show --value -p Result "$unit") == success ]] || fail "$unit ended with $(systemctl show --value -p Result "$unit")"
done
echo "units: all well"
