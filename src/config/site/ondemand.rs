//! Keys of a cluster's file that OnDemand's adapter reads (`ood_core` of August 2026, `kubernetes/batch.rb` and
//! `cluster.rb`), as it reads them. Nothing here changes what a login does.

use std::path::Path;

use serde_json::Value;

use crate::config::raw::files;
use crate::door::shown;
use crate::yaml;

/// Where the adapter finds kubectl unless the file says otherwise.
const DEFAULT_BIN: &str = "/usr/bin/kubectl";
/// What a shell, or Ruby before it, would not pass on as it stands: the adapter builds a command line without quotes.
const SPLIT: &[char] = &[
    ' ', '\t', '\n', '*', '?', '{', '}', '[', ']', '<', '>', '(', ')', '~', '&', '|', '\\', '$', ';', '\'', '`', '"',
    '#',
];

/// A cluster's file as the adapter sees it.
#[derive(Debug, Default)]
pub struct ForOnDemand {
    job: Value,
    batch_connect: Value,
}

/// A mount of every job.
#[derive(Debug, PartialEq, Eq)]
pub enum Mount {
    /// A path of the node's, by name.
    Host(String),
    /// NFS, by name.
    Nfs(String),
    /// What no API server accepts, in words.
    Broken(String),
}

impl ForOnDemand {
    /// Reads the file again; `None` if it cannot be read, which is reported elsewhere.
    pub fn read(path: &Path) -> Option<Self> {
        let content = files::read(path, "").ok()?;
        let file: Value = yaml::from_str(std::str::from_utf8(&content.bytes).ok()?).ok()?;
        Some(Self {
            job: file["v2"]["job"].clone(),
            batch_connect: file["v2"]["batch_connect"].clone(),
        })
    }

    /// That no job starts since `~` is not expanded; the remedy follows the semicolon.
    pub fn tilde(&self, path: &Path) -> Option<String> {
        let config_file = self.job["config_file"].as_str().filter(|name| name.starts_with('~'))?;
        let file = shown(path);
        // Its default is made from the user's home, not from this text.
        let remedy = if config_file == "~/.kube/config" {
            "leave v2.job.config_file out, which means the same file"
        } else {
            "write an absolute path, or leave v2.job.config_file out"
        };
        Some(format!("config_file is {config_file:?} in {file}, which OnDemand hands to kubectl as it is, and nothing expands the ~ there, so that no job starts; {remedy}"))
    }

    /// The kubectl of OnDemand's jobs.
    pub fn bin(&self) -> &str {
        self.job["bin"].as_str().unwrap_or(DEFAULT_BIN)
    }

    /// Keys whose value falls apart in the adapter's command line.
    pub fn split_values(&self) -> Vec<(&'static str, &str)> {
        let keys = [
            "cluster",
            "context",
            "config_file",
            "username_prefix",
            "namespace_prefix",
        ];
        let values = keys.into_iter().filter_map(|key| Some((key, self.job[key].as_str()?)));
        let is_split = |(key, value): &(&str, &str)| {
            // Told by its own words.
            let value = if *key == "config_file" {
                value.trim_start_matches('~')
            } else {
                value
            };
            value.contains(SPLIT)
        };
        values.filter(is_split).collect()
    }

    /// Whether users' lists of jobs are of all namespaces. To Ruby everything is true but `false` and nothing.
    pub fn all_namespaces(&self) -> bool {
        !matches!(self.job["all_namespaces"], Value::Null | Value::Bool(false))
    }

