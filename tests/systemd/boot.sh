#!/usr/bin/env bash
# The service in a booted systemd, from its installation to its timers: as root, in a throw-away
# machine that LAB boots (commands: up, exec CMD..., logs UNIT, down). The checkout's .venv is used.
#   LAB=/path/to/lab tests/systemd/boot.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
LAB=${LAB:-$here/../shared/systemd-lab/lab}
ingestd=$here/.venv/bin/ingestd
config=/etc/ingestd/ingestd.toml
failed=0

in_lab() { "$LAB" exec "$@"; }
sh_in_lab() { "$LAB" exec sh -c "$1"; }
said() { printf '%s  %s\n' "$1" "$2"; }
check() { # WHAT COMMAND...: succeeds
  local what=$1; shift
  if "$@" >/dev/null 2>&1; then said ok "$what"; else said '!!' "$what"; failed=1; fi
}
within() { # SECONDS WHAT COMMAND...: succeeds before long
  local seconds=$1 what=$2 began=$SECONDS; shift 2
  while ! "$@" >/dev/null 2>&1; do
    if ((SECONDS - began > seconds)); then
      said '!!' "$what (not within $seconds s)"; failed=1; return
    fi
    sleep 0.3
  done
  said ok "$what ($((SECONDS - began)) s)"
}
has() { # QUERY TEXT: the best answer holds it
  in_lab "$ingestd" search "$1" -k 1 -c $config --json | grep -qF "$2"
}
property() { in_lab systemctl show -P "$1" "$2"; }
is() { [ "$(property "$1" "$2")" = "$3" ]; }
logged() { in_lab journalctl -q -u "$1" "INGESTD_EVENT=$2" -o cat | grep -q .; }
restarted() { [ "$(property NRestarts ingestd.service)" -gt "$1" ]; }

[ -x "$ingestd" ] || { echo "$ingestd: not there; set it up with: make test" >&2; exit 2; }
"$LAB" up
trap '[ $failed = 0 ] || "$LAB" logs ingestd.service | tail -n 40; "$LAB" down' EXIT

# The service's user must reach the checkout and its Python, wherever they lie; only this throw-away
# machine is changed.
for folder in "$here" "$(dirname "$(readlink -f "$here/.venv/bin/python")")"; do
  while [ "$folder" != / ]; do in_lab chmod o+rx "$folder"; folder=$(dirname "$folder"); done
done
sh_in_lab 'mkdir -p /etc/ingestd /srv/docs && chmod 755 /srv/docs
printf "whsec_%s\n" "$(head -c 24 /dev/urandom | base64)" > /etc/ingestd/hook.secret
chmod 600 /etc/ingestd/hook.secret
printf "# Leave\n\nAnnual leave is 25 days.\n" > /srv/docs/leave.md
cat > /etc/ingestd/golden.yaml <<EOF
questions:
  - {id: leave, question: "How many days is annual leave?", truth: 25 days, type: duration}
EOF
cat > /etc/ingestd/ingestd.toml <<EOF
state_dir = "/var/lib/ingestd"
[[sources]]
name = "docs"
path = "/srv/docs"
[daemon]
stuck_minutes = 0.5
[freshness]
golden = "golden.yaml"
[[alerts.receivers]]
name = "ops"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret_file = "hook.secret"
EOF
chmod 644 /etc/ingestd/golden.yaml'

said .. install
in_lab "$ingestd" install-service --config $config
sh_in_lab 'mkdir -p /etc/systemd/system/ingestd.service.d
printf "[Service]\nWatchdogSec=15s\n" > /etc/systemd/system/ingestd.service.d/90-test.conf
systemctl daemon-reload'
check 'systemd finds nothing wrong with the units' sh_in_lab \
  'test -z "$(systemd-analyze verify --man=no /etc/systemd/system/ingestd*.service /etc/systemd/system/ingestd*.timer 2>&1)"'

said .. start
began=$SECONDS
check 'started and READY' in_lab systemctl start ingestd.service
said ok "READY after $((SECONDS - began)) s"
check 'it is active' is ActiveState ingestd.service active
check 'its credential is loaded' sh_in_lab 'test -f /run/credentials/ingestd.service/etc-ingestd-hook.secret'
check 'others cannot read the credential' sh_in_lab \
  '! setpriv --reuid=65534 --regid=65534 --clear-groups cat /run/credentials/ingestd.service/etc-ingestd-hook.secret'
check 'nor the secret itself, not even the service' sh_in_lab \
  '! setpriv --reuid=ingestd --regid=ingestd --clear-groups cat /etc/ingestd/hook.secret'
