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

complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -s V -l version -d 'Print version'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "pre-hook" -d 'Run bootstrap-user and set-creds for every cluster; OnDemand calls this at login'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "bootstrap-user" -d 'Create or update users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "stamp-uids" -d 'Stamp users\' namespaces with the users\' uids, after the accounts were renumbered'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "set-creds" -d 'Write the user\'s tokens into the user\'s kubeconfig'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "refresh-token" -d 'Renew the token in root\'s kubeconfig before it expires, for every cluster'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "renew-creds" -d 'Renew the tokens of users with an active OnDemand session before they expire'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "setup-root" -d 'Write root\'s kubeconfig for the clusters in clusters.d: cluster, context and first token'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "cluster-roles" -d 'Print or apply the ServiceAccount and the minimal roles that the other commands need'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "mint-registry-secret" -d 'Write registry passwords to root\'s registry file, and from there to users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "credential" -d 'Print the user\'s token for one cluster, as a kubectl credential plugin'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "sync-secret" -d 'Copy root\'s files into a Secret in users\' namespaces, and keep it up to date'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "check" -d 'Report what is wrong with this web node and its clusters, and how to fix it'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "config" -d 'Show the effective configuration'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l user -d 'The user who logs in' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l dry-run -d 'Change nothing: print the objects (client), or have the server report what would change (server)' -r -f -a "none\t'Make the changes'
client\t'Print the objects; contact no cluster'
server\t'Have the server report what would change'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l take-over-from -d 'Hand the namespace of this user over to the user, after removing the RoleBindings and tokens that give anybody else permissions in it. Needs an administrator\'s kubeconfig (--kubeconfig)' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -s o -l output -d 'Output format [default: table; yaml with --dry-run=client]' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l jobs -d 'Maximum number of users processed at a time' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l adopt -d 'Take over an unclaimed namespace even if nothing in it proves that it is the user\'s'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l show-secrets -d 'Include the registry password in the output of --dry-run=client'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l jobs -d 'Maximum number of namespaces processed at a time in each cluster' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -s o -l output -d 'Output format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l all -d 'All users who have a namespace'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -l dry-run -d 'Have the server report what would change, without changing it'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand stamp-uids" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -s o -l output -d 'Output format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l minter-kubeconfig -l admin-kubeconfig -d 'Request the token with this kubeconfig instead of root\'s, for example a cluster administrator\'s' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l minter-context -d 'Context in that kubeconfig [default: the one with the cluster\'s endpoint]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l token-file -d 'Use a token issued elsewhere, from a file that only root can read or, with -, from standard input' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l from-secret -d 'Use the non-expiring token in this Secret of the ServiceAccount (not recommended; with the shipped permissions it requires --minter-kubeconfig)' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l duration -d 'Requested lifetime of the token; the server may grant less' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l service-account -d 'ServiceAccount of the token [default: service_account in clusters.d, or ondemand/ondemand]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l if-remaining-below -d 'Do nothing if the old token is valid for longer than this' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l interval -d 'How often this command runs: it warns if a token expires before the next run (exit status 8)' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l jitter -d 'Wait a random time, at most this long, before a renewal, so that web nodes do not all send requests at once' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l metrics-file -d 'Write metrics for node_exporter\'s textfile collector to this file; its name must end in .prom' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -s o -l output -d 'Print the results, also on success, in this format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -l dry-run -d 'Only print what would be done'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand refresh-token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l interval -d 'How often this command runs: tokens that expire before the next run are renewed. Access tokens are often valid for five minutes' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l jobs -d 'Maximum number of users processed at a time' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l metrics-file -d 'Write metrics for node_exporter\'s textfile collector to this file, which no other command may write; its name must end in .prom' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -s o -l output -d 'Print one line per user instead of a summary, in this format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -s q -l quiet -d 'Print nothing on success'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -l dry-run -d 'Only print what would be done'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand renew-creds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l minter-kubeconfig -l admin-kubeconfig -d 'Request the token with this kubeconfig instead of root\'s, for example a cluster administrator\'s' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l minter-context -d 'Context in that kubeconfig [default: the one with the cluster\'s endpoint]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l token-file -d 'Use a token issued elsewhere, from a file that only root can read or, with -, from standard input' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l from-secret -d 'Use the non-expiring token in this Secret of the ServiceAccount (not recommended; with the shipped permissions it requires --minter-kubeconfig)' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l duration -d 'Requested lifetime of the token; the server may grant less' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l service-account -d 'ServiceAccount of the token [default: service_account in clusters.d, or ondemand/ondemand]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l certificate-authority -d 'CA certificate of the API server [default: server.cert_authority_file in clusters.d, or the CA in --minter-kubeconfig]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -s o -l output -d 'Output format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -l dry-run -d 'Only print what would be done'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand setup-root" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l admin-kubeconfig -d 'Kubeconfig of a cluster administrator' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l admin-context -d 'Context in that kubeconfig [default: the one with the cluster\'s endpoint]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l pull-secret -l secret -d 'Grant access to this Secret in addition to IMAGE_PULL_SECRET in hook.env; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l service-account -d 'ServiceAccount that gets the permissions [default: service_account in clusters.d, or ondemand/ondemand]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -s o -l output -d 'Output format [default: yaml; table with --apply]' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l apply -d 'Apply the manifests to the clusters instead of printing them'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l no-token-right -d 'Do not let the account issue its own tokens: they come from elsewhere (refresh-token --token-file or --minter-kubeconfig)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -l dry-run -d 'With --apply: have the server report what would change, without changing it'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand cluster-roles" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l write -d 'Write to this docker configuration; it is created if missing' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l list -d 'List registries and user names, without passwords [default: REGISTRY_DOCKER_CONFIG_JSON in hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l registry -d 'Registry as in image names: HOST[:PORT][/PATH], *.example.org or docker.io; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l username -d 'User name at the registry; without --password-stdin or --password-file the command prompts for the password' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l password-file -d 'Read the password from this file, which must be readable only by root' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l from-docker-config -d 'Copy the passwords from another docker configuration: all, or those for --registry' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l credential-command -d 'Run this docker credential helper, for example docker-credential-ecr-login. No shell is used: arguments are separated by spaces, which quotes and backslashes protect, and get is appended' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l expires-in -d 'Lifetime of the helper\'s password; not needed for a JWT' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l jobs -d 'Maximum number of namespaces processed at a time in each cluster' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l service-account -d 'Also list the Secret in this ServiceAccount, if it exists; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -s o -l output -d 'Output format [default: table; with --write only on a terminal]' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l password-stdin -d 'Read the password from standard input'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l remove -d 'Remove the registries from the file'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l all -d 'All users who have a namespace'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l replace -d 'Delete and recreate a Secret of another type, since a Secret\'s type cannot be changed'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -l dry-run -d 'Only print what would be done'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand mint-registry-secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l cache-dir -d 'Directory that holds the token [default: ~/.kube/cache/ood-k8s]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand credential" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l from-file -d 'A file that only root can modify, and its key in the Secret [default key: the file\'s name]; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l type -d 'Type of the Secret' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l jobs -d 'Maximum number of namespaces processed at a time in each cluster' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -s n -l namespace -d 'Write to this namespace without checking its owner; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -s o -l output -d 'Output format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l all -d 'All users who have a namespace'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l only-present -d 'With --all, leave out users who are not in the passwd database any more'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l replace -d 'Delete and recreate a Secret of another type, since a Secret\'s type cannot be changed'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -l dry-run -d 'Have the server report what would change, without changing it'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand sync-secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l user -d 'Also check this user\'s account and namespaces, and what a login would change' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l portal-conf -d 'Portal configuration generated by OnDemand [default: the first that exists in Apache\'s usual directories]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l sudoers -d 'OnDemand\'s sudoers file [default: /etc/sudoers.d/ood]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -s o -l output -d 'Output format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -s q -l quiet -d 'Print only warnings and errors'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "show" -d 'Print every setting and its source'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'Columns, for people'
json\t'JSON, for scripts'
yaml\t'YAML, for scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l hook-env -d 'Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l clusters-dir -d 'Directory with OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of the user who runs the command]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l cluster -d 'Process only this cluster, named after its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l log-level -d 'Lowest level of messages on standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Failures only'
warn\t'Also what works, but probably not as intended'
info\t'Also the log line that goes to syslog'
debug\t'Also every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'Format of the syslog messages' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object per line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l show-secrets -d 'Print CLIENT_SECRET as well'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print every setting and its source'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "pre-hook" -d 'Run bootstrap-user and set-creds for every cluster; OnDemand calls this at login'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "bootstrap-user" -d 'Create or update users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "stamp-uids" -d 'Stamp users\' namespaces with the users\' uids, after the accounts were renumbered'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "set-creds" -d 'Write the user\'s tokens into the user\'s kubeconfig'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "refresh-token" -d 'Renew the token in root\'s kubeconfig before it expires, for every cluster'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "renew-creds" -d 'Renew the tokens of users with an active OnDemand session before they expire'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "setup-root" -d 'Write root\'s kubeconfig for the clusters in clusters.d: cluster, context and first token'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "cluster-roles" -d 'Print or apply the ServiceAccount and the minimal roles that the other commands need'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "mint-registry-secret" -d 'Write registry passwords to root\'s registry file, and from there to users\' namespaces'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "credential" -d 'Print the user\'s token for one cluster, as a kubectl credential plugin'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "sync-secret" -d 'Copy root\'s files into a Secret in users\' namespaces, and keep it up to date'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "check" -d 'Report what is wrong with this web node and its clusters, and how to fix it'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "config" -d 'Show the effective configuration'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user stamp-uids set-creds refresh-token renew-creds setup-root cluster-roles mint-registry-secret credential sync-secret check config help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print every setting and its source'
