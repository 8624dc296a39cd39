# Functions of the tests in this directory: what was expected, and one line for each thing that was checked.

passed=0

say() {
    printf '\n-- %s\n' "$1"
}

die() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

# ok WHAT COMMAND…: the command must succeed.
ok() {
    local what=$1 output
    shift
    output=$("$@" 2>&1) || die "$what: status $?: $* : $output"
    passed=$((passed + 1))
    echo "ok: $what"
}

# is WHAT EXPECTED ACTUAL
is() {
    [ "$2" = "$3" ] || die "$1: expected '$2', found '$3'"
    passed=$((passed + 1))
    echo "ok: $1"
}

# says WHAT STATUS TEXT COMMAND…: the command ends with this status, and its output contains the text.
says() {
    local what=$1 status=$2 text=$3 output found=0
    shift 3
    output=$("$@" 2>&1) || found=$?
    [ "$found" = "$status" ] || die "$what: status $found instead of $status: $output"
    case $output in
        *"$text"*) ;;
        *) die "$what: '$text' is not in: $output" ;;
    esac
    passed=$((passed + 1))
    echo "ok: $what"
}

# The command of the installation page that begins with these words; the tests run what administrators are told to run.
page_command() {
    local command
    command=$(grep -o "\`$1 \./[^\`]*\`" "$here/../../docs/src/install.md" | tr -d '\`')
    [ -n "$command" ] || die "docs/src/install.md has no command $1"
    echo "$command"
}

# A tree of Debian 12, or of SUITE, as CACHE/debian-SUITE.tar: kept there, or made anew.
suite=${SUITE:-bookworm}
debian() {
    local cache=$1
    [ -f "$cache/debian-$suite.tar" ] && return
    command -v debootstrap >/dev/null || die "debootstrap is missing; install it"
    rm -rf --one-file-system "$cache/debian"
    mkdir -p "$cache/debian"
    # What it mounts is gone with the mount namespace.
    unshare --mount --propagation private debootstrap --variant=minbase \
        --include=systemd,man-db,ca-certificates "$suite" "$cache/debian" >"$cache/debootstrap.log" 2>&1 ||
        die "debootstrap failed; see $cache/debootstrap.log"
    tar -C "$cache/debian" --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* -cf "$cache/debian.part" .
    mv "$cache/debian.part" "$cache/debian-$suite.tar"
    rm -rf --one-file-system "$cache/debian"
}

# An unsigned token with an expiry: the program compares claims, and only the API server verifies signatures.
token() {
    part() { printf %s "$1" | base64 -w0 | tr '+/' '-_' | tr -d =; }
    printf '%s.%s.%s' "$(part '{"alg":"RS256","typ":"JWT"}')" \
        "$(part "{\"iss\":\"https://idp.example.org/realms/main\",\"sub\":\"alice\",\"exp\":$(($(date +%s) + 3600))}")" \
        "$(part signature)"
}

# site SANDBOX PROGRAM DIR: starts the sandbox, which keeps its site in DIR; sets `site` and `sandbox_pid`.
site() {
    mkdir -p "$3"
    TMPDIR=$3 "$1" --keep --bin "$2" >"$3/sandbox.log" 2>&1 </dev/null &
    sandbox_pid=$!
    local tries=0
    # The last part of what it prints.
    until grep -q 'To try' "$3/sandbox.log"; do
        kill -0 "$sandbox_pid" 2>/dev/null || die "the sandbox has ended: $(cat "$3/sandbox.log")"
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || die "the sandbox did not start within a minute: $(cat "$3/sandbox.log")"
        sleep 0.1
    done
    site=$(echo "$3"/ood-k8s-sandbox-*)
}

# A web node in TREE with the sandbox's site: hook.env, clusters.d and root's kubeconfig in their default places.
web_node() {
    local tree=$1
    mkdir -p "$tree/etc/ood/config/clusters.d" "$tree/root/.kube" "$tree/etc/pki"
    chmod 0700 "$tree/root/.kube"
    install -m 0644 "$site/ca.pem" "$tree/etc/pki/k8s-ca.pem"
    install -m 0600 "$site/registry.json" "$tree/etc/ood/config/image-registry.json"
    install -m 0600 "$site/root.kubeconfig" "$tree/root/.kube/config"
    # People only, as on a web node.
    sed '/MIN_UID/d; s|^REGISTRY_DOCKER_CONFIG_JSON=.*|REGISTRY_DOCKER_CONFIG_JSON=/etc/ood/config/image-registry.json|' \
        "$site/hook.env" >"$tree/etc/ood/config/hook.env"
    chmod 0600 "$tree/etc/ood/config/hook.env"
    sed "s|config_file: .*|config_file: ~/.kube/config|; s|cert_authority_file: .*|cert_authority_file: /etc/pki/k8s-ca.pem|" \
        "$site/clusters.d/demo.yml" >"$tree/etc/ood/config/clusters.d/demo.yml"
}
