//! Replays the fuzzers' corpus without a fuzzer: each file once was new to one of the targets.

#[path = "properties/api_answer.rs"]
mod api_answer;
#[path = "properties/clusters_d.rs"]
mod clusters_d;
#[path = "properties/docker_config.rs"]
mod docker_config;
#[path = "properties/hook_env.rs"]
mod hook_env;
#[path = "properties/idp_answer.rs"]
mod idp_answer;
#[path = "properties/jwt.rs"]
mod jwt;
#[path = "properties/kubeconfig.rs"]
mod kubeconfig;
#[path = "properties/manifests.rs"]
mod manifests;
#[path = "properties/profiles.rs"]
mod profiles;

use std::fs;
use std::path::Path;

/// In bytes, of all targets: it is read by people, and cloned by everybody.
const LARGEST_CORPUS: usize = 200 * 1024;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files: Vec<_> = entries
        .map(|entry| fs::read(entry.expect("an entry").path()).expect("a file"))
        .collect();
    assert!(files.len() >= 10, "{target}: {} files", files.len());
    files
}

fn replay(target: &str, holds: fn(&[u8])) {
    corpus(target).iter().for_each(|file| holds(file));
}

#[test]
fn whatever_a_hook_env_holds_bash_reads_what_we_accept() {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIPPED: bash is locked in, and that needs root");
        return;
    }
    replay("hook_env", hook_env::holds);
    hook_env::finish();
}

#[test]
fn whatever_a_kubeconfig_holds_our_entry_reads_back_and_every_other_stays() {
    replay("kubeconfig", kubeconfig::holds);
}

#[test]
fn whatever_a_docker_configuration_holds_what_is_set_reads_back() {
    replay("docker_config", docker_config::holds);
}

#[test]
fn whatever_a_file_of_clusters_d_holds_is_said_on_one_line() {
    replay("clusters_d", clusters_d::holds);
}

#[test]
fn whatever_a_profiles_file_holds_is_said_on_one_line() {
    replay("profiles", profiles::holds);
}

#[test]
fn whatever_a_manifest_holds_no_user_changes_its_shape() {
    replay("manifests", manifests::holds);
}

#[test]
fn whatever_a_token_claims_two_readers_see_the_same() {
    replay("jwt", jwt::holds);
}

#[test]
fn whatever_an_api_server_answers_is_judged_without_a_panic() {
    replay("api_answer", api_answer::holds);
}

#[test]
fn whatever_an_identity_provider_answers_is_a_sound_one_or_an_error() {
    replay("idp_answer", idp_answer::holds);
}

#[test]
fn the_corpus_stays_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let targets = fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name());
    let sizes = targets.map(|target| {
        corpus(target.to_str().expect("a name"))
            .iter()
            .map(Vec::len)
            .sum::<usize>()
    });
    let size: usize = sizes.sum();
    assert!(size <= LARGEST_CORPUS, "{size} bytes");
}
