//! Files that must be accepted, and files that must be refused, each with the line and the reason.

use ood_k8s::config::hook_env::Reason;

/// Bash says what their values are.
#[rustfmt::skip]
pub const ACCEPTED: &[&str] = &[
    // Files as sites have them.
    "K8S_USERNAME_PREFIX=\"\"\nNAMESPACE_PREFIX=\"user-\"\nNETWORK_POLICY_ALLOW_CIDR=\"10.0.0.0/16\"\n",
    "IDP_ISSUER_URL=\"https://idp.example.edu/realms/main\"\nCLIENT_ID='ondemand' # public\nCLIENT_SECRET='p$w`\"\\'\n",
    "# registry\nIMAGE_PULL_SECRET=pull\nREGISTRY_DOCKER_CONFIG_JSON=/etc/ood/config/registry.json\n",
    "set -a\nUSE_JOB_POD_REAPER=true\nREAPER_NAMESPACE=reaper\nset +a\n",
    "export KUBECONFIG=$HOME/.kube/config PATH=/usr/local/bin:$PATH\n",
    "BASE=https://$HOST.example.edu\nISSUER=\"${BASE}/auth\" CALLBACK=\"${BASE}/oidc\"\n",
    // Blank lines, comments, separators.
    "", "\n", "\n\n  \t\n", "# only a comment", "#\n#\n", "  # indented\nA=1", "A=1", "A=1\n", "  A=1  \n",
    "\tA=1\t\n", "A=1 # after", "A=1 #", "A=1 #after", "A=1\t#after", "A=a#b", "A=#b", "A='x'#y", "A=\"x\"#y",
    "A=$HOST#y", "A=1 # it's \"not a quote\nB=2", "A=1 # goes on \\\nB=2", "# goes on \\\nB=2",
    "A=1 # $(date) `date` | & ;\nB=2", "A=1;B=2", "A=1 ; B=2 ;", "A=1;#c\nB=2", "A=1 B=2 C=3", "A=1\tB=2", ":",
    ": # nothing\n", "true", "true;A=1", "A=1\n:\nB=2",
    // Plain values.
    "A=", "A= ", "A=;B=1", "A= B=2", "A=\"\"", "A=''", "A=\"\"''", "A==", "A==b", "A=a=b", "A=-1", "A=+", "A=a+=b",
    "A=1,2", "A=a:b", "A=:", "A=a/b.c-d_e", "A=%", "A=^", "A=@", "A=!", "A=a!b", "A=!!", "A=*", "A=/*", "A=?",
    "A=[a-z]", "A=]", "A={", "A=}", "A={a,b}", "A={1..3}", "A={}", "A=a{b,c}d", "A=é", "A='日本語' B=🦀", "_A=1",
    "a1_=2", "A=x\u{a0}y", "A=\u{2028}", "if_=1 for=2 done=3", "export=1", "set=2", "A=if", "A=export", "true=1",
    "A=01", "A=0x1f",
    // Tildes that bash leaves alone.
    "A=a~", "A=/~/x", "A=https://host/~user/", "A='~'", "A=\"~\"", "A=\\~", "A='~'/x", "A=a:'~'", "A=\"x:~\"",
    "A=''~", "A=$HOST~", "A=-~",
    // Quotes.
    "A='a b'", "A=\"a b\"", "A=a' 'b", "A=a\"b\"'c'd", "A='a\"b'", "A=\"a'b\"", "A='it'\\''s'", "A=\"it's\"",
    "A='$HOME'", "A='`date`$(date)'", "A='a\\b'", "A='a\\'", "A='a\nb'", "A=\"a\nb\"\nB=2", "A='\n'", "A='a\\\nb'",
    "A=\"a\\\nb\"", "A='#'", "A=\"#\"", "A=' # '", "A=\" ; | & < > ( ) \"", "A='!'", "A=\"!\"", "A=\"a!b\"",
    "A=\"\\!\"", "A='\t'", "A='{a,b}'",
    // Backslashes.
    "A=a\\ b", "A=\\a", "A=\\\\", "A=\\'", "A=\\\"", "A=\\$HOME", "A=\\#b", "A=\\;", "A=\\&\\|\\<\\>\\(\\)", "A=\\`",
    "A=\\é", "A=\"\\\"\"", "A=\"\\$HOME\"", "A=\"\\`\"", "A=\"\\\\\"", "A=\"\\a\\n\\'\"", "A=\"\\ \"", "A=\"\\\\n\"",
    "A=1\\\nB=2", "A=1 \\\nB=2", "A=1 \\\n B=2", "A=1 \\\n#c\nB=2", "A=1\\\n#c", "\\\nA=1", "\\\n\\\nA=1\\\n",
    "A=\\\n1", "A=1;\\\nB=2", "A=\"$HOST\\\"\"",
    // `$'…'`
    "A=$''", "A=$'a b'", "A=$'a\\'b'", "A=$'\\n\\t\\\\'", "A=$'\\a\\b\\e\\E\\f\\v\\r'", "A=$'\\\"\\?'",
    "A=$'\\x41\\x2f'", "A=$'\\x4'", "A=$'\\101\\60\\7'", "A=$'\\1019'", "A=$'\\u0041\\U00000042'", "A=$'\\u41g'",
    "A=$'\\q\\z\\ \\8'", "A=$'$HOME'", "A=$'\"'", "A=$'a\nb'", "A=$'a\\\nb'", "A=$'é'", "A=a$'b'\"c\"", "A=\"$'a'\"",
    "A=\"$'\"", "export A=$'a\\n{b,c}'", "A='$'\\''x'",
    // References.
    "A=$HOST", "A=$HOST.example", "A=${HOST}s", "A=\"$HOST\"", "A=\"${HOST}s\"", "A=$HOST$HOST", "A='$HOST'",
    "A=$NONE", "A=\"$NONE\"", "A=x${NONE}y", "A=$EMPTY", "A=$SPACED", "A=\"$SPACED\"", "A=$HARSH", "A=\"$HARSH\"",
    "A=\"a ${HARSH} b\"", "A=$HOSTé", "A=$HOST-x", "A=$HOST:x", "A=$HOST/x", "A=$HOST'x'", "A=$HOST\"x\"",
    "A=$HOST\\x", "A=$_x", "HOME=/h\nA=$HOME", "SHELL=/s A=$SHELL", "TERM=x\nA=$TERM", "HOSTNAME=h A=$HOSTNAME",
    "A=$A", "A=1\nA=$A$A\nA=$A$A", "A=1 B=$A", "B=$A A=1", "A=1\nB=$A\nA=2\nC=$A", "HOST=mine\nA=$HOST",
    "A=$HARSH B=$A C=\"$B\"",
    // Dollars that are only dollars.
    "A=$", "A=a$", "A=$ B=1", "A=\"$\"", "A=\"a$ b\"", "A=\"$\\\\\"", "A=$.", "A=$/", "A=$:", "A=$%", "A=$=", "A=$,",
    "A=$é", "A=$~", "A=$+", "A=$\\B", "A=$]", "A=$}", "A=\"$\\x\"", "A=$;B=1",
    // Alternatives.
    "A=${NONE:-x}", "A=${NONE-x}", "A=${EMPTY:-x}", "A=${EMPTY-x}", "A=${HOST:-x}", "A=${HOST-x}", "A=${NONE:+x}",
    "A=${NONE+x}", "A=${EMPTY:+x}", "A=${EMPTY+x}", "A=${HOST:+x}", "A=${HOST+x}", "A=\"${NONE:-x}\"",
    "A=\"${EMPTY-x}\"", "A=\"${HOST:+x}\"", "A=${NONE:-}", "A=${NONE-}", "A=\"${NONE:-}\"", "A=${NONE:-x y}",
    "A=\"${NONE:-x  y}\"", "A=${NONE:-'x  y'}", "A=${NONE:-\"x  y\"}", "A=${NONE:-x\\ y}", "A=${NONE:-x\\}y}",
    "A=${NONE:-'}'}", "A=${NONE:-\"}\"}", "A=${NONE:-$HOST}", "A=${NONE:-${EMPTY:-$HARSH}}",
    "A=\"${NONE:-${EMPTY:-$HARSH}}\"", "A=\"${NONE:-$SPACED}\"", "A=${NONE:-$SPACED}", "A=${NONE:-\"$SPACED\"}",
    "A=${NONE:-x}y}", "A=${NONE:-x;y}", "A=${NONE:-#}", "A=${NONE:- # }", "A=${NONE:-x\ny}", "A=\"${NONE:-x\ny}\"",
    "A=${NONE:-:-x}", "A=${NONE:--x}", "A=${NONE:-a:b=c}", "A=${NONE--}", "A=${NONE:-*}", "A=\"${NONE:-;#(x)}\"",
    "A=${NONE:-https://x.example/y}", "A=${HOST:+\"$HOST:443\"}", "A=\"${HOST:+$HOST:443}\"",
    "A=${NONE:-\"a\\$b\\\\\"}", "A=${NONE:-$}", "A=\"${NONE:-a$ b}\"",
    // `export`
    "export A=1", "export A", "export A B", "export A=1 B=2", "export A B=2 C", "export A=", "export A= B=1",
    "export A=1 # c", "export A;B=1", "A=1\nexport A", "A=1; export A", "export\tA=1", "  export  A=1",
    "export A=$HOST", "export A=$SPACED", "export A=$HARSH", "export A=\"$SPACED\"", "export A=${NONE:-$SPACED}",
    "export A=${NONE:-x y}", "export A=\"${NONE:-x y}\"", "export A=*", "export A=[a-z]*", "export A=a\\ b",
    "export A='a b'", "export A=\"{a,b}\"", "export A='{a,b}'", "export A=\\{a,b}", "export A=}", "export A=1 A=2",
    "A=old\nexport A=new B=$A", "export A=1 B=$A", "export A=a=b", "export \\\nA=1", "export HOST",
    "export A=a~ B=/~",
    // `+=`
    "A+=x", "A=1\nA+=2", "HOST+=x", "EMPTY+=x", "A=1 A+=2 A+=3", "A+=", "A=1\nexport A+=2", "export A=1 A+=2",
    "A=a\nA+=$A", "A=1\nA+=' 2'", "HOME+=/x", "A=5\nA+=-1", "PATH+=:/x",
    // Options and locales that change no value.
    "set -a", "set +a", "set -e\nA=1", "set +e", "set -e;A=$NONE", "set -o allexport\nA=1\nset +o allexport",
    "set -o errexit", "LANG=C A=é", "export LC_ALL=C.UTF-8\nA=é", "LC_CTYPE=POSIX\nA=é", "LANG=",
];

