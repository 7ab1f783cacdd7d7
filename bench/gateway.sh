#!/usr/bin/env bash
# The gateway against nginx and haproxy, as reverse proxies to the same upstream (another nginx with a small static answer).
# Rounds are interleaved, so that a machine whose speed drifts is the same machine for all; medians and ratios are printed.
#
#   bench/gateway.sh [ROUNDS]          default 6
#   GATEWAY='.build/current/slipway gateway'   the command that starts the gateway; --data DIR --listen ADDR is added
#   ROUTES=10000                       so many other hosts in the gateway's table (nginx and haproxy keep their one); default 0
#   CONNECTIONS=64 SECONDS_EACH=5 THREADS=1
# Needs nginx, haproxy, wrk and curl.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-6}
gateway=${GATEWAY:-.build/current/slipway gateway}
connections=${CONNECTIONS:-64}
seconds=${SECONDS_EACH:-5}
threads=${THREADS:-1}
routes=${ROUTES:-0}
base=${BASE_PORT:-18400}
upstream=$((base)) nginx_port=$((base + 1)) haproxy_port=$((base + 2)) gateway_port=$((base + 3))

for tool in nginx haproxy wrk curl; do
  command -v $tool >/dev/null || { echo "bench/gateway.sh: $tool is not installed (apt-get install nginx-light haproxy wrk curl)" >&2; exit 1; }
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

head -c 512 /dev/zero | tr '\0' 'x' >"$work/body.txt"

nginx_config() { # NAME SERVER...
  cat >"$work/$1.conf" <<CONF
worker_processes auto; daemon off; pid $work/$1.pid; error_log /dev/null;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600;
  client_body_temp_path $work/$1-b; proxy_temp_path $work/$1-p; fastcgi_temp_path $work/$1-f; uwsgi_temp_path $work/$1-u; scgi_temp_path $work/$1-s;
  $2
}
CONF
  nginx -c "$work/$1.conf" -e /dev/null &
  pids+=($!)
}

nginx_config upstream "server { listen 127.0.0.1:$upstream backlog=4096; root $work; default_type text/plain; location = / { try_files /body.txt =404; } }"
nginx_config proxy "upstream app { server 127.0.0.1:$upstream; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:$nginx_port backlog=4096;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host \$host;
      proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto \$scheme; } }"

cat >"$work/haproxy.cfg" <<CONF
global
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend in
  bind 127.0.0.1:$haproxy_port
  default_backend app
backend app
  server one 127.0.0.1:$upstream
CONF
haproxy -q -f "$work/haproxy.cfg" &
pids+=($!)

mkdir -p "$work/data"
$gateway --data "$work/data" --listen "127.0.0.1:$gateway_port" >"$work/gateway.log" 2>&1 &
gateway_pid=$!
pids+=($gateway_pid)

control="$work/data/gateway/control.sock"
for _ in $(seq 100); do
  curl -sf --unix-socket "$control" http://gateway/healthz >/dev/null 2>&1 && break
  sleep 0.1
done
{
  printf '{"version":1,"routes":[{"app":"bench","service":"web","hosts":["127.0.0.1"],"destinations":[{"release":1,"weight":1,"upstreams":[{"instance":"one","address":"127.0.0.1","port":%d}]}]}' "$upstream"
  for ((i = 0; i < routes; i++)); do
    printf ',{"app":"app%d","service":"web","hosts":["host%d.example.com"],"destinations":[{"release":1,"weight":1,"upstreams":[{"instance":"i%d","address":"127.0.0.1","port":%d}]}]}' "$i" "$i" "$i" "$upstream"
  done
  printf ']}'
} >"$work/table.json"
curl -sf --unix-socket "$control" -X PUT http://gateway/table --data-binary "@$work/table.json" >/dev/null || {
  echo "bench/gateway.sh: the gateway takes no table:" >&2; cat "$work/gateway.log" >&2; exit 1; }

# "req/s p99 in microseconds failures", by wrk's own report
cat >"$work/report.lua" <<'LUA'
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %.0f %d %d\n", summary.requests / summary.duration * 1e6, latency:percentile(99), e.connect + e.read + e.write + e.timeout + e.status))
end
LUA
run() { wrk -t"$threads" -c"$connections" -d"${2}s" -s "$work/report.lua" "http://127.0.0.1:$1/" | awk '/^RESULT/ {print $2, $3, $4}'; }
median() { sort -n | awk '{v[NR]=$1} END {print (NR % 2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }

for port in $nginx_port $haproxy_port $gateway_port; do run "$port" 3 >/dev/null; done
echo "round  nginx            haproxy          gateway          (req/s  p99 µs  failures)"
for round in $(seq "$rounds"); do
  line="$round"
  for name in nginx haproxy gateway; do
    port="${name}_port"
    result=$(run "${!port}" "$seconds")
    echo "$result" >>"$work/$name.results"
    line="$line      $result"
  done
  echo "$line"
done

for name in nginx haproxy gateway; do
  declare "${name}_rate=$(awk '{print $1}' "$work/$name.results" | median)" "${name}_p99=$(awk '{print $2}' "$work/$name.results" | median)"
done
awk -v n="$nginx_rate" -v h="$haproxy_rate" -v g="$gateway_rate" -v np="$nginx_p99" -v hp="$haproxy_p99" -v gp="$gateway_p99" 'BEGIN {
  printf "\nmedian req/s    nginx %d   haproxy %d   gateway %d\n", n, h, g
  printf "median p99 ms   nginx %.2f   haproxy %.2f   gateway %.2f\n", np/1000, hp/1000, gp/1000
  printf "gateway req/s   %.2f of nginx   %.2f of haproxy\n", g/n, g/h
  printf "gateway p99     %.2f of nginx   %.2f of haproxy\n", gp/np, gp/hp }'
printf 'gateway memory  %d MB\n' "$(($(awk '/VmRSS/ {print $2}' "/proc/$gateway_pid/status") / 1024))"
