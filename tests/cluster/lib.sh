# shellcheck shell=bash
# Nodes and processes of a test cluster: sourced by tests/cluster/kafka, which
# sets DIR and, once a cluster exists, VERSION BROKERS PORT_BASE CLUSTER_ID HEAP.
# Some values below hold commas of their own, and "a && b || usage_error" ends the script.
# shellcheck disable=SC2015,SC2016,SC2054,SC2153

say() { printf '%s\n' "kafka: $*" >&2; }
die() { say "$*"; exit 1; }
usage_error() { say "$*"; say "see: $0 help"; exit 64; }

# --- installing ------------------------------------------------------------

java_bin() { if [[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/java ]]; then echo "$JAVA_HOME/bin/java"; else command -v java || true; fi; }

java_is_17() {
  local java v
  java=$(java_bin)
  [[ -n $java ]] || return 1
  v=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  [[ -n $v ]] && ((v >= 17))
}

# ensure_packages WITH_MAVEN: Maven is only wanted when jars must be fetched.
ensure_packages() {
  local missing=()
  java_is_17 || missing+=("$JAVA_PACKAGE")
  if [[ $1 == yes ]] && ! command -v mvn >/dev/null; then missing+=("$MAVEN_PACKAGE"); fi
  ((${#missing[@]})) || return 0
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    say "missing: ${missing[*]}; this needs Java 17 and Maven (Debian: apt-get install $JAVA_PACKAGE $MAVEN_PACKAGE)"
    exit 2
  fi
  say "installing ${missing[*]}"
  { apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2 ||
    { say "apt-get could not install ${missing[*]}"; exit 2; }
  hash -r
  java_is_17 || { say "java is still not 17 or newer; set JAVA_HOME"; exit 2; }
}

# ensure_jars VERSION: prints the directory that holds the class path. To be run
# in a command substitution.
ensure_jars() {
  local version=$1 cache tmp binding group artifact bversion
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/brokerwatch/kafka
  if [[ -d $cache/$version ]]; then ensure_packages no; echo "$cache/$version"; return; fi
  ensure_packages yes
  binding=${KAFKA_SLF4J_BINDING[$version]}
  IFS=: read -r group artifact bversion <<<"$binding"
  mkdir -p "$cache"
  # Filled beside its final place and renamed, so that whatever is under the
  # final name is complete even when a download was interrupted.
  tmp=$(mktemp -d "$cache/.fetch-$version.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$tmp'" EXIT # of the subshell that runs this function
  cat >"$tmp/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>brokerwatch.test</groupId><artifactId>kafka-classpath</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version></dependency>
    <dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$bversion</version></dependency>
  </dependencies>
</project>
POM
  say "fetching Kafka $version with Maven (once; kept in $cache/$version)"
  if ! mvn -q -B -f "$tmp/pom.xml" "org.apache.maven.plugins:maven-dependency-plugin:$MAVEN_DEPENDENCY_PLUGIN:copy-dependencies" \
    -DincludeScope=runtime -DoutputDirectory="$tmp/libs" >"$tmp/mvn.log" 2>&1; then
    tail -n 30 "$tmp/mvn.log" >&2
    die "Maven could not resolve Kafka $version"
  fi
  # -T: when another run finished first, fail instead of moving into its directory.
  mv -T "$tmp/libs" "$cache/$version" 2>/dev/null || [[ -d $cache/$version ]] || die "cannot write $cache/$version"
  echo "$cache/$version"
}

# --- classes ---------------------------------------------------------------

# Half of what a JVM does until it is up is loading classes, which an archive of them spares tools: it is beside the jars, of this
# very Java.
classes_of() { # KIND
  local java
  java=$(realpath -- "$(java_bin)")
  printf '%s-%s-%s.jsa\n' "$(realpath -- "$DIR/libs")" "$1" "$(stat -c %Y -- "$java")"
}

# class_flags KIND MADE: flags of a JVM that takes the archive. Where there is none, it makes one in MADE when it ends, unless
# that is empty. What it warns of its archive, without which it goes on, would stand in the output of tools.
class_flags() {
  local classes
  classes=$(classes_of "$1")
  printf '%s\n' -Xshare:auto -Xlog:disable -Xlog:all=error:stderr -cp "$(realpath -- "$DIR/libs")/*"
  if [[ -f $classes ]]; then
    printf '%s\n' "-XX:SharedArchiveFile=$classes"
  elif [[ -n $2 && -w ${classes%/*} ]]; then
    printf '%s\n' "-XX:ArchiveClassesAtExit=$2"
  fi
}

# keep_classes KIND MADE: what a JVM left in MADE becomes the archive, unless it ended before that was whole.
keep_classes() {
  local classes
  [[ -f $2 ]] || return 0
  if "$(java_bin)" -Xshare:on -XX:+VerifySharedSpaces -XX:+UseSerialGC "-XX:SharedArchiveFile=$2" \
    -XX:ErrorFile=/dev/null -XX:-CreateCoredumpOnCrash -cp "$(realpath -- "$DIR/libs")/*" -version >/dev/null 2>&1; then
    classes=$(classes_of "$1")
    mv -- "$2" "$classes.$BASHPID" && mv -T -- "$classes.$BASHPID" "$classes"
  fi
}

# --- naming ----------------------------------------------------------------

load_cluster() {
  [[ -f $DIR/cluster.env ]] || die "no cluster in $DIR (start one with: $0 up --dir $DIR)"
  # shellcheck disable=SC1091
  source "$DIR/cluster.env"
}

brokers() { seq 1 "$BROKERS"; }
all_nodes() { echo controller; for b in $(brokers); do echo "broker-$b"; done; }

# node_name NODE: an id, "controller" or "broker-N" -> the node's directory name.
node_name() {
  local id=${1#broker-}
  case $id in
    controller | 100) echo controller ;;
    *) [[ $id =~ ^[1-9][0-9]*$ ]] && ((id <= BROKERS)) || usage_error "no node '$1' (brokers 1..$BROKERS, or controller)"
       echo "broker-$id" ;;
  esac
}

node_port() { if [[ $1 == controller ]]; then echo $((PORT_BASE + 50)); else echo $((PORT_BASE + ${1#broker-} - 1)); fi; }

# listener_port NAME LISTENER: a broker's listeners stand ten ports apart; the others than PLAINTEXT are of up --secure.
listener_port() {
  local at
  case $2 in
    PLAINTEXT) at=0 ;;
    SSL) at=100 ;;
    MTLS) at=110 ;;
    SASL_PLAINTEXT) at=120 ;;
    SASL_SSL) at=130 ;;
    *) usage_error "no listener '$2' (PLAINTEXT, SSL, MTLS, SASL_PLAINTEXT, SASL_SSL)" ;;
  esac
  echo $(($(node_port "$1") + at))
}

# bootstrap_of BROKER...: host:port,host:port
bootstrap_of() { local b out=(); for b; do out+=("127.0.0.1:$(node_port "broker-$b")"); done; (IFS=,; echo "${out[*]}"); }

live_brokers() { local b; for b in $(brokers); do [[ $(node_state "broker-$b") == running ]] && echo "$b"; done; true; }

live_bootstrap() {
  local live
  mapfile -t live < <(live_brokers)
  ((${#live[@]})) || die "no broker of $DIR is running"
  bootstrap_of "${live[@]}"
}

# --- processes -------------------------------------------------------------

# node_pid NAME: the recorded pid if it is still that node, else nothing. Pids
# are reused, so a pid counts only while its command line is our node's.
node_pid() {
  local pid file argv=()
  [[ -f $DIR/$1/run ]] || return 0
  { read -r pid; read -r file; } <"$DIR/$1/run"
  { mapfile -d '' -t argv <"/proc/$pid/cmdline"; } 2>/dev/null || return 0
  if ((${#argv[@]} == 0)); then ! is_exiting "$pid" || echo "$pid"; return 0; fi
  ((${#argv[@]} > 2)) || return 0
  if [[ ${argv[-2]} == kafka.Kafka && ${argv[-1]} == "$file" ]]; then echo "$pid"; fi
}

# is_exiting PID: true while a process without a command line has threads that are no zombies. A process gives up its memory, and with it
# its command line, before its files: what it holds open cannot be unmounted or locked until the last thread has gone.
is_exiting() {
  local stat text fields
  for stat in "/proc/$1/task"/*/stat; do
    { text=$(<"$stat"); } 2>/dev/null || continue
    read -ra fields <<<"${text##*) }" # the command name, in brackets, may hold anything
    # A thread of the kernel (PF_KTHREAD) has no command line either.
    [[ ${fields[0]} == [ZX] ]] || ((fields[6] & 0x200000)) || return 0
  done
  return 1
}

node_state() {
  local pid stat
  pid=$(node_pid "$1")
  [[ -n $pid ]] || { echo dead; return; }
  { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || { echo dead; return; }
  stat=${stat##*) } # the command name, in brackets, may hold anything
  if [[ ${stat:0:1} == [Tt] ]]; then echo stopped; else echo running; fi
}

node_properties() { # the file it was last started with
  if [[ -f $DIR/$1/run ]]; then sed -n 2p "$DIR/$1/run"; else echo "$DIR/$1/server.properties"; fi
}

signal_node() {
  local pid
  pid=$(node_pid "$2")
  [[ -n $pid ]] || die "$2 is not running"
  kill -s "$1" "$pid"
}

# wait_gone SECONDS NAME...: true when none of them is left.
wait_gone() {
  local end=$((SECONDS + $1)) n left
  shift
  while :; do
    left=0
    for n; do [[ -z $(node_pid "$n") ]] || left=1; done
    ((left)) || return 0
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# Asks nicely, then not: brokers before the controller, since a broker's clean
# shutdown hands its leaders over through the controller.
stop_nodes() {
  local patience=$1 group n p
  for group in "broker-*" controller; do
    local names=()
    for n in $(all_nodes); do
      # shellcheck disable=SC2053
      [[ $n == $group ]] || continue
      p=$(node_pid "$n")
      [[ -n $p ]] || continue
      names+=("$n")
      # A stopped process gets its TERM only once continued.
      kill -s TERM "$p" 2>/dev/null || true
      kill -s CONT "$p" 2>/dev/null || true
    done
    ((${#names[@]})) || continue
    wait_gone "$patience" "${names[@]}" && continue
    for n in "${names[@]}"; do
      p=$(node_pid "$n")
      [[ -n $p ]] || continue
      say "$n did not stop within $patience s: killing $p"
      kill -s KILL "$p" 2>/dev/null || true
    done
    wait_gone 10 "${names[@]}" || die "some node outlives SIGKILL: ${names[*]}"
  done
}

# Ends every node at once.
kill_nodes() {
  local n p
  for n in $(all_nodes); do
    p=$(node_pid "$n")
    [[ -z $p ]] || kill -s KILL "$p" 2>/dev/null || true
  done
  wait_gone 20 $(all_nodes) || die "some node outlives SIGKILL"
}

# launch NAME FILE: starts the node in a session of its own, so that it outlives
# this script and the terminal; returns once its command line can be checked.
launch() {
  local name=$1 file=$2 heap=$HEAP log pid i
  [[ $name == controller ]] && heap=256m
  log=$DIR/$name/logs
  # C1 only and the serial collector: on a small machine that runs four to six
  # JVMs at once, the optimizing compiler and G1's threads cost more start-up
  # time than a test's load ever wins back.
  (
    cd "$DIR/$name" || exit 1
    exec setsid nohup "$(java_bin)" "-Xmx$heap" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError \
      -Xshare:auto -Djava.awt.headless=true "-Xlog:gc:file=$log/gc.log:time:filecount=1,filesize=4m" \
      "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://$DIR/tls/jwks.json" \
      "-Dkafka.logs.dir=$log" "$(logging_flag "$DIR/logging-node")" \
      -cp "$DIR/libs/*" kafka.Kafka "$file"
  ) >>"$log/server.log" 2>&1 </dev/null &
  pid=$!
  printf '%s\n' "$pid" "$file" >"$DIR/$name/run"
  disown "$pid" 2>/dev/null || true
  for ((i = 0; i < 100; i++)); do
    [[ -z $(node_pid "$name") ]] || return 0
    sleep 0.05
  done
  log_tail "$name"
  return 1
}

log_tail() {
  say "--- last lines of $DIR/$1/logs/server.log"
  tail -n "${2:-25}" "$DIR/$1/logs/server.log" >&2 || true
}

# --- asking the brokers ----------------------------------------------------

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# broker_view PORT: ids of the brokers that the one at PORT sees as unfenced.
# One Metadata request (v4, no topics) by hand: a JVM tool takes seconds of CPU
# for the same answer, and this is asked several times a second while waiting.
# A broker answers only once it has caught up with its own registration, so an
# answer never stems from its previous life.
broker_view() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    # size 15, api 3, version 4, correlation 1, no client id, 0 topics, no auto-create
    printf '\0\0\0\017\0\003\0\004\0\0\0\001\377\377\0\0\0\0\0' >&3
    read -r -a b < <(timeout 3 head -c 4 <&3 | od -An -v -tu1)
    ((${#b[@]} == 4)) || exit 1
    mapfile -t b < <(timeout 3 head -c "$((b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]))" <&3 | od -An -v -tu1 -w1)
    # correlation id, throttle time, then brokers: id, host, port, nullable rack
    ((${#b[@]} >= 12)) || exit 1
    n=$((b[10] << 8 | b[11])) p=12
    for ((; n > 0; n--)); do
      echo $((b[p + 2] << 8 | b[p + 3]))
      p=$((p + 6 + (b[p + 4] << 8 | b[p + 5]) + 4))
      rack=$((b[p] << 8 | b[p + 1]))
      p=$((p + 2 + (rack == 65535 ? 0 : rack)))
    done
  ) 2>/dev/null
}

# wait_unfenced SECONDS BROKER...: each of them sees all of them unfenced.
wait_unfenced() {
  local end=$((SECONDS + $1)) b c view ok why
  shift
  while :; do
    ok=1
    [[ $(node_state controller) != dead ]] || { say "controller is not running"; log_tail controller; return 1; }
    for b; do
      [[ $(node_state "broker-$b") != dead ]] || { say "broker-$b died"; log_tail "broker-$b"; return 1; }
      view=" $(broker_view "$(node_port "broker-$b")" | tr '\n' ' ')" || view=" "
      for c; do
        [[ $view == *" $c "* ]] || { ok=0; why="broker-$b sees unfenced:${view:- none}, without broker-$c"; break; }
      done
      ((ok)) || break
    done
    ((ok)) && return 0
    ((SECONDS < end)) || { say "timed out: $why"; log_tail "broker-$b"; return 1; }
    sleep 0.2
  done
}

# --- files -----------------------------------------------------------------

# Kafka 4 logs through log4j2, 3.9 through reload4j.
logging_flag() { if [[ $VERSION == 3.* ]]; then echo "-Dlog4j.configuration=file:$1.properties"; else echo "-Dlog4j2.configurationFile=$1.properties"; fi; }

# Tools log to stderr only: their stdout is what callers parse.
write_logging() {
  local what level target
  for what in "node INFO OUT" "tool WARN ERR"; do
    read -r what level target <<<"$what"
    if [[ $VERSION == 3.* ]]; then
      cat >"$DIR/logging-$what.properties" <<LOG
log4j.rootLogger=$level, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.${target,,}
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=[%d] %p %m (%c)%n
LOG
    else
      cat >"$DIR/logging-$what.properties" <<LOG
status = OFF
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_$target
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = $level
rootLogger.appenderRef.console.ref = console
LOG
    fi
  done
}

# write_properties NAME [KEY=VALUE...]: the node's file; later keys replace
# earlier ones in place, as each key should stand in the file once.
write_properties() {
  local name=$1 id lines=() kv key i quorum voter=127.0.0.1:$((PORT_BASE + 50))
  local -A at=()
  shift
  # Kafka 4 as its own sample files have it: a dynamic quorum. 3.9: a static one.
  if [[ $VERSION == 3.* ]]; then quorum=controller.quorum.voters=100@$voter; else quorum=controller.quorum.bootstrap.servers=$voter; fi
  local common=("$quorum" controller.listener.names=CONTROLLER
    listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT default.replication.factor=3)
  if [[ $name == controller ]]; then
    # min.insync.replicas is left out on purpose: with eligible leader replicas
    # (new 4.1 clusters) the controller turns its own value, here the default 1,
    # into a cluster-wide one that overrides the 2 in the brokers' files. Real
    # clusters fall into this, and tests rely on it.
    set -- process.roles=controller node.id=100 "listeners=CONTROLLER://$voter" "${common[@]}" \
      "log.dirs=$DIR/controller/data" num.partitions=1 auto.create.topics.enable=false "$@"
  else
    id=${name#broker-}
    local listener
    listener=PLAINTEXT://127.0.0.1:$(node_port "$name")
    # Small segments and indexes, and a small cleaner buffer (128 MiB of heap by
    # default): thousands of partitions must fit several brokers on one machine.
    local broker=(process.roles=broker "node.id=$id" "listeners=$listener" "advertised.listeners=$listener"
      inter.broker.listener.name=PLAINTEXT "${common[@]}" "log.dirs=$DIR/$name/data-a,$DIR/$name/data-b"
      "broker.rack=rack-$(((id - 1) % 3 + 1))" min.insync.replicas=2 num.partitions=1 auto.create.topics.enable=false
      offsets.topic.replication.factor=3 offsets.topic.num.partitions=5
      transaction.state.log.replication.factor=3 transaction.state.log.min.isr=2 transaction.state.log.num.partitions=5
      group.initial.rebalance.delay.ms=0 num.network.threads=2 num.io.threads=4
      log.segment.bytes=16777216 log.index.size.max.bytes=262144 log.cleaner.dedupe.buffer.size=4194304)
    [[ $VERSION == 3.* ]] || broker+=(share.coordinator.state.topic.replication.factor=3
      share.coordinator.state.topic.min.isr=2 share.coordinator.state.topic.num.partitions=5)
    set -- "${broker[@]}" "$@"
  fi
  for kv; do
    key=${kv%%=*}
    i=${at[$key]:-${#lines[@]}}
    at[$key]=$i lines[i]=$kv
  done
  printf '%s\n' "${lines[@]}" >"$DIR/$name/server.properties"
}

# The user that up --secure makes; the client certificate and the tokens are of the same name. Users without any right at
# first log in by PLAIN with the same password.
SECURE_USER=exporter
SECURE_USERS_WITHOUT_RIGHTS=(none minimal full)
SECURE_PASSWORD=pass=word-1

# An authority, what it signs for the brokers and for the user, and another authority that signs nothing here: PEM files.
write_certificates() {
  local dir=$DIR/tls name
  mkdir -p "$dir"
  command -v openssl >/dev/null || die "missing: openssl (Debian: apt-get install openssl)"
  {
    for name in ca other-ca; do
      openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=brokerwatch test $name" \
        -keyout "$dir/$name-key.pem" -out "$dir/$name.pem"
    done
    for name in broker "$SECURE_USER"; do
      openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$dir/$name-key.pem" -out "$dir/$name.csr"
      openssl x509 -req -in "$dir/$name.csr" -days 30 -CA "$dir/ca.pem" -CAkey "$dir/ca-key.pem" -CAcreateserial \
        -extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1) -out "$dir/$name.pem"
    done
  } >"$dir/openssl.log" 2>&1 || { cat "$dir/openssl.log" >&2; die "openssl could not make the certificates"; }
  cat "$dir/broker-key.pem" "$dir/broker.pem" >"$dir/broker-store.pem"
  # The key that tokens of OAUTHBEARER are signed with, and its public half as the brokers read it: a point of P-256,
  # whose coordinates are the last 64 bytes of the key's encoding.
  {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/issuer-key.pem"
    openssl pkey -in "$dir/issuer-key.pem" -pubout -outform DER -out "$dir/issuer.der"
  } >>"$dir/openssl.log" 2>&1 || { cat "$dir/openssl.log" >&2; die "openssl could not make the issuer's key"; }
  coordinate() { tail -c 64 "$dir/issuer.der" | "$1" -c 32 | base64 -w 0 | tr '+/' '-_' | tr -d '='; }
  printf '{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"test","x":"%s","y":"%s"}]}\n' \
    "$(coordinate head)" "$(coordinate tail)" >"$dir/jwks.json"
  printf '%s\n' "$SECURE_PASSWORD" >"$dir/password"
}

# secure_properties NAME: KEY=VALUE lines that add the secure listeners and the authorizer. The validator of tokens is named,
# since the default one of 4.1.1 takes a token whoever has signed it. Nodes speak plaintext among
# themselves, so that the other sub-commands go on as they are: anonymous is the super user.
secure_properties() {
  local name=$1 kind listeners users user protocols=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,MTLS:SSL
  protocols+=,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
  local scram=org.apache.kafka.common.security.scram.ScramLoginModule
  printf '%s\n' authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer \
    super.users=User:ANONYMOUS "listener.security.protocol.map=$protocols"
  [[ $name != controller ]] || return 0
  listeners=PLAINTEXT://127.0.0.1:$(node_port "$name")
  for kind in SSL MTLS SASL_PLAINTEXT SASL_SSL; do
    listeners+=,$kind://127.0.0.1:$(listener_port "$name" "$kind")
  done
  for user in "$SECURE_USER" "${SECURE_USERS_WITHOUT_RIGHTS[@]}"; do users+=" user_$user=\"$SECURE_PASSWORD\""; done
  printf '%s\n' "listeners=$listeners" "advertised.listeners=$listeners" \
    ssl.keystore.type=PEM "ssl.keystore.location=$DIR/tls/broker-store.pem" \
    ssl.truststore.type=PEM "ssl.truststore.location=$DIR/tls/ca.pem" \
    listener.name.mtls.ssl.client.auth=required 'ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/,DEFAULT' \
    listener.name.sasl_plaintext.sasl.enabled.mechanisms=SCRAM-SHA-512 \
    listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER \
    "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=$scram required;" \
    listener.name.sasl_plaintext.scram-sha-512.connections.max.reauth.ms=8000 \
    "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=$scram required;" \
    "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=$scram required;" \
    "listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required$users;" \
    "listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;" \
    "listener.name.sasl_ssl.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler" \
    "sasl.oauthbearer.jwks.endpoint.url=file://$DIR/tls/jwks.json" \
    sasl.oauthbearer.jwt.validator.class=org.apache.kafka.common.security.oauthbearer.BrokerJwtValidator \
    sasl.oauthbearer.expected.audience=kafka sasl.oauthbearer.expected.issuer=https://issuer.test
}

# The user's SCRAM credentials and its rights: what the documentation tells to grant, and no more.
add_secure_user() {
  local acl=org.apache.kafka.tools.AclCommand mechanism
  [[ $VERSION != 3.* ]] || acl=kafka.admin.AclCommand
  # One credential of a user in each request.
  for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
    client kafka.admin.ConfigCommand --entity-type users --entity-name "$SECURE_USER" --alter \
      --add-config "$mechanism=[password=$SECURE_PASSWORD]" >/dev/null
  done
  client "$acl" --add --allow-principal "User:$SECURE_USER" --operation Describe --operation DescribeConfigs \
    --cluster --topic '*' >/dev/null
}

# tool CLASS ARGS...: one of Kafka's command line tools.
tool() {
  local flags
  mapfile -t flags < <(class_flags tool "${made_classes:-}")
  "$(java_bin)" -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "${flags[@]}" "$(logging_flag "$DIR/logging-tool")" "$@"
}

# client CLASS ARGS...: a tool that talks to the brokers which are alive.
client() {
  local live class=$1 status=0 made_classes=$DIR/tool-$BASHPID.jsa
  shift
  live=$(live_bootstrap)
  tool "$class" --bootstrap-server "$live" "$@" || status=$?
  keep_classes tool "$made_classes"
  return "$status"
}

format_node() {
  local extra=()
  if [[ $VERSION != 3.* ]]; then
    if [[ $1 == controller ]]; then extra=(--standalone); else extra=(--no-initial-controllers); fi
  fi
  tool kafka.tools.StorageTool format -t "$CLUSTER_ID" -c "$DIR/$1/server.properties" "${extra[@]}" \
    >>"$DIR/$1/logs/server.log" 2>&1
}

# As Kafka's own Uuid: 16 random bytes in URL-safe base64, not led by a dash,
# which command lines would take for an option.
random_cluster_id() {
  local id=-
  while [[ $id == -* ]]; do id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '='); done
  echo "$id"
}
