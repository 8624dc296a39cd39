//! What Tab offers, with the key pressed in real shells, and what the scripts are told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::support::{skip, Run, Terminal};

/// A folder with clusters, an administrator's kubeconfig and files with awkward names, and the program in its PATH.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(place.path("clusters.d")).unwrap();
        fs::create_dir_all(place.path("bin")).unwrap();
        fs::create_dir_all(place.path("only-folder")).unwrap();
        for id in ["prod", "staging"] {
            let text = format!(
                "v2: {{job: {{adapter: kubernetes, cluster: {id}, server: {{endpoint: 'https://{id}.example.org'}}, auth: {{type: oidc}}}}}}\n"
            );
            place.write(&format!("clusters.d/{id}.yml"), &text);
        }
        place.write("clusters.d/pitzer.yml", "v2: {job: {adapter: slurm}}\n");
        place.write("hook.env", "MIN_UID=0\nNETWORK_POLICY_ALLOW_CIDR=192.0.2.0/24\n");
        place.write(
            "admin.kubeconfig",
            "contexts: [{name: admin@prod, context: {cluster: prod, user: admin}}, {name: 'odd $(touch red)', context: {}}]\nclusters: []\nusers: []\n",
        );
        place.write("a b $(touch red).json", "");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ood-k8s"), place.path("bin/ood-k8s")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The program or a shell, in this folder, with nothing of the caller's environment.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .env("HOME", self.folder.path())
            .env("TERM", "dumb")
            .current_dir(self.folder.path());
        command
    }

    /// What the scripts are told of the last of these words, without the help.
    fn told(&self, words: &[&str]) -> Vec<String> {
        let mut command = self.command("ood-k8s");
        command.args(["__complete", "ood-k8s"]).args(words);
        let lines = Run::of(&mut command).ok().stdout;
        let words = lines.lines().map(|line| line.split('\t').next().unwrap_or_default());
        words.map(str::to_owned).collect()
    }
}

/// A shell with the completion loaded.
struct Shell {
    terminal: Terminal,
    child: Child,
}

impl Shell {
    fn start(place: &Place, name: &str) -> Option<Self> {
        let (args, load): (&[&str], _) = match name {
            "bash" => (&["--norc", "--noprofile", "-i"], "source <(ood-k8s completion bash)"),
            "zsh" => (
                &["-f", "-i"],
                "autoload -Uz compinit; compinit -u -D; source <(ood-k8s completion zsh)",
            ),
            _ => (&["--no-config", "-i"], "ood-k8s completion fish | source"),
        };
        if !["/usr/bin", "/bin"]
            .iter()
            .any(|folder| Path::new(folder).join(name).exists())
        {
            skip(&format!("there is no {name} here"));
            return None;
        }
        let terminal = Terminal::new();
        // fish wants a terminal of its own.
        let mut command = place.command("setsid");
        command.args(["--ctty", name]).args(args);
        let child = terminal.start(&mut command, terminal.end());
        let mut shell = Self { terminal, child };
        shell.terminal.types(&format!("{load}; echo 'REA''DY'\n"));
        shell.terminal.shows("READY\r\n");
        Some(shell)
    }

