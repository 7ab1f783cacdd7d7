#!/usr/bin/env bash
# Start-up of the server until /readyz answers 200, and memory of server and gateway when nothing happens.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
slipway=$root/.build/current/slipway
data=$(mktemp -d)
port=18080 gateway=18081
trap '"$slipway" down --data "$data" >/dev/null 2>&1 || true; rm -rf -- "$data"' EXIT
now() { echo $(($(date +%s%N) / 1000000)); }
median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }

"$slipway" engine start >/dev/null
times=
for _ in 1 2 3 4 5 6 7; do
  began=$(now)
  "$slipway" serve --data "$data" --listen 127.0.0.1:$port >"$data/serve.out" 2>&1 &
  pid=$!
  until curl -fs -o /dev/null "http://127.0.0.1:$port/readyz"; do
    kill -0 $pid 2>/dev/null || { cat "$data/serve.out"; exit 1; }
    sleep 0.005
  done
  times+="$(($(now) - began))"$'\n'
  kill $pid; wait $pid || true
done
printf 'start-up to /readyz, ms, median of 7: %s   (all: %s)\n' "$(printf %s "$times" | median)" "$(printf %s "$times" | tr '\n' ' ')"

"$slipway" up --data "$data" --listen 127.0.0.1:$port --gateway-http 127.0.0.1:$gateway --gateway-https off >/dev/null
sleep 30
for process in server gateway supervisor; do
  awk -v process=$process '/VmRSS/ {printf "memory of an idle %s after 30 s, MiB: %d\n", process, $2/1024}' "/proc/$(sed -nE 's/.*"processId": ([0-9]+).*/\1/p' "$data/run/$process.process")/status"
done
