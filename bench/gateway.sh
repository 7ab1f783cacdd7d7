#!/usr/bin/env bash
# The gateway against nginx and haproxy, as reverse proxies to the same upstream (another nginx with a small static answer).
# Rounds are interleaved, so that a machine whose speed drifts is the same machine for all; medians and ratios are printed, as tables in Markdown.
#
#   bench/gateway.sh [ROUNDS] [MODE ...]       default: 6 rounds, all modes, some five minutes
#     requests     kept connections, small answers: requests per second, p50, p99, processor time for a request
#     bodies       answers of 64 MiB: MB per second
#     idle         memory for IDLE connections that were asked once and say no more
#     handshakes   TLS: a new connection for each request, and kept ones
#     features     the gateway alone: 10,000 hosts, two releases by weight, users kept at their release, access log
#     swap         tables of 10,000 hosts that are replaced under load: p99 and the longest answer
#   GATEWAY='.build/current/slipway gateway'   the command that starts the gateway; --data DIR --listen ADDR is added
#   CONNECTIONS=64 SECONDS_EACH=5 THREADS=1 IDLE=10000 ROUTES=10000
# Needs nginx, haproxy, wrk, curl and openssl.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=6
if [[ ${1-} =~ ^[0-9]+$ ]]; then rounds=$1; shift; fi
modes=${*:-requests bodies idle handshakes features swap}
gateway=${GATEWAY:-.build/current/slipway gateway}
connections=${CONNECTIONS:-64}
seconds=${SECONDS_EACH:-5}
threads=${THREADS:-1}
routes=${ROUTES:-10000}
idle=${IDLE:-10000}
base=${BASE_PORT:-18400}
upstream=$((base)) nginx_port=$((base + 1)) haproxy_port=$((base + 2)) gateway_port=$((base + 3)) full_port=$((base + 4))
nginx_tls=$((base + 5)) haproxy_tls=$((base + 6)) gateway_tls=$((base + 7))

for tool in nginx haproxy wrk curl openssl; do
  command -v $tool >/dev/null || { echo "bench/gateway.sh: $tool is not installed (apt-get install nginx-light haproxy wrk curl openssl)" >&2; exit 1; }
done
ulimit -n "$(ulimit -Hn)"
files=$(ulimit -n)
[ "$files" != unlimited ] && [ "$files" -lt 65536 ] || files=65536
# haproxy counts two for each connection, and some for itself.
most=$((files / 2 - 100))

work=$(mktemp -d)
chmod 755 "$work" # nginx workers are another user
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# --- who is compared ---

head -c 512 /dev/zero | tr '\0' 'x' >"$work/body.txt"
head -c $((64 << 20)) /dev/zero >"$work/large"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/key.pem" -out "$work/chain.pem" -days 2 \
  -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
cat "$work/chain.pem" "$work/key.pem" >"$work/both.pem"

nginx_config() { # NAME SERVER...
  cat >"$work/$1.conf" <<CONF
worker_processes auto; daemon off; pid $work/$1.pid; error_log /dev/null; worker_rlimit_nofile $files;
events { worker_connections $((files / 2)); }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600;
  client_body_temp_path $work/$1-b; proxy_temp_path $work/$1-p; fastcgi_temp_path $work/$1-f; uwsgi_temp_path $work/$1-u; scgi_temp_path $work/$1-s;
  $2
}
CONF
  nginx -c "$work/$1.conf" -e /dev/null &
  pids+=($!)
  nginx_pid=$! # of the last one that was started
}

nginx_config upstream "server { listen 127.0.0.1:$upstream backlog=4096; root $work; default_type text/plain; location = / { try_files /body.txt =404; } }"
nginx_config proxy "upstream app { server 127.0.0.1:$upstream; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:$nginx_port backlog=4096; listen 127.0.0.1:$nginx_tls ssl backlog=4096; ssl_certificate $work/chain.pem; ssl_certificate_key $work/key.pem;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host \$host;
      proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto \$scheme; } }"

cat >"$work/haproxy.cfg" <<CONF
global
  maxconn $most
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend in
  bind 127.0.0.1:$haproxy_port
  bind 127.0.0.1:$haproxy_tls ssl crt $work/both.pem
  default_backend app
