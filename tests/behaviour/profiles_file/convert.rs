//! `profile import`: what Posit's Launcher has becomes a file that can be used.

use super::write;
use crate::support::{Run, Site};

#[test]
fn what_is_converted_can_be_used_and_what_has_no_counterpart_is_a_warning() {
    let site = Site::new();
    let user = site.user.clone();
    let text = format!(
        "[*]\ndefault-cpus=1\nmax-cpus=2\nmax-mem-mb=1024\nplacement-constraints=node,region:us\ncontainer-images=registry.example.org/r:3.4.2\nallow-unknown-images=0\n\n[@power]\nmax-nvidia-gpus=2\n\n[{user}]\nmax-cpus=3\n"
    );
    site.write("launcher.kubernetes.profiles.conf", &text);
    let path = site.path("launcher.kubernetes.profiles.conf");
    let run = Run::of(&mut site.command(&["profile", "import", path.to_str().unwrap()])).done();
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    assert!(run.stderr.contains("line 5: placement-constraints="), "{run:?}");
    assert!(run.stdout.contains("# line 5: placement-constraints="), "{run:?}");
    write(&site, &run.stdout);
    let shown = Run::of(&mut site.command(&["profile", "show", &user])).ok();
    let of = |words: &[&str]| {
        let has = |line: &&str| words.iter().all(|word| line.contains(word));
        assert!(
            shown.stdout.lines().any(|line| has(&line)),
            "{words:?}: {}",
            shown.stdout
        );
    };
    of(&["limitRange.limits.Container.max.cpu", "3", &format!("users {user}")]);
    of(&["limitRange.limits.Container.max.memory", "1024Mi", "everybody"]);
    of(&["resourceQuota.hard[requests.nvidia.com/gpu]", "0", "everybody"]);
    of(&["images", "registry.example.org/r:3.4.2"]);
}

#[test]
fn a_file_that_is_not_there_or_is_no_text_is_told_and_prints_nothing() {
    let site = Site::new();
    site.write("odd.conf", "");
    std::fs::write(site.path("odd.conf"), [0xff, 0xfe]).unwrap();
    // What can be read, and becomes no profiles file that could be used.
    for (text, said, becomes) in [
        ("default-cpus = 1\n", "it has no section, such as [*]", "profiles:"),
        ("[*]\ndefault-cpus=3\nmax-cpus=2\n", "/dev/stdout:8: ", "max"),
        ("[@]\nmax-cpus=2\n", "/dev/stdout:", "groups"),
    ] {
        site.write("wrong.conf", text);
        let path = site.path("wrong.conf");
        let run = Run::of(&mut site.command(&["profile", "import", path.to_str().unwrap()]));
        assert_eq!(run.status, 3, "{run:?}");
        assert!(run.stderr.contains(said) && run.stdout.contains(becomes), "{run:?}");
    }
    for name in ["odd.conf", "missing.conf"] {
        let path = site.path(name);
        let run = Run::of(&mut site.command(&["profile", "import", path.to_str().unwrap()]));
        assert!(
            run.status == 3 && run.stdout.is_empty() && run.stderr.contains(name),
            "{run:?}"
        );
    }
}
