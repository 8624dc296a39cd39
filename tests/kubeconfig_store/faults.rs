//! What the disk can do to a kubeconfig: links, odd files, no room, no right. The old file stays whole.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{chown, symlink, DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use ood_k8s::outcome::Outcome;
use ood_k8s::store::{update, StoreError};

use crate::{entries, helper, helper_path, names_in, says, set, skip, WAIT};

fn in_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

#[test]
fn a_new_kubeconfig_and_its_folders_are_for_their_owner_alone() {
    let (folder, _) = in_folder();
    let path = folder.path().join("home/.kube/config");
    assert_eq!(
        set(&path, WAIT, entries("c", "t")).expect("an update"),
        Outcome::Created
    );
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&folder.path().join("home/.kube")), 0o700);
    assert_eq!(names_in(&folder.path().join("home/.kube")), ["config"]);
    assert!(says(&path, entries("c", "t")));
}

#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    let (_folder, path) = in_folder();
    fs::write(&path, "kind: Config\n").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("its mode");
    assert_eq!(
        set(&path, WAIT, entries("c", "t")).expect("an update"),
        Outcome::Changed
    );
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn where_nothing_changes_nothing_is_written() {
    let (folder, path) = in_folder();
    set(&path, WAIT, entries("c", "t")).expect("an update");
    let before = fs::metadata(&path).expect("metadata");
    assert_eq!(
        set(&path, WAIT, entries("c", "t")).expect("an update"),
        Outcome::Unchanged
    );
    let after = fs::metadata(&path).expect("metadata");
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    let same = update(&path, WAIT, |text| Ok::<_, String>(Some(text.into())));
    assert_eq!(same.expect("an update"), Outcome::Unchanged);
    assert_eq!(before.ino(), fs::metadata(&path).expect("metadata").ino());
    assert_eq!(names_in(folder.path()), ["config"]);
}

#[test]
fn links_are_followed_and_stay_links() {
    let (folder, path) = in_folder();
    let target = folder.path().join("elsewhere/real");
    fs::create_dir(folder.path().join("elsewhere")).expect("a folder");
    symlink("elsewhere/link", &path).expect("a link");
    symlink("real", folder.path().join("elsewhere/link")).expect("a link");
    assert_eq!(set(&path, WAIT, entries("c", "t")).expect("dangling"), Outcome::Created);
    assert_eq!(set(&path, WAIT, entries("c", "u")).expect("existing"), Outcome::Changed);
    assert!(path.is_symlink() && !target.is_symlink());
    assert!(says(&target, entries("c", "u")));
    assert_eq!(names_in(folder.path()), ["config", "elsewhere"]);
    assert_eq!(names_in(&folder.path().join("elsewhere")), ["link", "real"]);
}

#[test]
fn links_in_a_circle_and_links_into_a_missing_folder_are_reported() {
    let (folder, path) = in_folder();
    symlink("config", &path).expect("a link");
    let error = set(&path, WAIT, entries("c", "t")).expect_err("a circle");
    assert!(matches!(error, StoreError::LinkLoop { .. }), "{error}");
    fs::remove_file(&path).expect("remove");
    symlink(folder.path().join("missing/config"), &path).expect("a link");
    let error = set(&path, WAIT, entries("c", "t")).expect_err("no folder").to_string();
    assert!(error.contains("missing: its directory does not exist"), "{error}");
}

#[test]
fn what_is_not_a_kubeconfig_is_left_alone() {
    let (folder, path) = in_folder();
    let refused = |path: &Path| set(path, WAIT, entries("c", "t")).expect_err("refused").to_string();
    fs::create_dir(&path).expect("a folder");
    assert!(refused(&path).ends_with("is not a regular file; move it away"));
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    assert!(refused(&pipe).ends_with("is not a regular file; move it away"));
    let endless = folder.path().join("endless");
    symlink("/dev/zero", &endless).expect("a link");
    assert!(refused(&endless).ends_with("is not a regular file; move it away"));
    let huge = folder.path().join("huge");
    File::create(&huge)
        .and_then(|file| file.set_len(1 << 40))
        .expect("a sparse file");
    assert!(refused(&huge).contains("is larger than 4194304 bytes"));
    let binary = folder.path().join("binary");
    fs::write(&binary, b"a: \xff\n").expect("a file");
    assert!(refused(&binary).contains("is not utf-8 text"));
    fs::write(&binary, "a: [s3cret\n").expect("a file");
    let error = refused(&binary);
    assert!(
        error.starts_with("cannot edit ") && !error.contains("s3cret"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&binary).expect("the file"), "a: [s3cret\n");
}

