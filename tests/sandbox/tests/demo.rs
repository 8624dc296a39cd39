//! The demonstration as a newcomer runs it: what it shows, what it hides, and what it leaves behind.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use tempfile::TempDir;

/// The demonstration, with an empty home directory and an empty directory for temporary files.
struct Newcomer {
    home: TempDir,
    temporary: TempDir,
}

impl Newcomer {
    fn new() -> Self {
        let folder = || tempfile::tempdir().expect("a directory can be created");
        Self {
            home: folder(),
            temporary: folder(),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s-sandbox"));
        // cargo and rustup would otherwise look for their own directories in the empty home directory.
        let real = std::env::home_dir().expect("the user of cargo has a home directory");
        let own = [
            ("CARGO_HOME", ".cargo"),
            ("RUSTUP_HOME", ".rustup"),
            ("XDG_CACHE_HOME", ".cache"),
        ];
        for (variable, folder) in own {
            if std::env::var_os(variable).is_none() {
                command.env(variable, real.join(folder));
            }
        }
        command
            .env("HOME", self.home.path())
            .env("TMPDIR", self.temporary.path());
        command.stdin(Stdio::null());
        command
    }

    /// With the real program: the one that `cargo test --workspace` has just built, or one that is built now.
    fn with_program(&self) -> Command {
        let mut command = self.command();
        let built = Path::new(env!("CARGO_BIN_EXE_ood-k8s-sandbox")).with_file_name("ood-k8s");
        if built.is_file() {
            command.arg("--bin").arg(built);
        }
        command
    }

    #[track_caller]
    fn left_nothing(&self) {
        for folder in [&self.home, &self.temporary] {
            let left: Vec<_> = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            assert!(left.is_empty(), "left behind: {left:?}");
        }
    }
}

/// No secret of the demonstration, and no JWT.
#[track_caller]
fn shows_no_secret(text: &str) {
    for secret in ["not-for-show", "eyJ", "sandbox-admin-"] {
        assert!(!text.contains(secret), "{secret:?} in: {text}");
    }
}

#[test]
fn both_logins_are_shown_without_a_secret_and_nothing_is_left_behind() {
    let newcomer = Newcomer::new();
    let output = newcomer.with_program().output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && stderr.is_empty(), "{stderr}\n{stdout}");
    for part in [
        "pre-hook --user",
        "POST   201  /api/v1/namespaces",
        "created=namespace/user-",
        "openondemand.org/owner:",
        "NetworkPolicy   deny-from-other-namespaces",
        "refresh-token: <redacted>",
        "First login: ",
        "unchanged=namespace/user-",
        "Returning login: ",
        "error     OK8S-108   hook.env",
        "error     OK8S-207   cluster demo",
        "    0 errors, ",
        "A pod that is refused",
        "median of 5 logins each",
    ] {
        assert!(stdout.contains(part), "no {part:?} in: {stdout}");
    }
    assert!(!stdout.contains('\u{1b}'), "colours, and no terminal: {stdout}");
    shows_no_secret(&stdout);
    newcomer.left_nothing();
}

#[test]
fn without_the_real_control_plane_it_is_said_how_to_see_a_refused_pod() {
    let newcomer = Newcomer::new();
    let mut command = newcomer.with_program();
    let output = command
        .env("KUBEBUILDER_ASSETS", newcomer.home.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    assert!(stdout.contains("run tests/control-plane/build once"), "{stdout}");
    assert!(!stdout.contains("forbidden"), "no imitation: {stdout}");
    newcomer.left_nothing();
}

#[test]
fn the_picture_in_readme_is_what_the_demonstration_shows_with_a_refused_pod() {
    const PICTURE: &str = "docs/src/demonstration.svg";
    let newcomer = Newcomer::new();
    let path = newcomer.home.path().join("picture.svg");
    let output = newcomer.with_program().arg("--picture").arg(&path).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    if stdout.contains("run tests/control-plane/build once") {
        let reason = "the real control plane is not built: tests/control-plane/build";
        assert!(std::env::var_os("OOD_K8S_TEST_STRICT").is_none(), "{reason}");
        println!("SKIPPED: {reason}");
        return;
    }
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("pods here run as you: write runAsUser:"), "{stdout}");
    let shown = fs::read_to_string(&path).unwrap();
    shows_no_secret(&shown);
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PICTURE);
    if std::env::var_os("OOD_K8S_BLESS").is_some() {
        fs::write(&picture, &shown).unwrap();
    }
    let expected = fs::read_to_string(&picture).unwrap_or_default();
    assert_eq!(shown, expected, "{PICTURE} is not up to date; run: tests/generate");
    fs::remove_file(path).unwrap();
    newcomer.left_nothing();
}

#[test]
fn a_kept_site_can_be_tried_with_the_printed_commands_and_goes_away_when_it_is_told_to() {
    let newcomer = Newcomer::new();
    let mut child = newcomer
        .with_program()
        .arg("--keep")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    while !shown.contains("Ctrl-C stops") {
        assert_ne!(stdout.read_line(&mut shown).unwrap(), 0, "it exited early: {shown}");
    }
    shows_no_secret(&shown);
    let commands = commands(&shown);
    assert_eq!(commands.len(), 3, "{shown}");
    for command in commands {
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        shows_no_secret(&String::from_utf8_lossy(&output.stdout));
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(child.wait().unwrap().success());
    newcomer.left_nothing();
}

/// The commands of ood-k8s to try, as pasted into a shell.
fn commands(shown: &str) -> Vec<String> {
    let (_, to_try) = shown.split_once("\nTo try\n").expect("there is something to try");
    let joined = to_try.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    lines
        .filter(|line| line.contains("/ood-k8s "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_program_that_fails_is_reported_in_one_line_and_nothing_is_left_behind() {
    let newcomer = Newcomer::new();
    for (program, words) in [
        ("/bin/false", "the first login failed with exit status: 1: no output"),
        ("/no/such", "cannot run /no/such"),
    ] {
        let output = newcomer.command().args(["--bin", program]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.lines().count() == 1 && stderr.contains(words), "{stderr}");
        newcomer.left_nothing();
    }
}
