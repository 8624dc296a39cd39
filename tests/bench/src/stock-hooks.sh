# Runs the stock hooks in $HOOKS for the user $1 with the settings $2: first the cluster, then the user's kubeconfig.
#
# Functions take precedence over PATH, which the hooks set themselves, so both kubectl calls use the control plane's
# kubectl. `sudo -u USER kubectl …` becomes runuser: not every build machine has sudo, and sudo is not faster.
set -e
kubectl() { "$KUBECTL" "$@"; }
sudo() { runuser -u "$2" -- env KUBECONFIG="$USER_KUBECONFIG" "$KUBECTL" "${@:4}"; }
export -f kubectl sudo
bash "$HOOKS/k8s-bootstrap/k8s-bootstrap-ondemand.sh" "$1" "$2"
bash "$HOOKS/k8s-bootstrap/set-k8s-creds.sh" "$1" "$2"