    /// The words that stand there after Tab: they are made the arguments of printf, which shows them one by one.
    fn tab(&mut self, typed: &str) -> Vec<String> {
        self.terminal.types(&format!(
            "ood-k8s {typed}\t\x01printf '<%s>\\n' 'BE''GIN' \x05 'EN''D'\n"
        ));
        self.terminal.shows("<BEGIN>\r\n<ood-k8s>\r\n");
        let shown = self.terminal.shows("<END>\r\n");
        let words = shown
            .lines()
            .filter_map(|line| line.strip_prefix('<')?.strip_suffix('>'));
        words.filter(|word| *word != "END").map(str::to_owned).collect()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is typed, and the words after Tab.
const CASES: [(&str, &[&str]); 22] = [
    ("boot", &["bootstrap-user"]),
    ("conf", &["config"]),
    ("config sh", &["config", "show"]),
    ("bootstrap-user --dr", &["bootstrap-user", "--dry-run"]),
    ("bootstrap-user --dry-run=cl", &["bootstrap-user", "--dry-run=client"]),
    ("set-creds -o js", &["set-creds", "-o", "json"]),
    ("set-creds --output=ya", &["set-creds", "--output=yaml"]),
    ("refresh-token --if-rem", &["refresh-token", "--if-remaining-below"]),
    (
        "mint-registry-secret --credential-c",
        &["mint-registry-secret", "--credential-command"],
    ),
    ("completion zs", &["completion", "zsh"]),
    (
        "--clusters-dir clusters.d check --cluster pr",
        &["--clusters-dir", "clusters.d", "check", "--cluster", "prod"],
    ),
    (
        "check --clusters-dir=clusters.d --cluster=st",
        &["check", "--clusters-dir=clusters.d", "--cluster=staging"],
    ),
    // Not a Kubernetes cluster, and no file name either.
    (
        "check --clusters-dir clusters.d --cluster pit",
        &["check", "--clusters-dir", "clusters.d", "--cluster", "pit"],
    ),
    ("check --cluster admin.k", &["check", "--cluster", "admin.k"]),
    (
        "check --hook-env hook.env daem",
        &["check", "--hook-env", "hook.env", "daemon"],
    ),
    (
        "check --hook-env hook.env --user daem",
        &["check", "--hook-env", "hook.env", "--user", "daemon"],
    ),
    (
        "check --hook-env hook.env --user=daem",
        &["check", "--hook-env", "hook.env", "--user=daemon"],
    ),
    (
        "bootstrap-user --hook-env hook.env daem",
        &["bootstrap-user", "--hook-env", "hook.env", "daemon"],
    ),
    // Below MIN_UID, which is 1000 by default.
    ("bootstrap-user daem", &["bootstrap-user", "daem"]),
    (
        "setup-root --admin-kubeconfig admin.k",
        &["setup-root", "--admin-kubeconfig", "admin.kubeconfig"],
    ),
    (
        "setup-root --admin-kubeconfig admin.kubeconfig --admin-context adm",
        &[
            "setup-root",
            "--admin-kubeconfig",
            "admin.kubeconfig",
            "--admin-context",
            "admin@prod",
        ],
    ),
    (
        "mint-registry-secret --list a\\ b",
        &["mint-registry-secret", "--list", "a b $(touch red).json"],
    ),
];

fn completes(name: &str) {
    let place = Place::new();
    let Some(mut shell) = Shell::start(&place, name) else {
        return;
    };
    for (typed, words) in CASES {
        assert_eq!(shell.tab(typed), words, "{name}: {typed}");
    }
    let folder = shell.tab("check --sudoers only-f");
    assert_eq!(
        folder,
        ["check", "--sudoers", "only-folder/"],
        "{name}: no blank, so that Tab goes on"
    );
    let home = shell.tab("check --sudoers ~/admin.k");
    let whole = place.path("admin.kubeconfig");
    assert_eq!(
        home,
        ["check", "--sudoers", whole.to_str().unwrap()],
        "{name}: a tilde is the home"
    );
    // Names that look like a word to the script itself, with arithmetic that would run a command.
    place.write(":users path[$(touch red)] y", "");
    place.write("\tusers path[$(touch red)] y", "");
    place.write(
        "evil.kubeconfig",
        "contexts: [{name: ':users path[$(touch red)] y', context: {}}]\nclusters: []\nusers: []\n",
    );
    shell.tab("--hook-env ");
    shell.tab("setup-root --admin-kubeconfig evil.kubeconfig --admin-context ");
    assert!(
        !place.path("red").exists(),
        "{name}: a file's name was run as a command"
    );
}

#[test]
fn tab_in_bash_completes_commands_flags_values_clusters_contexts_and_users() {
    completes("bash");
}

#[test]
fn tab_in_zsh_completes_commands_flags_values_clusters_contexts_and_users() {
    completes("zsh");
}

#[test]
fn tab_in_fish_completes_commands_flags_values_clusters_contexts_and_users() {
    completes("fish");
}

#[test]
fn flags_are_offered_after_a_dash_or_where_nothing_else_can_follow() {
    let place = Place::new();
    let outputs = place.told(&["set-creds", "-o", ""]);
    assert_eq!(outputs, ["table", "wide", "json", "yaml"]);
    assert!(place.told(&["renew-creds", ""]).contains(&"--quiet".to_owned()));
    assert!(place.told(&["check", "--"]).contains(&"--quiet".to_owned()));
    assert!(
        !place.told(&["check", "--"]).contains(&"--user".to_owned()),
        "an old spelling"
    );
    let commands = place.told(&[""]);
    assert!(commands.contains(&"check".to_owned()) && !commands.contains(&"--cluster".to_owned()));
    assert!(
        !commands.iter().any(|word| word.starts_with('_') || word == "home"),
        "{commands:?}"
    );
}

#[test]
fn codes_of_findings_are_offered_in_any_case_and_nowhere_else() {
    let place = Place::new();
    let told = place.told(&["check", "--explain", "ok8s-20"]);
    assert!(
        told.len() > 5 && told.iter().all(|code| code.starts_with("OK8S-20")),
        "{told:?}"
    );
    let told = place.told(&["check", "--explain=OK8S-207"]);
    assert_eq!(told[0], "--explain=OK8S-207");
    let told = place.told(&["check", "OK8S-20"]);
    assert!(told.iter().all(|word| !word.starts_with("OK8S")), "{told:?}");
}

#[test]
fn what_nothing_can_follow_and_what_cannot_be_read_offers_nothing_and_says_nothing() {
    let place = Place::new();
    place.write("broken.kubeconfig", "contexts: {");
    for words in [
        &["setup-root", "--admin-context", ""][..],
        &["setup-root", "--admin-kubeconfig", "nosuch", "--admin-context", ""],
        &[
            "setup-root",
            "--admin-kubeconfig",
            "broken.kubeconfig",
            "--admin-context",
            "",
        ],
        &["check", "--clusters-dir", "nosuch", "--cluster", ""],
        &["mint-registry-secret", "--registry", ""],
    ] {
        assert_eq!(place.told(words), [""; 0], "{words:?}");
    }
    let run = Run::of(place.command("ood-k8s").arg("__complete")).ok();
    assert_eq!((run.stdout, run.stderr), (String::new(), String::new()));
}

#[test]
fn a_name_that_could_move_the_cursor_or_hide_a_line_is_not_offered() {
    let place = Place::new();
    place.write("zz\u{1b}[2Jred", "");
    place.write("zz\nred", "");
    place.write("zz\u{202e}red", "");
    place.write("zz-good", "");
    assert_eq!(place.told(&["check", "--sudoers", "zz"]), ["zz-good"]);
}
