# shellcheck shell=bash
# What scripts in tests/tools/systemd-box share: a real Kafka as a service, and a look at the sidecar's page.

PAGE=/tmp/page

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

# until_true SECONDS WHAT COMMAND...
until_true() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if ((SECONDS >= end)); then
      journalctl --no-pager --quiet -n 40 -u 'brokerwatch*' || true
      [[ ! -e $PAGE ]] || grep -E '^(brokerwatch_source|kafka_broker_up)' "$PAGE" || true
      fail "not so in time: $what"
    fi
    sleep 0.3
  done
}

# The sidecar's page, into $PAGE.
page() {
  local line
  {
    printf 'GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3 || return 1
    IFS= read -r -t 5 line <&3 && [[ $line == *" 200 "* ]] || return 1
    while IFS= read -r -t 5 line <&3 && [[ $line != $'\r' ]]; do :; done
    timeout 5 cat <&3 >"$PAGE"
  } 3<>/dev/tcp/127.0.0.1/10308
} 2>/dev/null

shows() { page && grep -qE "$1" "$PAGE"; }

every_source_is_up() {
  page && (($(grep -c '^brokerwatch_source_up{' "$PAGE") >= 10)) && ! grep -qE '^brokerwatch_source_up\{.*\} 0' "$PAGE"
}

# One node, broker and controller, as the service kafka and the user kafka; class path in /opt/kafka/libs.
start_kafka() {
  id kafka >/dev/null 2>&1 || useradd --system --home-dir /var/lib/kafka --shell /usr/sbin/nologin kafka
  install -d -o kafka -g kafka -m 0750 /var/lib/kafka /var/log/kafka
  mkdir -p /etc/kafka
  cat >/etc/kafka/server.properties <<'TEXT'
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093
advertised.listeners=PLAINTEXT://127.0.0.1:9092
controller.listener.names=CONTROLLER
log.dirs=/var/lib/kafka/data
offsets.topic.replication.factor=1
TEXT
  cat >/etc/systemd/system/kafka.service <<'TEXT'
[Service]
User=kafka
Environment=LOG_DIR=/var/log/kafka
ExecStart=java -Xmx256m -cp /opt/kafka/libs/* kafka.Kafka /etc/kafka/server.properties
TEXT
  runuser -u kafka -- java -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format --cluster-id 4L6g3nShT-eMCtK--X86sw \
    --config /etc/kafka/server.properties >/tmp/format.log 2>&1 || { cat /tmp/format.log; fail "Kafka's storage could not be formatted"; }
  systemctl daemon-reload
  systemctl start kafka
}