backend app
  server one 127.0.0.1:$upstream
CONF
haproxy -q -f "$work/haproxy.cfg" &
haproxy_pid=$!
pids+=("$haproxy_pid")

start_gateway() { # NAME OPTION...
  mkdir -p "$work/$1"
  # shellcheck disable=SC2086
  $gateway --data "$work/$1" "${@:2}" >"$work/$1.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 100); do
    curl -sf --unix-socket "$work/$1/gateway/control.sock" http://gateway/healthz >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "bench/gateway.sh: the gateway does not start:" >&2; cat "$work/$1.log" >&2; exit 1
}
control() { # NAME PATH FILE
  curl -sf --unix-socket "$work/$1/gateway/control.sock" -X PUT "http://gateway/$2" --data-binary "@$3" >/dev/null || {
    echo "bench/gateway.sh: the gateway takes no $2:" >&2; cat "$work/$1.log" >&2; exit 1; }
}
instance() { printf '"upstreams":[{"instance":"%s","address":"127.0.0.1","port":%d}]' "$1" "$upstream"; }
one_release() { printf '"destinations":[{"release":1,"weight":1,%s}]' "$(instance one)"; }
table() { # VERSION ROUTE-OF-THE-HOST OTHER-HOSTS
  printf '{"version":%d,"routes":[{"app":"bench","service":"web","hosts":["127.0.0.1","localhost"],%s}' "$1" "$2"
  awk -v n="$3" -v port="$upstream" 'BEGIN { for (i = 0; i < n; i++)
    printf ",{\"app\":\"app%d\",\"service\":\"web\",\"hosts\":[\"host%d.example.com\"],\"destinations\":[{\"release\":1,\"weight\":1,\"upstreams\":[{\"instance\":\"i%d\",\"address\":\"127.0.0.1\",\"port\":%d}]}]}", i, i, i, port }'
  printf ']}'
}
version=0
publish() { # ROUTE OTHER-HOSTS
  version=$((version + 1))
  table $version "$1" "$2" >"$work/table.json"
  control gateway table "$work/table.json"
}

start_gateway gateway --listen "127.0.0.1:$gateway_port" --listen-https "127.0.0.1:$gateway_tls"
gateway_pid=${pids[-1]}
publish "$(one_release)" 0
pem() { awk '{printf "%s\\n", $0}' "$1"; }
printf '{"revision":"1","certificates":[{"name":"bench","hosts":["localhost"],"chain":"%s","key":"%s"}]}' "$(pem "$work/chain.pem")" "$(pem "$work/key.pem")" >"$work/certificates.json"
control gateway certificates "$work/certificates.json"

for port in $nginx_port $haproxy_port; do
  for _ in $(seq 100); do curl -sf -o /dev/null "http://127.0.0.1:$port/" && continue 2; sleep 0.1; done
  echo "bench/gateway.sh: nothing answers on port $port" >&2; exit 1
done

# --- how it is measured ---

