//! The namespaces that a login makes and those that the dashboard looks for: Rust and Ruby agree on every name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ood_k8s::naming::{is_label, NameError, Namespace, NamespaceNames, NamespaceRules, Username};
use serde_json::{json, Value};

const PREFIXES: [&str; 6] = ["", "user-", "a", "User-", "u-", "a-prefix-that-is-thirty-bytes-l"];

/// Letters of user names, with more of those that make no namespace.
const LETTERS: &[&str] = &[
    "a", "b", "c", "x", "y", "z", "0", "1", "9", "-", "-", ".", "_", "_", "@", "+", "A", "B", "Z", "ä", "Ä", "ß", "İ",
    "ı", "ſ", "ﬁ", "Σ", "ς", "é", "e\u{301}", "中", "𝒜",
];

fn initializer() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/initializers/ood_k8s_namespace.rb")
}

fn has_ruby() -> bool {
    if Command::new("ruby").arg("--version").output().is_ok() {
        return true;
    }
    let strict = std::env::var_os("OOD_K8S_TEST_STRICT");
    assert!(strict.as_deref() != Some(OsStr::new("1")), "not run: there is no ruby");
    eprintln!("SKIPPED, not proved: there is no ruby");
    false
}

/// The output of a Ruby program that has loaded the initializer and gets this on standard input.
fn ruby(program: &str, input: &Value) -> Value {
    let mut ruby = Command::new("ruby")
        // The locale of nginx's children: names are not valid in it.
        .env("LC_ALL", "C")
        .args(["-W0", "-rjson", "-e", program])
        .arg(initializer())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ruby");
    let mut stdin = ruby.stdin.take().expect("its input");
    let text = input.to_string();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = ruby.wait_with_output().expect("its output");
    writer.join().expect("no panic").expect("it reads all");
    assert!(output.status.success(), "{program}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Always the same names, from a linear congruential generator (Knuth's MMIX).
fn names(count: usize) -> Vec<String> {
    let mut state: u64 = 1;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let mut names = Vec::new();
    while names.len() < count {
        let longest = [3, 12, 70, 120][next(4)];
        let length = 1 + next(longest);
        let mut name: String = (0..length).map(|_| LETTERS[next(LETTERS.len())]).collect();
        if next(20) == 0 {
            name.push('$');
        }
        if Username::parse(&name).is_ok() {
            names.push(name);
        }
    }
    names
}

fn ours(prefix: &str, name: &str) -> Result<String, NameError> {
    let rules = NamespaceRules {
        reserved: Vec::new(),
        names: NamespaceNames::Slug,
    };
    let user = Username::parse(name)?;
    Namespace::of_user(prefix, &user, &rules).map(|namespace| namespace.to_string())
}

#[test]
fn ruby_and_rust_name_the_namespace_of_ten_thousand_users_alike() {
    if !has_ruby() {
        return;
    }
    let pairs: Vec<_> = names(10_000)
        .into_iter()
        .enumerate()
        .map(|(i, name)| (PREFIXES[i % PREFIXES.len()], name))
        .collect();
    let theirs = ruby(
        "load ARGV[0]; puts JSON.parse(STDIN.read.force_encoding('UTF-8')).map { |p, u| OodK8sNamespace.of(p, u) }.to_json",
        &json!(pairs),
    );
    let theirs = theirs.as_array().expect("a list");
    let mut slugs = BTreeMap::new();
    for ((prefix, name), theirs) in pairs.iter().zip(theirs) {
        let theirs = theirs.as_str().expect("a name");
        match ours(prefix, name) {
            Ok(ours) => assert_eq!(ours, theirs, "{prefix:?} {name:?}"),
            Err(NameError::Reserved { namespace, .. }) => assert_eq!(namespace, theirs, "{prefix:?} {name:?}"),
            // Then the dashboard says what ood_core says.
            Err(_) => assert!(!is_label(theirs), "{prefix:?} {name:?}: {theirs}"),
        }
        if theirs.contains("---") {
            let other = slugs.insert(theirs.to_owned(), (prefix, name));
            assert!(
                other.is_none_or(|other| other == (prefix, name)),
                "{theirs}: {other:?} and {name:?}"
            );
        }
    }
    assert!(theirs.len() == 10_000 && slugs.len() > 3_000, "{} slugs", slugs.len());
}

#[test]
fn a_name_is_the_same_in_whatever_encoding_ruby_takes_it_for() {
    if !has_ruby() {
        return;
    }
    let names = ["ann", "a.b", "jörg", "Ann_Lee", "中"];
    let theirs = ruby(
        "load ARGV[0]
         users = JSON.parse(STDIN.read.force_encoding('UTF-8'))
         puts %w[UTF-8 US-ASCII ISO-8859-1 ASCII-8BIT].map { |encoding|
           users.map { |user| OodK8sNamespace.of('user-', user.dup.force_encoding(encoding)).force_encoding('UTF-8') }
         }.to_json",
        &json!(names),
    );
    let expected: Vec<_> = names
        .iter()
        .map(|name| ours("user-", name).expect("a namespace"))
        .collect();
    for theirs in theirs.as_array().expect("a list") {
        assert_eq!(*theirs, json!(expected));
    }
}

#[test]
fn the_initializer_goes_before_the_adapter_and_leaves_other_names_to_it() {
    if !has_ruby() {
        return;
    }
    // The class as ood_core has it, with the method that is replaced, private like there.
    let program = "
        $LOADED_FEATURES.push('ood_core.rb', 'ood_core/job/adapters/kubernetes.rb')
        def require(name) = name.start_with?('ood_core') ? true : super
        module OodCore; module Job; module Adapters; class Kubernetes
          class Batch
            attr_reader :namespace_prefix, :username
            def initialize(prefix, user); @namespace_prefix, @username = prefix, user; end
            def submit = namespace
            private
            def namespace = \"#{namespace_prefix}#{username.gsub(/[.@]/, '-')}\"
          end
        end; end; end; end
        load ARGV[0]
        batch = OodCore::Job::Adapters::Kubernetes::Batch
        names = JSON.parse(STDIN.read.force_encoding('UTF-8')).map { |user| batch.new('user-', user).submit }
        puts [names, batch.private_method_defined?(:namespace)].to_json";
    let said = ruby(program, &json!(["ann", "a.b@c", "Ann_Lee"]));
    let slug = ours("user-", "Ann_Lee").expect("a slug");
    assert_eq!(said, json!([["user-ann", "user-a-b-c", slug], true]));
}
