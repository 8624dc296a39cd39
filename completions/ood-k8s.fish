# fish completion for ood-k8s: the program itself lists what can follow.

function __ood_k8s_complete
    set -l before (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (string unescape -- (commandline --current-token --cut-at-cursor))
    or set current (commandline --current-token --cut-at-cursor)
    for line in ($before[1] __complete $before "$current" 2>/dev/null)
        # A line that begins with a tab is no candidate.
        if string match --quiet \t'*' -- $line
            set -l parts (string split --max 2 ' ' -- $line)
            getent passwd | awk -F: -v least=$parts[2] -v prefix="$parts[3]" '$3 >= least { print prefix $1 }' | head -n 500
        else if string match --quiet '~/*' -- $current
            # The program has put the home in place of the tilde.
            string replace -- "$HOME/" '~/' $line
        else
            echo $line
        end
    end
end

complete --command ood-k8s --no-files --arguments '(__ood_k8s_complete)'
