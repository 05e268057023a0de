#!/usr/bin/env bash
# Run by tests/tools/systemd-box: the Debian package is built, installed, upgraded, removed and purged beside a real Kafka.
set -euo pipefail
source /repository/tests/deploy/box.sh

mkdir /tmp/packages
strip -o /tmp/brokerwatch /opt/brokerwatch # once, it is large
make_package() { /repository/deploy/debian/build --compression gzip --version "$1" /tmp/brokerwatch /tmp/packages; }
first=$(make_package 0.0.1)
second=$(make_package 0.0.2)
lintian --allow-root --fail-on error "$first" || fail "lintian has errors"

# Where packages put things: elsewhere others may be building this very program.
named() { find /boot /etc /lib /opt /srv /usr /var -xdev -name '*brokerwatch*' -print | sort; }
named >/tmp/before
rm -f /usr/sbin/policy-rc.d # of this machine: it would keep services from starting
start_kafka
dpkg --install "$first" >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "it cannot be installed"; }
until_true 90 "every source is up after the installation" every_source_is_up
[[ $(systemctl is-enabled brokerwatch) == enabled ]] || fail "it is not started at the next boot"
server=$(systemctl show --value -p MainPID brokerwatch)
man --warnings -l /usr/share/man/man1/brokerwatch.1.gz >/tmp/man 2>/tmp/man.log || true
[[ ! -s /tmp/man.log ]] || ! command -v man >/dev/null || { cat /tmp/man.log; fail "the manual page has mistakes"; }

echo 'BROKERWATCH_LOG_FORMAT=json' >>/etc/default/brokerwatch
dpkg --install "$second" >/tmp/dpkg.log 2>&1 </dev/null || { cat /tmp/dpkg.log; fail "it cannot be upgraded"; }
grep -q '^BROKERWATCH_LOG_FORMAT=json' /etc/default/brokerwatch || fail "the upgrade lost the options"
[[ $(systemctl show --value -p MainPID brokerwatch) != "$server" ]] || fail "the old program still runs after the upgrade"
until_true 90 "every source is up after the upgrade" every_source_is_up
journalctl --no-pager --quiet -u brokerwatch -n 5 -o cat | grep -q '^{' || fail "the options are not used"

# The timer of the helper, which the package leaves to whoever wants it. It may run although this looks like a container.
timer=brokerwatch-smart.timer helper=brokerwatch-smart.service health=/run/brokerwatch-smart/health.json
[[ $(systemctl is-enabled $timer) == disabled ]] || fail "$timer is $(systemctl is-enabled $timer), and nobody asked for it"
mkdir -p /run/systemd/system/$helper.d
printf '[Unit]\nConditionVirtualization=\n' >/run/systemd/system/$helper.d/box.conf
systemctl enable --quiet --now $timer
until_true 60 "the helper wrote what it found" test -s $health
until_true 45 "the helper has ended" eval '[[ $(systemctl show --value -p ActiveState $helper) == inactive ]]'
[[ $(systemctl show --value -p Result $helper) == success ]] || { journalctl --no-pager -n 20 -u $helper; fail "the helper failed"; }
dpkg --install "$second" >/tmp/dpkg.log 2>&1 </dev/null || { cat /tmp/dpkg.log; fail "it cannot be installed again"; }
[[ $(systemctl is-enabled $timer) == enabled && $(systemctl is-active $timer) == active ]] || fail "an upgrade took the timer away"
systemctl enable --quiet brokerwatch-reader # as an administrator may

dpkg --remove brokerwatch >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "it cannot be removed"; }
[[ $(systemctl is-active brokerwatch brokerwatch-reader $helper $timer | sort -u) == inactive ]] || fail "it still runs after its removal"
[[ ! -e ${health%/*} ]] || fail "a removal leaves ${health%/*}"
[[ -e /etc/default/brokerwatch ]] || fail "a removal took the options"
dpkg --purge brokerwatch >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; fail "it cannot be purged"; }
named >/tmp/after
diff /tmp/before /tmp/after || fail "a purge leaves files"
[[ $(systemctl list-unit-files --no-legend 'brokerwatch*' | wc -l) == 0 ]] || fail "a purge leaves units: $(systemctl list-unit-files 'brokerwatch*')"
! getent passwd brokerwatch >/dev/null || fail "a purge leaves the user"
systemctl is-active --quiet kafka || fail "Kafka suffered"
echo "package: installed, upgraded, removed and purged"
