#!/usr/bin/env bash
# slipway deploy against the same steps by hand with the docker CLI, in turn; and the time of a promote and a rollback.
# The app is that of the scenarios: Python's HTTP server on Debian, one changed file for each version.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
slipway=$root/.build/current/slipway
docker=/usr/bin/docker
[ -x $docker ] || docker=docker
data=$(mktemp -d) work=$(mktemp -d)
listen=127.0.0.1:18080 gateway=127.0.0.1:18081
rounds=${ROUNDS:-7}
export SLIPWAY_DATA=$data NO_COLOR=1
cleanup() {
  $docker rm -f benchhand-a benchhand-b >/dev/null 2>&1 || true
  $docker network rm benchhand >/dev/null 2>&1 || true
  for app in benchapp benchslots; do "$slipway" remove $app --volumes --yes >/dev/null 2>&1 || true; done
  "$slipway" down --data "$data" >/dev/null 2>&1 || true
  rm -rf -- "$data" "$work"
}
trap cleanup EXIT
now() { echo $(($(date +%s%N) / 1000000)); }
show() { printf '%-46s' "$1"; sort -n | awk '{v[NR]=$1} END {printf "median %6d ms   min %6d   max %6d\n", v[int((NR+1)/2)], v[1], v[NR]}'; }
timed() { local began; began=$(now); "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }; echo $(($(now) - began)); }

"$slipway" up --data "$data" --listen $listen --gateway-http $gateway --gateway-https off >/dev/null
app() { # folder strategy
  mkdir -p "$1" && cp "$root"/tests/Slipway.Scenarios.Tests/App/* "$1" && echo 0 >"$1/version" && echo yes >"$1/ready"
  printf 'services:\n  web:\n    build: .\n    expose: ["5000"]\n    x-release: {strategy: %s, port: 5000, ready: {http: /up, every: 100ms}}\n' "$2" >"$1/compose.yaml"
}
app "$work/benchapp" rolling; app "$work/hand" rolling; app "$work/benchslots" blue-green; rm "$work/hand/compose.yaml"

# By hand, as a careful person's script does it: build, push, start the new one, wait until it is ready, stop the old one.
old= new=benchhand-a
by_hand() {
  DOCKER_BUILDKIT=1 $docker build -q -t $listen/hand/web:v "$work/hand"
  $docker push -q $listen/hand/web:v
  $docker run -d --name $new --network benchhand $listen/hand/web:v
  local address; address=$($docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $new)
  until curl -fs -o /dev/null "http://$address:5000/up"; do sleep 0.1; done
  [ -z "$old" ] || { $docker stop $old; $docker rm $old; }
  if [ $new = benchhand-a ]; then old=benchhand-a new=benchhand-b; else old=benchhand-b new=benchhand-a; fi
}
"$slipway" login >/dev/null
$docker network create benchhand >/dev/null
timed "$slipway" deploy "$work/benchapp" --app benchapp >/dev/null
timed by_hand >/dev/null
by_hand >/dev/null 2>&1

: >"$work/unchanged"; : >"$work/changed"; : >"$work/hands"
for round in $(seq "$rounds"); do
  timed "$slipway" deploy "$work/benchapp" --app benchapp >>"$work/unchanged"
  echo "$round" >"$work/benchapp/version"; echo "$round" >"$work/hand/version"
  timed "$slipway" deploy "$work/benchapp" --app benchapp >>"$work/changed"
  began=$(now); by_hand >/dev/null 2>&1; echo $(($(now) - began)) >>"$work/hands"
done
show 'deploy, nothing changed' <"$work/unchanged"
show 'deploy, one file changed' <"$work/changed"
show 'by hand: build, push, run, wait, stop' <"$work/hands"

timed "$slipway" deploy "$work/benchslots" --app benchslots >/dev/null
echo 1 >"$work/benchslots/version"
timed "$slipway" deploy "$work/benchslots" --app benchslots >/dev/null
# Until the first answer of the other version, asked anew as fast as curl starts, and until the command has come back.
switch() { # command expected
  local began first; began=$(now)
  "$slipway" "$1" benchslots >"$work/out" 2>&1 & local pid=$!
  until [ "$(curl -s -H "Host: web.benchslots.localhost" "http://$gateway/")" = "$2" ]; do :; done
  first=$(($(now) - began))
  wait $pid || { cat "$work/out" >&2; exit 1; }
  echo "$first $(($(now) - began))"
}
: >"$work/promote"; : >"$work/rollback"
switch promote 1 >>"$work/promote"
for _ in $(seq "$rounds"); do switch rollback 0 >>"$work/rollback"; switch rollback 1 >>"$work/rollback"; done
cut -d' ' -f1 "$work/promote" | show 'promote: first answer of the new version'
cut -d' ' -f1 "$work/rollback" | show 'rollback: first answer of the other version'
cut -d' ' -f2 "$work/rollback" | show 'rollback: the whole command'