# "req/s p50 p99 longest failures MB/s requests", times in microseconds, by wrk's own report
cat >"$work/report.lua" <<'LUA'
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %.0f %d %d %d %d %.1f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.timeout + e.status, summary.bytes / summary.duration, summary.requests))
end
LUA
family() { echo "$1"; cat "/proc/$1/task/$1/children"; }
# Processor time of a process and its children, in clock ticks of 10 ms: what other load on the machine disturbs least.
ticks() { for pid in $(family "$1"); do cat "/proc/$pid/stat"; done | sed 's/.*) //' | awk '{t += $12 + $13} END {print t}'; }
memory() { for pid in $(family "$1"); do awk '/VmRSS/ {print $2}' "/proc/$pid/status"; done | awk '{k += $1} END {print k}'; }
run() { # URL SECONDS WRK-OPTION...
  wrk -t"$threads" -c"$connections" -d"${2}s" -s "$work/report.lua" "${@:3}" "$1" | awk '/^RESULT/ {print $2, $3, $4, $5, $6, $7, $8}'
}
# Appends to NAME.MODE: what run says, then microseconds of processor time for a request.
sample() { # MODE NAME PID URL WRK-OPTION...
  local before result
  before=$(ticks "$3")
  result=$(run "$4" "$seconds" "${@:5}")
  echo "$result $(awk -v t=$(($(ticks "$3") - before)) -v n="${result##* }" 'BEGIN {print n ? t * 10000 / n : 0}')" >>"$work/$2.$1"
}
median() { awk -v f="$2" '{print $f}' "$work/$1" | sort -n | awk '{v[NR]=$1} END {print (NR % 2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }
failures() { cat "$work"/*."$1" | awk '{f += $5} END {if (f) printf "\n%d requests failed.\n", f}'; }
ratios() { # LABEL FORMAT FIELD DIVISOR MODE, a line for nginx, haproxy and the gateway
  awk -v label="$1" -v format="$2" -v d="$4" -v n="$(median "nginx.$5" "$3")" -v h="$(median "haproxy.$5" "$3")" -v g="$(median "gateway.$5" "$3")" 'BEGIN {
    printf "| %s | " format " | " format " | " format " | %.2f | %.2f |\n", label, n/d, h/d, g/d, n ? g/n : 0, h ? g/h : 0 }'
}
head_of() { printf '\n### %s\n\n| | nginx | haproxy | Slipway | / nginx | / haproxy |\n|---|---|---|---|---|---|\n' "$1"; }
three() { # MODE PATH SCHEME WRK-OPTION...
  local name port pid
  for name in nginx haproxy gateway; do
    if [ "$3" = https ]; then port="${name}_tls"; else port="${name}_port"; fi
    pid="${name}_pid"
    sample "$1" $name "${!pid}" "$3://$([ "$3" = https ] && echo localhost || echo 127.0.0.1):${!port}$2" "${@:4}"
  done
}

requests() {
  local round
  for port in $nginx_port $haproxy_port $gateway_port; do run "http://127.0.0.1:$port/" 3 >/dev/null; done
  for ((round = 0; round < rounds; round++)); do three requests / http; done
  head_of "$connections kept connections, small answers ($rounds rounds of $seconds s)"
  ratios "requests per second" %d 1 1 requests
  ratios "p50, ms" %.2f 2 1000 requests
  ratios "p99, ms" %.2f 3 1000 requests
  ratios "processor time for a request, µs" %.1f 8 1 requests
  failures requests
}

bodies() {
  local round
  for ((round = 0; round < (rounds + 1) / 2; round++)); do connections=8 three bodies /large http; done
  head_of "Answers of 64 MiB, 8 connections"
  ratios "MB per second" %d 6 1 bodies
  ratios "processor time for an answer, ms" %.1f 8 1000 bodies
}

idle() {
  local name pid port before label=$idle
  [ "$most" -ge "$idle" ] || { idle=$((most - 100)); label="$idle (what ulimit -n allows)"; }
  # Each connection asks once, and then waits.
  cat >"$work/idle.lua" <<LUA
local asked = 0
function delay() asked = asked + 1; if asked <= $idle then return 0 end return 1000000 end
LUA
  head_of "$label idle connections"
  for name in nginx haproxy gateway; do
    port="${name}_port" pid="${name}_pid"
    before=$(memory "${!pid}")
    wrk -t1 -c"$idle" -d12s -s "$work/idle.lua" "http://127.0.0.1:${!port}/" >/dev/null &
    sleep 9
    echo "$(memory "${!pid}") $before" | awk -v n="$idle" '{print $1 - $2, $1, ($1 - $2) / n}' >"$work/$name.idle"
    wait $!
  done
  ratios "KiB more for each" %.1f 3 1 idle
  ratios "memory in all, MiB" %d 2 1024 idle
}

handshakes() {
  local round
  for ((round = 0; round < (rounds + 1) / 2; round++)); do
    three handshakes / https -H 'Connection: close'
    three tls / https
  done
  head_of "TLS (ECDSA P-256), $connections connections"
  ratios "new connections per second" %d 1 1 handshakes
  ratios "processor time for a connection, µs" %d 8 1 handshakes
  ratios "requests per second on kept connections" %d 1 1 tls
  ratios "p99 of these, ms" %.2f 3 1000 tls
  ratios "processor time for a request, µs" %.1f 8 1 tls
  failures tls
}

features() {
  local round key name
  key=$(head -c 32 /dev/zero | base64 -w0)
  local two="\"destinations\":[{\"release\":1,\"weight\":1,$(instance one)},{\"release\":2,\"weight\":1,$(instance two)}]"
  start_gateway full --listen "127.0.0.1:$full_port" --access-log json
  local full_pid=${pids[-1]}
  table 1 "$two,\"split\":{\"release\":2,\"sticky\":\"user\",\"key\":\"$key\"}" "$routes" >"$work/full.json"
  control full table "$work/full.json"
  run "http://127.0.0.1:$full_port/" 3 >/dev/null
  for ((round = 0; round < rounds; round++)); do
    publish "$(one_release)" 0; sample features plain "$gateway_pid" "http://127.0.0.1:$gateway_port/"
    publish "$(one_release)" "$routes"; sample features hosts "$gateway_pid" "http://127.0.0.1:$gateway_port/"
    publish "$two" 0; sample features weights "$gateway_pid" "http://127.0.0.1:$gateway_port/"
    publish "$two,\"split\":{\"release\":2,\"sticky\":\"user\",\"key\":\"$key\"}" 0; sample features users "$gateway_pid" "http://127.0.0.1:$gateway_port/"
    sample features full "$full_pid" "http://127.0.0.1:$full_port/"
  done
  publish "$(one_release)" 0
  printf '\n### What features cost\n\n| | requests per second | p99, ms | processor time for a request, µs |\n|---|---|---|---|\n'
  while IFS='|' read -r name label; do
    printf '| %s | %d | %.2f | %.1f |\n' "$label" "$(median "$name.features" 1 | cut -d. -f1)" "$(awk -v t="$(median "$name.features" 3)" 'BEGIN {print t/1000}')" "$(median "$name.features" 8)"
  done <<LIST
plain|one host, one release
hosts|$routes other hosts
weights|two releases by weight, each counted for its judge
users|two releases, each new user is drawn and given a cookie
full|all of that, and an access log in JSON
LIST
}

swap() {
  local round time times=() stop
  : >"$work/times"
  publish "$(one_release)" "$routes"
  for ((round = 0; round < (rounds + 1) / 2; round++)); do
    sample swap quiet "$gateway_pid" "http://127.0.0.1:$gateway_port/"
    (
      stop=$((SECONDS + seconds - 1))
      while [ $SECONDS -lt $stop ]; do
        version=$((version + 1))
        # One app changes, as it does in life.
        table $version "$(one_release | sed "s/\"release\":1/\"release\":$version/")" "$routes" >"$work/table.json"
        curl -s --unix-socket "$work/gateway/gateway/control.sock" -X PUT http://gateway/table --data-binary "@$work/table.json" -o /dev/null -w '%{time_total}\n' >>"$work/times"
      done
      echo "$version" >"$work/version"
    ) &
    stop=$!
    sample swap swapped "$gateway_pid" "http://127.0.0.1:$gateway_port/"
    wait $stop
    version=$(cat "$work/version")
  done
  mapfile -t times < <(sort -n "$work/times")
  publish "$(one_release)" 0
  printf '\n### Tables of %d hosts, replaced one after the other under load\n\n| | without | while tables come |\n|---|---|---|\n' "$routes"
  for time in "2 p50" "3 p99" "4 longest"; do
    awk -v label="${time#* }" -v a="$(median quiet.swap "${time% *}")" -v b="$(median swapped.swap "${time% *}")" 'BEGIN {printf "| %s, ms | %.2f | %.2f |\n", label, a/1000, b/1000}'
  done
  printf '\n%d tables, each taken into service within %d ms (median).\n' "${#times[@]}" "$(awk -v t="${times[$((${#times[@]} / 2))]-0}" 'BEGIN {print t*1000}')"
  failures swap
}

for mode in $modes; do
  case $mode in
    requests | bodies | idle | handshakes | features | swap) $mode ;;
    *) echo "bench/gateway.sh: no mode '$mode': requests, bodies, idle, handshakes, features or swap" >&2; exit 2 ;;
  esac
done
printf '\nThe gateway holds %d MiB in the end.\n' "$(($(memory "$gateway_pid") / 1024))"
