#!/bin/sh
# Lints the root module: staticcheck, then gazoo's own analyzers (zkvet, docvet). Prints findings only, and fails if
# there are any. The tools are pinned in the go.mod beside this script and built by the go command, which caches them,
# so the module that users import never requires them.
set -u
cd "$(dirname "$0")/../.." || exit 2

failed=0
go tool -modfile=internal/lint/go.mod staticcheck ./... || failed=1

# zkvet is a package of the lint module itself, so it must be built there, and run here.
zkvet=$(go -C internal/lint tool -n zkvet) || exit 2
"$zkvet" -test=false ./... || failed=1

# The lint module is code, too.
go -C internal/lint tool staticcheck ./... || failed=1

exit $failed