    /// `auto_supplemental_groups` and `all_namespaces` as texts: `"false"` is true to Ruby.
    pub fn texts_for_flags(&self) -> Vec<&'static str> {
        let keys = ["all_namespaces", "auto_supplemental_groups"];
        keys.into_iter().filter(|key| self.job[*key].is_string()).collect()
    }

    /// Whether OnDemand shows links that log in to the nodes of jobs by SSH.
    pub fn ssh_links(&self) -> bool {
        self.batch_connect["ssh_allow"] != Value::Bool(false)
    }

    /// The mounts of every job, as the adapter's template writes them.
    pub fn mounts(&self) -> Vec<Mount> {
        match &self.job["mounts"] {
            Value::Null => Vec::new(),
            Value::Array(mounts) => mounts.iter().map(mount).collect(),
            _ => vec![Mount::Broken("mounts is not a list".into())],
        }
    }
}

/// The types of a host path (Kubernetes, `HostPathType`).
const HOST_TYPES: [&str; 8] = [
    "",
    "DirectoryOrCreate",
    "Directory",
    "FileOrCreate",
    "File",
    "Socket",
    "CharDevice",
    "BlockDevice",
];

fn mount(mount: &Value) -> Mount {
    let text = |key: &str| mount[key].as_str().unwrap_or_default();
    let name = text("name");
    let broken = |what: String| Mount::Broken(format!("the mount {name:?} has {what}"));
    if !crate::naming::is_label(name) {
        return broken("a name that is no DNS label".into());
    }
    for key in ["path", "destination_path"] {
        if !text(key).starts_with('/') {
            return broken(format!("no absolute {key}"));
        }
    }
    match text("type") {
        "host" if HOST_TYPES.contains(&text("host_type")) => Mount::Host(name.to_owned()),
        "host" => broken(format!("the host_type {:?}", text("host_type"))),
        "nfs" if !text("host").is_empty() => Mount::Nfs(name.to_owned()),
        "nfs" => broken("no host".into()),
        other => broken(format!(
            "the type {other:?}, which the adapter leaves out of the pod's volumes (host and nfs are known)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(job: Value) -> ForOnDemand {
        ForOnDemand {
            job,
            batch_connect: Value::Null,
        }
    }

    #[test]
    fn a_tilde_is_told_wherever_it_would_have_to_be_expanded() {
        for (config_file, is_told) in [
            (json!("~/.kube/config"), true),
            (json!("~/k8s.conf"), true),
            (json!("~other/.kube/config"), true),
            (json!("/srv/kube/config"), false),
            (Value::Null, false),
        ] {
            let told = of(json!({ "config_file": config_file })).tilde(Path::new("/x.yml"));
            assert_eq!(told.is_some(), is_told, "{config_file}");
        }
    }

    #[test]
    fn what_ruby_takes_for_true_is_true() {
        for (value, is_all) in [
            (json!(true), true),
            (json!("false"), true),
            (json!(0), true),
            (json!(false), false),
            (Value::Null, false),
        ] {
            assert_eq!(
                of(json!({ "all_namespaces": value })).all_namespaces(),
                is_all,
                "{value}"
            );
        }
    }

    #[test]
    fn mounts_that_no_server_takes_are_told_from_those_that_a_policy_decides() {
        let host = json!({ "type": "host", "name": "home", "path": "/home", "destination_path": "/home", "host_type": "Directory" });
        let nfs =
            json!({ "type": "nfs", "name": "data", "host": "nfs.example.org", "path": "/x", "destination_path": "/x" });
        assert_eq!(
            of(json!({ "mounts": [host, nfs] })).mounts(),
            [Mount::Host("home".into()), Mount::Nfs("data".into())]
        );
        for (key, value) in [
            ("name", json!("Home Dir")),
            ("path", json!("home")),
            ("destination_path", json!(null)),
            ("host_type", json!("directory")),
            ("type", json!("hostPath")),
        ] {
            let mut bad = host.clone();
            bad[key] = value;
            let mounts = of(json!({ "mounts": [bad] })).mounts();
            assert!(matches!(mounts.as_slice(), [Mount::Broken(_)]), "{key}: {mounts:?}");
        }
        assert!(matches!(
            of(json!({ "mounts": { "home": host } })).mounts()[0],
            Mount::Broken(_)
        ));
    }
}
