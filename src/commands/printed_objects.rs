//! `bootstrap-user --dry-run=client`: prints the objects as manifests, for `kubectl diff` or a review.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use serde_json::{json, Value};

use super::error::{Error, Failures};
use crate::cli::BootstrapUserArgs;
use crate::config::Site;
use crate::login::Blueprint;
use crate::objects::{self, Desired, Kind, Object};
use crate::outcome::of_cluster;
use crate::print::{self, Output};
use crate::time::unix_seconds;
use crate::user::User;

/// The format of objects for kubectl: YAML or JSON. What was asked for and cannot be had is refused.
pub(super) fn format(asked: Option<Output>) -> Result<Output, Error> {
    match asked.unwrap_or(Output::Yaml) {
        output if output.is_table() => Err(Error::Usage(
            "objects for kubectl cannot be printed as a table; use -o yaml or -o json",
        )),
        output => Ok(output),
    }
}

/// Prints every user's objects in every cluster, without contacting one.
pub(super) fn print(
    site: &Site,
    blueprint: &Blueprint<'_>,
    users: &[User],
    args: &BootstrapUserArgs,
    output: Output,
    failures: &mut Failures,
) {
    let mut bodies = Vec::new();
    let pairs = users
        .iter()
        .flat_map(|user| site.clusters.iter().map(move |cluster| (user, cluster)));
    for (user, cluster) in pairs {
        match cluster.access.verdict(user) {
            Ok(verdict) if verdict.is_offered => {}
            Ok(_) => continue,
            Err(error) => {
                failures.add(of_cluster(&cluster.id), error);
                continue;
            }
        }
        match blueprint.of(user, cluster) {
            Ok(desired) => bodies.extend(manifests(&desired, args.show_secrets)),
            Err(error) => failures.add(of_cluster(&cluster.id), error),
        }
    }
    print::manifests(output, &bodies, |body| {
        let is_hidden = body["kind"] == "Secret" && !args.show_secrets;
        if is_hidden {
            "# passwords are omitted; --show-secrets prints them\n"
        } else {
            ""
        }
    });
}

fn manifests(desired: &Desired, show_secrets: bool) -> Vec<Value> {
    let mut namespace = objects::namespace(desired, unix_seconds(SystemTime::now()));
    // Applied by hand, it would set the date of an older claim forward.
    if let Some(annotations) = namespace.body["metadata"]["annotations"].as_object_mut() {
        annotations.remove(objects::CLAIMED);
    }
    let names: Vec<&str> = desired.pull_secrets.iter().map(|secret| secret.name.as_str()).collect();
    let account = (!names.is_empty())
        .then(|| objects::service_account(desired.namespace.as_str(), objects::SERVICE_ACCOUNT, &names));
    let all = std::iter::once(namespace)
        .chain(desired.all_objects().cloned())
        .chain(account);
    all.map(|object| {
        if show_secrets {
            object.body
        } else {
            without_passwords(object)
        }
    })
    .collect()
}

/// Removes the passwords from a Secret; kubectl and the API server still accept it.
fn without_passwords(mut object: Object) -> Value {
    if object.kind == Kind::Secret {
        let empty = base64::engine::general_purpose::STANDARD.encode(r#"{"auths":{}}"#);
        let keys = object.body["data"].as_object().into_iter().flatten();
        let data: BTreeMap<String, &str> = keys.map(|(key, _)| (key.clone(), empty.as_str())).collect();
        object.body["data"] = json!(data);
    }
    object.body
}