/// What a file is refused for, the line, and files.
#[rustfmt::skip]
const REFUSED: &[(Reason, usize, &[&str])] = &[
    (Reason::Operator('&'), 1, &["A=1&", "A=1 & B=2"]),
    (Reason::Operator('&'), 2, &["A=1\nB=x&&y"]),
    (Reason::Operator('('), 1, &["A=x(y)", "(A=1)", "f() { A=1; }"]),
    (Reason::Operator(')'), 1, &["A=x)"]),
    (Reason::Operator('<'), 1, &["A=<in", "A=x<(y)", "<file"]),
    (Reason::Operator('>'), 1, &["A=x>y", "A=1 >file"]),
    (Reason::Operator('|'), 1, &["A=x|y", "A=1 || B=2", "export A=1|x"]),
    (Reason::LoneSemicolon, 1, &[";", "A=1;;", "A=1; ;B=2"]),
    (Reason::LoneSemicolon, 2, &["A=1\n;B=2"]),
    (Reason::CommandSubstitution, 1, &["A=$(date)", "A=${B:-$(date)}"]),
    (Reason::CommandSubstitution, 2, &["A=1\nB=\"x $(date)\"", "A='x\ny' B=$(date)"]),
    (Reason::Backquote, 1, &["A=`date`", "A=\"`date`\"", "A=${B:-`date`}", "A=\"${B:-`date`}\""]),
    (Reason::Arithmetic, 1, &["A=$((1+1))", "A=\"$((1))\"", "A=$[1+1]"]),
    (Reason::Translation, 1, &["A=$\"x\""]),
    (Reason::Array, 1, &["A=(1 2)", "A+=(1)", "A[0]=1", "export A[0]=1", "export A=(1)"]),
    (Reason::Tilde, 1, &["A=~", "A=~/x", "A=~root", "A=/x:~/y", "A=x=~", "export A=~", "export A=x:~"]),
    (Reason::Tilde, 2, &["A=\\\n~"]),
    (Reason::Braces, 1, &["export A={a,b}", "export A={1..3}", "export A=x{"]),
    (Reason::Command, 1, &[
        "A=a b", "A=1 ls", "echo", "echo A=1", "if true; then A=1; fi", "for A in 1; do :; done",
        "[ -n \"$A\" ] && B=1", "[[ -n $A ]]", "function f { A=1; }", "source /etc/x", ". /etc/x", "unset A",
        "readonly A=1", "declare -x A=1", "local A=1", "A=1 export B=2", "{ A=1; }", "! A=1", "A = 1", "A =1",
        "A-B=1", "1A=1", "=1", "A=1 =2", "'A'=1", "\"A\"=1", "A\\=1", "\\export A=1", "$A=1", "É=1", "A-=1", "A.b=1",
        "\u{a0}A=1", ": ${A=1}", "true x", "::", ":#", ":x", "true#", "exportA=1 x",
    ]),
    (Reason::Command, 2, &["A=1\nB=a b c\n"]),
    (Reason::Command, 4, &["A=1\n\n\nexit 1\n"]),
    (Reason::Export, 1, &[
        "export", "export -p", "export -n A", "export A B-C", "export 1A=1", "export \"A=1\"", "export $HOST",
        "export A\\=1", "export =1",
    ]),
    (Reason::Set, 1, &["set -x", "set", "set -u", "set -o posix", "set -a -- x", "set -a|cat"]),
    (Reason::Set, 2, &["A=1\nset -ae"]),
    (Reason::UnclosedQuote('"'), 1, &["A=\"x", "A=\"x\\\"", "A=\"\\"]),
    (Reason::UnclosedQuote('"'), 3, &["A=1\n\nB=\"x\nC=2\n"]),
    (Reason::UnclosedQuote('\''), 1, &["A='x", "A=it's", "A=$'x\\'"]),
    (Reason::UnclosedQuote('\''), 2, &["A=1\nB='x\n\n"]),
    (Reason::UnclosedBrace, 1, &["A=${B"]),
    (Reason::UnclosedBrace, 2, &["A=1\nB=${C:-x\n"]),
    (Reason::ExpansionWord, 1, &[
        "A=\"${B:-x\"", "A=\"${B:-it's}\"", "A=\"${B:-\"x\"}\"", "A=\"${B:-\\}}\"", "A=${B:-~}", "A=${B:-<(x)}",
        "A=${B:-$'x'}", "A=${B:-{x}}",
    ]),
    (Reason::BackslashAtEnd, 1, &["A=x\\"]),
    (Reason::BrokenReference, 1, &["A=$\\\nB", "A=$HO\\\nST", "A=\"$HO\\\nST\"", "A=${NONE:-x\\\ny}"]),
    (Reason::Escape, 1, &[
        "A=$'\\0'", "A=$'\\x'", "A=$'\\x01'", "A=$'\\177'", "A=$'\\xe9'", "A=$'\\u00e9'", "A=$'\\400'",
        "A=$'\\x{41}'", "A=$'\\cA'", "A=$'\\UFFFFFFFF'",
    ]),
    (Reason::WindowsLineEnd, 1, &["A='x\r\n'"]),
    (Reason::WindowsLineEnd, 2, &["A=1\n\r\n"]),
    (Reason::ControlCharacter, 1, &["A=1\rB=2", "A='\u{1b}[0m'", "A=\u{1}", "A=\u{7f}", "A=x\0y"]),
    (Reason::ByteOrderMark, 1, &["\u{feff}A=1"]),
    (Reason::SpecialParameter, 1, &[
        "A=$1", "A=p$5w", "A=$$", "A=$?", "A=$!", "A=$@", "A=\"$*\"", "A=$#", "A=$-", "A=$0",
    ]),
    (Reason::Expansion, 1, &[
        "A=${B:=x}", "A=${B=x}", "A=${B:?x}", "A=${B?}", "A=${#B}", "A=${!B}", "A=${B#x}", "A=${B%x}", "A=${B/x/y}",
        "A=${B:1}", "A=${B: -1}", "A=${B^^}", "A=${B,}", "A=${B@Q}", "A=${B[0]}", "A=${1}", "A=${}", "A=${B C}",
        "A=\"${ B}\"",
    ]),
    (Reason::Expansion, 3, &["A=1\nB=\"\n${C@Q}\""]),
];

