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
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Only what failed'
warn\t'And what works but not as somebody probably meant it'
info\t'And the record that syslog gets'
debug\t'And every request'"
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object a line'"
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -s V -l version -d 'Print version'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "pre-hook" -d 'What OnDemand calls at login: bootstrap-user and set-creds, for every cluster at once'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "bootstrap-user" -d 'Make users\' namespaces and what belongs in them'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "set-creds" -d 'Write the user\'s tokens into the user\'s kubeconfig'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "config" -d 'The configuration as understood'
complete -c ood-k8s -n "__fish_ood_k8s_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l user -d 'Who logs in' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Only what failed'
warn\t'And what works but not as somebody probably meant it'
info\t'And the record that syslog gets'
debug\t'And every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object a line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand pre-hook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l dry-run -d 'Change nothing: print the objects (client), or ask the server what would change (server)' -r -f -a "none\t'Do it'
client\t'Print the objects; ask no cluster'
server\t'Ask the server; change nothing'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -s o -l output -d 'How to print the result [default: table; yaml with --dry-run=client]' -r -f -a "table\t'Columns for people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l jobs -d 'How many users at once' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Only what failed'
warn\t'And what works but not as somebody probably meant it'
info\t'And the record that syslog gets'
debug\t'And every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object a line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l adopt -d 'Take a namespace that nobody has claimed, although nothing in it proves whose it is'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -l show-secrets -d 'Print the registry password with --dry-run=client'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand bootstrap-user" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -s o -l output -d 'How to print the result' -r -f -a "table\t'Columns for people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Only what failed'
warn\t'And what works but not as somebody probably meant it'
info\t'And the record that syslog gets'
debug\t'And every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object a line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand set-creds" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Only what failed'
warn\t'And what works but not as somebody probably meant it'
info\t'And the record that syslog gets'
debug\t'And every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object a line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "show" -d 'Print every setting and where it came from'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'How to print it' -r -f -a "table\t'Columns for people'
json\t'For scripts'
yaml\t'For scripts and people'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l hook-env -d 'Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l clusters-dir -d 'OnDemand\'s cluster configurations [default: /etc/ood/config/clusters.d]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Root\'s kubeconfig [default: ~/.kube/config of whoever runs this]' -r -F
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l cluster -d 'Only this cluster, by the name of its file in clusters.d; can be repeated' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]' -r
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l log-level -d 'What goes to standard error [default: error for pre-hook, warn otherwise]' -r -f -a "error\t'Only what failed'
warn\t'And what works but not as somebody probably meant it'
info\t'And the record that syslog gets'
debug\t'And every request'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'How the record in syslog is written' -r -f -a "logfmt\t'`key=value`'
json\t'One JSON object a line'"
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -l show-secrets -d 'Print CLIENT_SECRET too'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print every setting and where it came from'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds config help" -f -a "pre-hook" -d 'What OnDemand calls at login: bootstrap-user and set-creds, for every cluster at once'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds config help" -f -a "bootstrap-user" -d 'Make users\' namespaces and what belongs in them'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds config help" -f -a "set-creds" -d 'Write the user\'s tokens into the user\'s kubeconfig'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds config help" -f -a "config" -d 'The configuration as understood'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and not __fish_seen_subcommand_from pre-hook bootstrap-user set-creds config help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ood-k8s -n "__fish_ood_k8s_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print every setting and where it came from'
