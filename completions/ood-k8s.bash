# bash completion for ood-k8s: the program itself lists what can follow.

_ood_k8s() {
    local rest=${COMP_LINE:0:COMP_POINT} words=() word blanks i
    # COMP_WORDBREAKS splits words at = : and @; join what no blank separates.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        blanks=${rest%%[![:space:]]*}
        rest=${rest#"$blanks"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest
        if ((i == 0)) || [[ -n $blanks ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
        rest=${rest#"$word"}
    done
    # As typed, a blank in a name has a backslash or quotes. No eval: it would run what stands in the words.
    words=("${words[@]//[\\\"\']/}")

    local current=${words[${#words[@]} - 1]} candidate line name uid min_uid prefix unused
    # What bash replaces begins behind the last of these letters.
    local kept=${current%"${current##*[=:@]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        # A line that begins with a tab is no candidate. Arithmetic runs what stands in a word, so only digits get there.
        if [[ $line == $'\t'* ]]; then
            read -r unused min_uid prefix <<<"$line"
            [[ $min_uid =~ ^[0-9]+$ ]] || continue
            while IFS=: read -r name unused uid unused; do
                [[ $uid =~ ^[0-9]+$ && $uid -ge $min_uid && $prefix$name == "$current"* ]] && COMPREPLY+=("${name:$((${#kept} - ${#prefix}))}")
                ((${#COMPREPLY[@]} < 500)) || break
            done < <(getent passwd)
            continue
        fi
        candidate=${line%%$'\t'*}
        candidate=${candidate#"$kept"}
        printf -v candidate %q "$candidate"
        COMPREPLY+=("$candidate")
    done < <("${words[0]}" __complete "${words[@]}" 2>/dev/null)
    # No blank behind a directory, or a flag that waits for its value.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ]]; then
        compopt -o nospace
    fi
}

complete -F _ood_k8s ood-k8s