#[test]
fn what_killed_writers_left_behind_is_removed() {
    let (folder, path) = in_folder();
    let left = folder.path().join(".config.ood-k8s-AbCdEfGhIj");
    let file = File::create(&left).expect("a file");
    file.set_modified(SystemTime::now() - Duration::from_secs(61))
        .expect("its time");
    set(&path, WAIT, entries("c", "t")).expect("an update");
    assert_eq!(names_in(folder.path()), ["config"]);
}

#[test]
fn helper_that_says_what_went_wrong() {
    let Some(path) = helper_path() else { return };
    let error = set(&path, Duration::from_millis(200), entries("c", &"x".repeat(100_000)));
    println!("\nerror: {}", error.expect_err("it has to fail"));
}

/// What the helper said.
fn error_of(command: &mut Command) -> String {
    let output = command.output().expect("the helper");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("error: "));
    line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
        .to_owned()
}

const HELPER: &str = "faults::helper_that_says_what_went_wrong";

#[test]
fn a_folder_that_is_not_the_users_is_reported() {
    if !nix::unistd::geteuid().is_root() {
        return skip("becoming another user needs root");
    }
    let (folder, path) = in_folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
    fs::write(&path, "kind: Config\n").expect("a file");
    chown(&path, Some(65534), Some(65534)).expect("chown");
    let error = error_of(helper(HELPER, &path).uid(65534).gid(65534).current_dir("/"));
    assert!(error.contains("permission denied; check its owner and mode"), "{error}");
    let missing = folder.path().join("home/.kube/config");
    let error = error_of(helper(HELPER, &missing).uid(65534).gid(65534).current_dir("/"));
    assert!(
        error.starts_with("cannot create the directory ") && error.contains("permission denied"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).expect("the file"), "kind: Config\n");
}

/// The helper on a file system of its own, which nobody else can see. `None` where that is not allowed.
fn on_a_mount(options: &str, prepare: &str, folder: &Path) -> Option<Command> {
    let mount = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && cd \"$0\" && {prepare}");
    let run = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["-m", "--propagation", "private", "sh", "-c", script])
            .arg(folder);
        command
    };
    let allowed = run(&mount).output().is_ok_and(|output| output.status.success());
    let program = std::env::current_exe().expect("this program");
    let script = format!("{mount}; \"$1\" --exact {HELPER} --nocapture; echo; cat \"$0/config\"");
    let mut command = run(&script);
    command.arg(program).env(crate::HELPER_PATH, folder.join("config"));
    allowed.then_some(command)
}

#[test]
fn a_full_disk_leaves_the_old_file_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut command) = on_a_mount("size=64k", "echo 'kind: Config' > config", folder.path()) else {
        return skip("mounting needs root");
    };
    let error = error_of(&mut command);
    assert!(
        error.contains("no space left; free some space (the old file is intact)"),
        "{error}"
    );
    let output = command.output().expect("the helper").stdout;
    assert!(String::from_utf8_lossy(&output).ends_with("\nkind: Config\n"));
}

#[test]
fn a_disk_without_room_for_another_file_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut command) = on_a_mount("nr_inodes=2", "echo 'kind: Config' > config", folder.path()) else {
        return skip("mounting needs root");
    };
    let error = error_of(&mut command);
    assert!(error.contains("no space left"), "{error}");
}

#[test]
fn a_read_only_file_system_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let prepare = "echo 'kind: Config' > config && mount -o remount,ro \"$0\"";
    let Some(mut command) = on_a_mount("size=1m", prepare, folder.path()) else {
        return skip("mounting needs root");
    };
    let error = error_of(&mut command);
    assert!(
        error.contains("the file system is read-only; mount it writable"),
        "{error}"
    );
}

#[test]
fn a_path_that_ends_nowhere_is_refused() {
    for path in ["/", "..", ""] {
        let error = set(Path::new(path), WAIT, entries("c", "t")).expect_err(path);
        assert!(matches!(error, StoreError::NotRegular { .. }), "{error}");
    }
}

#[test]
fn a_folder_with_a_narrow_mask_is_still_made_for_its_owner() {
    let (folder, _) = in_folder();
    DirBuilder::new()
        .mode(0o500)
        .create(folder.path().join("closed"))
        .expect("a folder");
    let path = folder.path().join("closed/.kube/config");
    match set(&path, WAIT, entries("c", "t")) {
        // Root may write anywhere.
        Ok(outcome) => assert_eq!(outcome, Outcome::Created),
        Err(error) => assert!(error.to_string().contains("permission denied"), "{error}"),
    }
}