within 60 'the document is found' has 'annual leave' '25 days'
within 10 'the journal has its events' logged ingestd.service pass.done
caged='seccomp'
in_lab systemd-run -q --wait --pipe "$here/.venv/bin/python" -c \
  'from ingestd.backends.linux.landlock import version; exit(not version())' &&
  caged='seccomp, Landlock' # Containers may keep it from what they boot: then it is not to be had.
check "the parsers are caged ($caged)" sh_in_lab \
  "journalctl -q -u ingestd.service INGESTD_EVENT=parser.cage -o cat | grep -q '$caged'"
check 'STATUS says the version' sh_in_lab 'systemctl show -P StatusText ingestd.service | grep -q "index version"'

said .. edit
sh_in_lab 'printf "# Leave\n\nAnnual leave is 28 days.\n" > /srv/docs/leave.md'
within 5 'the edit is found' has 'annual leave' '28 days'

said .. 'kill -9'
restarts=$(property NRestarts ingestd.service)
in_lab systemctl kill --kill-whom=main -s KILL ingestd.service
sh_in_lab 'printf "# Notice\n\nNotice is six weeks.\n" > /srv/docs/notice.md'
within 30 'it is started again' restarted "$restarts"
within 60 'what changed meanwhile is found' has 'how long is notice' 'six weeks'
check 'all is right' in_lab "$ingestd" verify -c $config

said .. 'a lane hangs'
# One thread alone stands still, as in a call that never returns: held by ptrace.
pid=$(property MainPID ingestd.service)
restarts=$(property NRestarts ingestd.service)
in_lab "$here/.venv/bin/python" -c "
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace(0x4206, $pid, 0, 0)  # PTRACE_SEIZE
libc.ptrace(0x4207, $pid, 0, 0)  # PTRACE_INTERRUPT: the main thread, which runs the passes
try:
    while True:  # Until it is dead, which whoever holds it must see first.
        os.waitpid($pid, os.WNOHANG | 0x40000000)
        time.sleep(0.2)
except ChildProcessError:
    pass  # It is dead.
" &
holder=$!
within 110 'the watchdog ends it, and it is started again' restarted "$restarts"
kill $holder 2>/dev/null || true
within 30 'it is active' is ActiveState ingestd.service active
sh_in_lab 'printf "# Salary\n\nSalaries are paid on the 27th.\n" > /srv/docs/salary.md'
within 60 'and works' has 'when are salaries paid' '27th'

said .. 'reload and stop'
in_lab sed -i 's/stuck_minutes = 0.5/stuck_minutes = 5/' $config
in_lab systemctl reload ingestd.service
within 30 'the config is reloaded' logged ingestd.service config.reloaded
within 60 'it is active' is ActiveState ingestd.service active
within 30 'it works again' is SubState ingestd.service running

said .. 'reindex, once'
check 'the one-shot succeeds' in_lab systemctl start ingestd-reindex.service
check 'its result is success' is Result ingestd-reindex.service success
within 60 'the daemon goes on after it' is ActiveState ingestd.service active
within 60 'the new index answers' has 'annual leave' '28 days'

said .. timers
sh_in_lab 'for unit in check reindex; do mkdir -p /etc/systemd/system/ingestd-$unit.timer.d
printf "[Timer]\nOnCalendar=\nOnCalendar=*:*:0/10\nRandomizedDelaySec=0\nAccuracySec=1s\n" \
  > /etc/systemd/system/ingestd-$unit.timer.d/test.conf; done; systemctl daemon-reload'
in_lab systemctl start ingestd-check.timer
fired() { [ -n "$(property LastTriggerUSec "$1")" ]; }
within 40 'the timer of the checks fires' fired ingestd-check.timer
within 60 'its check runs to its end' sh_in_lab \
  'systemctl show -P ExecMainExitTimestamp ingestd-check.service | grep -q . && systemctl show -P Result ingestd-check.service | grep -q success'
in_lab systemctl stop ingestd-check.timer
in_lab systemctl start ingestd-reindex.timer
within 40 'the timer of the reindex fires' fired ingestd-reindex.timer
in_lab systemctl stop ingestd-reindex.timer
within 90 'the daemon goes on after it' is ActiveState ingestd.service active
within 60 'and is right' has 'annual leave' '28 days'

said .. stop
began=$SECONDS
check 'it stops' in_lab systemctl stop ingestd.service
took=$((SECONDS - began))
check "within 30 s ($took s)" test $took -le 30
check 'cleanly' is Result ingestd.service success
exit $failed
