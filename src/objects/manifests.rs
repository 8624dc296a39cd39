//! The objects of a site's manifests, with a user's values.

use super::kind::Kind;
use super::object::{Object, Upkeep};
use crate::config::profiles::{Facts, Profile};

/// The objects, and those that stay as they are since a value is not known.
pub(super) fn objects(profile: &Profile, facts: &Facts) -> (Vec<Object>, Vec<(Kind, String)>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for manifest in profile.objects() {
        let (kind, name) = (Kind::from(manifest.kind), manifest.name.clone());
        match manifest.body(facts) {
            None => unknown.push((kind, name)),
            Some(body) => known.push(Object {
                kind,
                name,
                body,
                upkeep: Upkeep {
                    yields: true,
                    is_of_manifest: true,
                    ..Upkeep::default()
                },
            }),
        }
    }
    (known, unknown)
}

#[cfg(test)]
mod tests {
    use crate::config::profiles::{TAKEN, TAKEN_ENDINGS};
    use crate::objects::egress::EGRESS_POLICY;
    use crate::objects::limits::NAME as PROFILE_OBJECTS;
    use crate::objects::network_policy::NETWORK_POLICY;
    use crate::objects::role_bindings::user_binding_name;

    #[test]
    fn names_that_logins_use_are_those_that_manifests_may_not_have() {
        let names: Vec<&str> = TAKEN.iter().map(|(_, name)| *name).collect();
        assert_eq!(names, [PROFILE_OBJECTS, PROFILE_OBJECTS, EGRESS_POLICY, NETWORK_POLICY]);
        let user = crate::naming::Username::parse("ann").unwrap();
        assert!(user_binding_name(&user).ends_with(TAKEN_ENDINGS[0]));
    }
}
