#!/usr/bin/env bash
# What it costs to decide over many canaries at once, in processor time: bench/decisions/Program.cs says what is measured.
#
#   bench/decisions.sh
#   APPS=1000 SECONDS_EACH=60 ROUNDS=3
# Needs the .NET SDK.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
dotnet build "$here/decisions" -c Release -nologo -v quiet "-clp:ErrorsOnly;NoSummary"
exec "$here/decisions/bin/Release/net10.0/Slipway.Bench.Decisions"
