#!/usr/bin/env bash
# Files that the gateway serves itself (x-release.static) against nginx serving the same files. Rounds are interleaved, medians and ratios are printed.
#
#   bench/files.sh [ROUNDS]            default 6
#   GATEWAY='.build/current/slipway gateway'   the command that starts the gateway; --data DIR --listen ADDR is added
#   FILES="page.html:2048 app.js:102400 photo.bin:5242880"   name:bytes of what is asked for
#   CONNECTIONS=64 SECONDS_EACH=4 THREADS=1
# Needs nginx, wrk, curl and python3.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-6}
gateway=${GATEWAY:-.build/current/slipway gateway}
files=${FILES:-page.html:2048 app.js:102400 photo.bin:5242880}
connections=${CONNECTIONS:-64}
seconds=${SECONDS_EACH:-4}
threads=${THREADS:-1}
base=${BASE_PORT:-18420}
nginx_port=$base gateway_port=$((base + 1))

for tool in nginx wrk curl python3; do
  command -v $tool >/dev/null || { echo "bench/files.sh: $tool is not installed (apt-get install nginx-light wrk curl python3)" >&2; exit 1; }
done

work=$(mktemp -d)
chmod 755 "$work" # nginx workers are another user
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

mkdir -p "$work/www" "$work/data/sites/bench"
for file in $files; do head -c "${file#*:}" /dev/urandom >"$work/www/${file%:*}"; done

# The same files as a site: see SitePack.
python3 - "$work/www" "$work/data/sites/bench/web.v1.0123456789abcdef.site" <<'PY'
import hashlib, json, os, struct, sys
root, path = sys.argv[1:]
files, pack = [], open(path, "wb")
for name in sorted(os.listdir(root)):
    content = open(os.path.join(root, name), "rb").read()
    files.append({"path": "/" + name, "modified": 1700000000, "plain": {"offset": pack.tell(), "length": len(content), "hash": hashlib.sha256(content).hexdigest()[:32]}})
    pack.write(content)
at, index = pack.tell(), json.dumps({"settings": {"root": "/srv/www"}, "files": files}).encode()
pack.write(index + b"SLIPSITE" + struct.pack("<qq", at, len(index)) + hashlib.sha256(index).digest()[:16])
PY

cat >"$work/nginx.conf" <<CONF
worker_processes auto; daemon off; pid $work/nginx.pid; error_log /dev/null;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600; sendfile on; tcp_nopush on; open_file_cache max=1000; default_type application/octet-stream;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  server { listen 127.0.0.1:$nginx_port backlog=4096; root $work/www; }
}
CONF
nginx -c "$work/nginx.conf" -e /dev/null &
nginx_pid=$!
pids+=($nginx_pid)

$gateway --data "$work/data" --listen "127.0.0.1:$gateway_port" >"$work/gateway.log" 2>&1 &
gateway_pid=$!
pids+=($gateway_pid)
control="$work/data/gateway/control.sock"
for _ in $(seq 100); do
  curl -sf --unix-socket "$control" http://gateway/healthz >/dev/null 2>&1 && break
  sleep 0.1
done
printf '{"version":1,"routes":[{"app":"bench","service":"web","hosts":["127.0.0.1"],"destinations":[{"release":1,"weight":1,"upstreams":[{"instance":"one","address":"0.0.0.0","port":1,"site":"bench/web.v1.0123456789abcdef.site"}]}]}]}' >"$work/table.json"
curl -sf --unix-socket "$control" -X PUT http://gateway/table --data-binary "@$work/table.json" >/dev/null || { echo "bench/files.sh: the gateway takes no table:" >&2; cat "$work/gateway.log" >&2; exit 1; }

# "req/s p99 in microseconds failures", by wrk's own report
cat >"$work/report.lua" <<'LUA'
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %.0f %d %d\n", summary.requests / summary.duration * 1e6, latency:percentile(99), e.connect + e.read + e.write + e.timeout + e.status))
end
LUA
# Processor time of a process and its children, in clock ticks of 10 ms: what other load on the machine disturbs least.
ticks() {
  for stat in "/proc/$1/stat" $(for child in $(cat "/proc/$1/task/$1/children"); do echo "/proc/$child/stat"; done); do cat "$stat"; done |
    sed 's/.*) //' | awk '{t += $12 + $13} END {print t}'
}
run() { wrk -t"$threads" -c"$connections" -d"${3}s" -s "$work/report.lua" "http://127.0.0.1:$1/$2" | awk '/^RESULT/ {print $2, $3, $4}'; }
median() { sort -n | awk '{v[NR]=$1} END {print (NR % 2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }

for file in $files; do
  name=${file%:*}
  for server in nginx gateway; do
    port="${server}_port"
    cmp -s "$work/www/$name" <(curl -s "http://127.0.0.1:${!port}/$name") || { echo "bench/files.sh: $server serves something else at /$name" >&2; exit 1; }
    run "${!port}" "$name" 2 >/dev/null
  done
  for round in $(seq "$rounds"); do
    for server in nginx gateway; do
      port="${server}_port" pid="${server}_pid"
      before=$(ticks "${!pid}")
      result=$(run "${!port}" "$name" "$seconds")
      echo "$result $(($(ticks "${!pid}") - before))" >>"$work/$server.$name"
    done
  done
  for server in nginx gateway; do
    declare "${server}_rate=$(awk '{print $1}' "$work/$server.$name" | median)" "${server}_p99=$(awk '{print $2}' "$work/$server.$name" | median)" "${server}_failed=$(awk '{t += $3} END {print t}' "$work/$server.$name")"
    declare "${server}_cpu=$(awk -v s="$seconds" '{print $4 * 10000 / ($1 * s)}' "$work/$server.$name" | median)"
  done
  awk -v f="$file" -v n="$nginx_rate" -v g="$gateway_rate" -v np="$nginx_p99" -v gp="$gateway_p99" -v nc="$nginx_cpu" -v gc="$gateway_cpu" -v nf="$nginx_failed" -v gf="$gateway_failed" 'BEGIN {
    printf "%-18s req/s nginx %d gateway %d (%.2f)   p99 ms %.2f %.2f   CPU µs/req %.1f %.1f (%.2f)   failures %d %d\n", f, n, g, g/n, np/1000, gp/1000, nc, gc, gc/nc, nf, gf }'
done
printf 'gateway memory  %d MB\n' "$(($(awk '/VmRSS/ {print $2}' "/proc/$gateway_pid/status") / 1024))"