/// Names that are bash's own. The list is written out again here, so that none is lost by mistake.
#[rustfmt::skip]
const OWN: &[&str] = &[
    "UID", "EUID", "PPID", "RANDOM", "SECONDS", "LINENO", "IFS", "PWD", "OLDPWD", "SHLVL", "SHELLOPTS", "BASHPID",
    "HOSTTYPE", "PS4", "HISTSIZE", "POSIXLY_CORRECT", "_",
];

/// Every file that must be refused, with the line and the reason.
pub fn refused() -> Vec<(String, usize, Reason)> {
    let mut all = Vec::new();
    for (reason, line, files) in REFUSED {
        all.extend(files.iter().map(|&file| (file.to_owned(), *line, reason.clone())));
    }
    for &name in OWN {
        for file in [
            format!("A=1\n{name}=1"),
            format!("A=1\n{name}+=1"),
            format!("A=1\nexport {name}"),
            format!("A=x\nB=\"${name}\""),
            format!("A=1\nB=${{NONE:-${{{name}}}}}"),
        ] {
            all.push((file, 2, Reason::ShellVariable(name)));
        }
    }
    for name in ["SHELL", "TERM", "HOSTNAME", "ONDEMAND_USERNAME", "HOOK_ENV"] {
        all.push((format!("\nA=${name}"), 2, Reason::MadeUp(name.to_owned())));
    }
    for (name, locale) in [("LANG", "ja_JP.SJIS"), ("LC_ALL", "zh_CN.GBK")] {
        all.push((
            format!("A=1\nexport {name}={locale}"),
            2,
            Reason::Locale(name.to_owned()),
        ));
    }
    all
}
