#!/usr/bin/env bash
# The registry against Debian's docker-registry, side by side in one run: bench/registry/Program.cs says what is measured.
#
#   bench/registry.sh
#   ROUNDS=3 BLOB_MIB=256 SMALL=10000 SECONDS_EACH=5 TAGS=50000 REPOSITORIES=20000 GC_BLOBS=100000
#   ONLY=blobs,small,manifests,tags,catalog,gc
# Needs docker-registry, wrk and the .NET SDK.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname -- "$here")
for tool in docker-registry wrk dotnet; do
  command -v $tool >/dev/null || { echo "bench/registry.sh: $tool is not installed (apt-get install docker-registry wrk)" >&2; exit 1; }
done
dotnet build "$here/registry" -c Release -nologo -v quiet "-clp:ErrorsOnly;NoSummary"
SLIPWAY=${SLIPWAY:-$root/.build/current/slipway} exec "$here/registry/bin/Release/net10.0/Slipway.Bench.Registry"
