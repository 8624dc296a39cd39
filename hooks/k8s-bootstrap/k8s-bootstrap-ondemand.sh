#!/bin/sh
# For hooks that call OnDemand's script of this name: k8s-bootstrap-ondemand.sh USER HOOK_ENV
if [ -z "${1:-}" ]; then
    echo "Must specify username" >&2
    exit 1
fi
if [ -z "${2:-}" ]; then
    echo "Must specify hook.env path" >&2
    exit 1
fi
exec /usr/bin/ood-k8s bootstrap-user --hook-env "$2" -- "$1"
