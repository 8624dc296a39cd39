# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ood_k8s_global_optspecs
    string join \n hook-env= clusters-dir= kubeconfig= cluster= timeout= log-level= log-format= h/help V/version
end

function __fish_ood_k8s_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ood_k8s_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ood_k8s_using_subcommand
    set -l cmd (__fish_ood_k8s_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -s V -l version -d 'Print version'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "pre-hook" -d 'What OnDemand calls at login: bootstrap-user and set-creds, for every cluster at once'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "bootstrap-user" -d 'Make users\' namespaces and what belongs in them'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "set-creds" -d 'Write the user\'s tokens into the user\'s kubeconfig'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "refresh-token" -d 'Renew the token in root\'s kubeconfig before it ends, for every cluster'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "renew-creds" -d 'Renew the tokens of users whose session at OnDemand goes on, before they end'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "setup-root" -d 'Write root\'s kubeconfig for the clusters of clusters.d: cluster, context, first token'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "cluster-roles" -d 'Print or apply the ServiceAccount and the roles that the other commands need, and no more'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "mint-registry-secret" -d 'Registries\' passwords: into root\'s file, and from there into users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "credential" -d 'Print the user\'s token for one cluster, as kubectl asks for it'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "sync-secret" -d 'Keep a Secret with files of root\'s up to date in users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "check" -d 'Say what is wrong with this web node and its clusters, and how to mend it'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "config" -d 'The configuration as understood'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l user -d 'Who logs in' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l dry-run -d 'Change nothing: print the objects (client), or ask the server what would change (server)' -r -f -a "none\t'Do it'
client\t'Print the objects; ask no cluster'
server\t'Ask the server; change nothing'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -s o -l output -d 'How to print the result [default: table; yaml with --dry-run=client]' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l jobs -d 'How many users at once' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l adopt -d 'Take a namespace that nobody has claimed, although nothing in it proves whose it is'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l show-secrets -d 'Print the registry password with --dry-run=client'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -s o -l output -d 'How to print the result' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l minter-kubeconfig -l admin-kubeconfig -d 'Ask with another identity than the one to renew, for example a cluster administrator\'s' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l minter-context -d 'The context there [default: the one with the cluster\'s endpoint]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l token-file -d 'Take a token that was made elsewhere, from a file of root\'s or, with -, from standard input' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l from-secret -d 'Take the token without an end from this Secret of the ServiceAccount, which only --minter-kubeconfig may read with the shipped rights; a token that is renewed is safer' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l duration -d 'How long the token shall work; the server may give less' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l service-account -d 'Whose token it is [default: service_account of clusters.d, or ondemand/ondemand]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l if-remaining-below -d 'Do nothing while the old token works longer than this' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l interval -d 'How often this runs: warns of a token that ends before the next time (exit status 8)' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l jitter -d 'Wait a random time up to this before a renewal, so that many web nodes do not ask at once' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l metrics-file -d 'Write metrics for node_exporter\'s textfile collector; its name must end in .prom' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -s o -l output -d 'Print the result, also when all is well' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l dry-run -d 'Say what would be done, and do nothing'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l interval -d 'How often this runs: what ends before the next time is renewed. Identity providers\' access tokens often live for five minutes' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l jobs -d 'How many users at once' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l metrics-file -d 'Write metrics for node_exporter\'s textfile collector, into a file of their own; its name must end in .prom' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -s o -l output -d 'Print every user, in place of one line for all' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -s q -l quiet -d 'Print nothing when all is well'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l dry-run -d 'Say what would be done, and do nothing'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l minter-kubeconfig -l admin-kubeconfig -d 'Ask with another identity than the one to renew, for example a cluster administrator\'s' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l minter-context -d 'The context there [default: the one with the cluster\'s endpoint]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l token-file -d 'Take a token that was made elsewhere, from a file of root\'s or, with -, from standard input' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l from-secret -d 'Take the token without an end from this Secret of the ServiceAccount, which only --minter-kubeconfig may read with the shipped rights; a token that is renewed is safer' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l duration -d 'How long the token shall work; the server may give less' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l service-account -d 'Whose token it is [default: service_account of clusters.d, or ondemand/ondemand]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l certificate-authority -d 'The CA of the API server [default: server.cert_authority_file of clusters.d, or the CA of --minter-kubeconfig]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -s o -l output -d 'How to print the result' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l dry-run -d 'Say what would be done, and do nothing'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l admin-kubeconfig -d 'The kubeconfig of somebody who may: a cluster\'s administrator' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l admin-context -d 'The context there [default: the one with the cluster\'s endpoint]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l pull-secret -l secret -d 'One more Secret to give the rights to, beside IMAGE_PULL_SECRET of hook.env; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l service-account -d 'Whom the rights are for [default: service_account of clusters.d, or ondemand/ondemand]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -s o -l output -d 'How to print it [default: yaml, or table with --apply]' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l apply -d 'Make the clusters so, in place of printing'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l no-token-right -d 'Leave out the right to make tokens for itself: somebody else makes them (refresh-token --token-file or --minter-kubeconfig)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l dry-run -d 'With --apply: ask the server what would change, and change nothing'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l write -d 'Write into this docker configuration, which is made where it is missing' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l list -d 'Print registries and user names, no passwords [default: REGISTRY_DOCKER_CONFIG_JSON of hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l registry -d 'The registry as images are named: HOST[:PORT][/PATH], *.example.org or docker.io; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l username -d 'The user\'s name at the registry; without --password-stdin and --password-file the password is asked for' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l password-file -d 'Read the password from a file of root\'s that nobody else can read' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l from-docker-config -d 'Copy the passwords of another docker configuration: all of them, or those of --registry' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l credential-command -d 'Ask a docker credential helper, for example docker-credential-ecr-login. No shell is run: words are split at blanks, quotes and backslashes keep them together, and get is added' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l expires-in -d 'The helper\'s password ends after this long; a JWT says so itself' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l jobs -d 'How many namespaces at once, in each cluster' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l service-account -d 'List the Secret in this ServiceAccount too, where it is there; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -s o -l output -d 'How to print the result [default: table, for --write on a terminal only]' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l password-stdin -d 'Read the password from standard input'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l remove -d 'Take the registries out of the file'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l all -d 'Everybody\'s whom OnDemand has made a namespace for'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l replace -d 'Delete a Secret of another type and make it anew, since a type cannot be changed'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l dry-run -d 'Say what would be done, and do nothing'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l cache-dir -d 'Where the token is [default: ~/.kube/cache/ood-k8s]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l from-file -d 'A file of root\'s, under this key; without a key under its own name; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l type -d 'The Secret\'s type' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l jobs -d 'How many namespaces at once, in each cluster' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -s n -l namespace -d 'This namespace, whoever has it; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -s o -l output -d 'How to print the result' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l all -d 'Everybody\'s whom OnDemand has made a namespace for'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l replace -d 'Delete a Secret of another type and make it anew, since a type cannot be changed'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l dry-run -d 'Ask the server what would change, and change nothing'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l user -d 'Check what this user has, and what a login would change' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l portal-conf -d 'The portal configuration that OnDemand generated [default: the first that exists of Apache\'s usual places]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l sudoers -d 'OnDemand\'s sudoers file [default: /etc/sudoers.d/ood]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -s o -l output -d 'How to print the findings' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -s q -l quiet -d 'Leave out what is as it should be'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "show" -d 'Print every setting and where it came from'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print it' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l show-secrets -d 'Print CLIENT_SECRET too'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print every setting and where it came from'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "pre-hook" -d 'What OnDemand calls at login: bootstrap-user and set-creds, for every cluster at once'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "bootstrap-user" -d 'Make users\' namespaces and what belongs in them'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "set-creds" -d 'Write the user\'s tokens into the user\'s kubeconfig'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "refresh-token" -d 'Renew the token in root\'s kubeconfig before it ends, for every cluster'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "renew-creds" -d 'Renew the tokens of users whose session at OnDemand goes on, before they end'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "setup-root" -d 'Write root\'s kubeconfig for the clusters of clusters.d: cluster, context, first token'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "cluster-roles" -d 'Print or apply the ServiceAccount and the roles that the other commands need, and no more'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "mint-registry-secret" -d 'Registries\' passwords: into root\'s file, and from there into users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "credential" -d 'Print the user\'s token for one cluster, as kubectl asks for it'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "sync-secret" -d 'Keep a Secret with files of root\'s up to date in users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "check" -d 'Say what is wrong with this web node and its clusters, and how to mend it'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "config" -d 'The configuration as understood'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print every setting and where it came from'
