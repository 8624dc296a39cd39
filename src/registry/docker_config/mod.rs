//! A docker configuration as data: registries with their credentials, and other fields unchanged.

mod config;
mod edit;
mod end;
mod error;
mod handed;
mod list;

pub use config::DockerConfig;
pub use error::{DockerConfigError, LARGEST_SECRET};
pub use handed::{Handed, LeftOut};
pub use list::{How, Listed};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::registry::name::RegistryName;
    use crate::shell::quoted;
    use std::time::SystemTime;

    use secrecy::ExposeSecret as _;
    use serde_json::{json, Value};

    const ROBOT: &str = "cm9ib3Q6cGFzcw==";

    fn name(text: &str) -> RegistryName {
        RegistryName::parse(text).unwrap()
    }

    fn config(value: &Value) -> DockerConfig {
        DockerConfig::parse(&value.to_string()).unwrap()
    }

    fn written(config: &DockerConfig) -> Value {
        serde_json::from_str(config.to_text().unwrap().expose_secret()).unwrap()
    }

    #[test]
    fn what_is_no_docker_configuration_is_named_without_its_content() {
        for (text, reason) in [
            ("canary", "not JSON (line 1, column 1)"),
            ("[\"canary\"]", "no \"auths\""),
            ("{\"canary\":1}", "no \"auths\""),
            ("{\"auths\":\"canary\"}", "no \"auths\""),
            (
                "{\"auths\":{\"r.example\":{\"auth\":\"canary\ncanary\"}}}",
                "base64 prints it without -w0",
            ),
        ] {
            let error = DockerConfig::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_command_that_an_error_tells_is_one_line_and_does_to_a_shell_what_it_says() {
        let (key, helper) = ("x\n;id", "g $(id)");
        for value in [
            json!({ "auths": {}, "credHelpers": { key: helper } }),
            json!({ "auths": { key: {} }, "credHelpers": { key: helper } }),
            json!({ "auths": {}, "credsStore": helper }),
        ] {
            let error = config(&value).check().unwrap_err().to_string();
            let (_, command) = error.split_once("use --registry ").unwrap();
            assert!(!error.contains('\n'), "{error}");
            let name = command.split(' ').next().unwrap();
            assert!(name == quoted(key) || name == "HOST", "{error}");
            assert!(
                command.ends_with(" --credential-command 'docker-credential-g $(id)'"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_each_auths_has_counts_as_for_docker_and_a_new_password_is_the_one_that_counts() {
        let (one, two) = ("cm9ib3Q6b25l", "cm9ib3Q6dHdv");
        let text = format!(
            r#"{{"auths":{{"a":{{"auth":"{one}"}},"r.example":{{"auth":"{one}"}}}},"aUths":{{"b":{{"auth":"{one}"}}}},"auths":{{"r.example":{{"auth":"{two}"}}}}}}"#
        );
        let mut config = DockerConfig::parse(&text).unwrap();
        let name = RegistryName::parse("r.example").unwrap();
        assert_eq!(config.password_of(&name).unwrap().1.expose_secret(), "two");
        config.set(&name, "robot", &"three".into());
        let written = config.to_text().unwrap();
        let read = DockerConfig::parse(written.expose_secret()).unwrap();
        assert_eq!(read.auths.keys().collect::<Vec<_>>(), ["a", "b", "r.example"]);
        assert_eq!(read.password_of(&name).unwrap().1.expose_secret(), "three");
        assert_eq!(written.expose_secret().to_lowercase().matches("auths").count(), 1);
    }

    #[test]
    fn of_a_field_that_is_there_often_the_last_one_counts_as_for_go_and_a_new_password_is_the_only_one() {
        for (fields, password) in [
            (r#""auth":"cm9ib3Q6b25l","AUTH":"cm9ib3Q6dHdv""#, "two"),
            (r#""AUTH":"cm9ib3Q6b25l","auth":"cm9ib3Q6dHdv""#, "two"),
            (r#""auth":"cm9ib3Q6b25l","auth":null"#, "one"),
            (r#""auth":"cm9ib3Q6b25l","Auth":"cm9ib3Q6dHdv","auth":null"#, "two"),
            (r#""username":"robot","pa\u017fsword":"one","Password":"two""#, "two"),
        ] {
            let text = format!(r#"{{"auths":{{"r.example":{{"email":"a@b",{fields}}}}}}}"#);
            let mut config = DockerConfig::parse(&text).unwrap();
            config.check().unwrap();
            let read = config.password_of(&name("r.example")).unwrap();
            assert_eq!((read.0.as_str(), read.1.expose_secret()), ("robot", password), "{text}");
            config.set(&name("r.example"), "robot", &"new".into());
            let entry = &written(&config)["auths"]["r.example"];
            let fields: Vec<_> = entry.as_object().unwrap().keys().collect();
            assert!(entry["email"] == "a@b" && fields.len() <= 4, "{fields:?}");
            assert!(
                fields
                    .iter()
                    .all(|field| field.is_ascii() && **field == field.to_lowercase()),
                "{fields:?}"
            );
        }
        let number = config(&json!({ "auths": { "r.example": { "AUTH": 7 } } }));
        assert!(number
            .check()
            .unwrap_err()
            .to_string()
            .contains("its auth is not a string"));
    }

    #[test]
    fn of_a_registry_that_is_there_twice_the_last_entry_counts_whole() {
        let text = format!(r#"{{"auths":{{"r.example":{{"auth":"{ROBOT}"}},"r.example":{{"username":"u"}}}}}}"#);
        let entries = DockerConfig::parse(&text).unwrap();
        assert_eq!(written(&entries)["auths"], json!({ "r.example": { "username": "u" } }));
    }

    #[test]
    fn of_helpers_all_count_however_often_and_in_whatever_case_they_are_there() {
        let mut config = DockerConfig::parse(
            r#"{"auth\u017f":{"a":{}},"credhelpers":{"a":"ecr"},"CredHelpers":{"b":"gcr"},"credsStore":"pass","CREDSSTORE":null}"#,
        )
        .unwrap();
        assert_eq!(config.helpers().collect::<Vec<_>>(), [("a", "ecr"), ("b", "gcr")]);
        assert_eq!(config.helper_of("r.example").as_deref(), Some("pass"));
        config.set(&name("r.example"), "robot", &"pass".into());
        assert_eq!(
            written(&config),
            json!({
                "auths": { "a": {}, "r.example": { "auth": ROBOT } }, "credHelpers": { "a": "ecr", "b": "gcr" },
                "credsStore": "pass"
            })
        );
    }

    #[test]
    fn what_is_not_known_is_written_as_it_was_read_in_its_order_so_the_same_of_several_spellings_counts_for_go() {
        let rest = r#""httpHeaders":{"B":"1","A":"1"},"HttpHeaders":{"A":"2","a":"3"},"httpHeaders":{"C":[{"z":1,"Z":2,"z":3}]},"x":1,"x":null"#;
        let fields = r#""serverAddress":"one","email":"a@b","serveraddress":"two""#;
        let text = format!(r#"{{{rest},"auths":{{"r.example":{{{fields},"auth":"eDp5"}}}}}}"#);
        let mut config = DockerConfig::parse(&text).unwrap();
        config.set(&name("r.example"), "robot", &"pass".into());
        config.set_end(&name("r.example"), Some(SystemTime::UNIX_EPOCH));
        config.set_end(&name("r.example"), None);
        let written = config.to_text().unwrap();
        let bare: String = written.expose_secret().split_whitespace().collect();
        let expected = format!(r#"{{"auths":{{"r.example":{{"auth":"{ROBOT}",{fields}}}}},{rest}}}"#);
        assert_eq!(bare, expected);
    }

    #[test]
    fn what_nobody_could_log_in_with_is_named_by_its_registry() {
        for (value, reason) in [
            (json!({ "auths": {} }), "\"auths\" is empty"),
            (
                json!({ "auths": { "r.example": { "auth": "canary" } } }),
                "\"r.example\" cannot be used: its auth is not base64",
            ),
            (
                json!({ "auths": { "r.example": "canary" } }),
                "\"r.example\" cannot be used: it is not an object",
            ),
            (
                json!({ "auths": { "r.example": { "username": "canary" } } }),
                "\"r.example\" cannot be used: its password is empty",
            ),
            (
                json!({ "auths": { "u:canary@r.example": {} } }),
                "\"r.example\" cannot be used: it has neither",
            ),
            (
                json!({ "auths": { "r.example": {} }, "credsStore": "pass" }),
                "--registry r.example --credential-command docker-credential-pass",
            ),
            (
                json!({ "auths": { "r.example": {} }, "credHelpers": { "r.example": "ecr-login" } }),
                "docker-credential-ecr-login",
            ),
            (
                json!({ "credHelpers": { "r.example": "gcr" } }),
                "--registry r.example --credential-command docker-credential-gcr",
            ),
            (
                json!({ "credsStore": "pass" }),
                "--registry HOST --credential-command docker-credential-pass",
            ),
        ] {
            let error = config(&value).check().unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains("canary"), "{error}");
        }
        let helped_but_there = json!({ "auths": { "r.example": { "auth": ROBOT } }, "credsStore": "pass" });
        assert_eq!(config(&helped_but_there).check(), Ok(()));
    }

    #[test]
    fn a_registry_is_added_beside_the_others_and_what_is_not_known_is_kept() {
        let mut merged = config(&json!({
            "auths": { "a.example": { "auth": ROBOT, "x": [1, null] } }, "HttpHeaders": { "X": "y" }, "z": 1.5
        }));
        let outcome = merged.set(&name("b.example"), "robot", &"pass".into());
        assert_eq!(outcome, Outcome::Created);
        assert_eq!(
            written(&merged),
            json!({
                "auths": { "a.example": { "auth": ROBOT, "x": [1, null] }, "b.example": { "auth": ROBOT } },
                "HttpHeaders": { "X": "y" }, "z": 1.5
            })
        );
        assert_eq!(
            merged.set(&name("b.example"), "robot", &"pass".into()),
            Outcome::Unchanged
        );
        assert_eq!(merged.set(&name("b.example"), "robot", &"new".into()), Outcome::Changed);
    }

    #[test]
    fn an_old_password_does_not_stay_under_another_spelling() {
        let mut config = config(&json!({ "auths": {
            "docker.io": { "auth": "b2xk" }, "https://index.docker.io/v1/": { "auth": "b2xk" }, "docker.io/team": { "auth": ROBOT },
            "https://r.example/v2/": { "auth": "b2xk", "email": "a@b.example" }
        } }));
        assert_eq!(
            config.set(&name("index.docker.io/v1/"), "robot", &"pass".into()),
            Outcome::Changed
        );
        assert_eq!(
            config.set(&name("r.example"), "robot", &"pass".into()),
            Outcome::Changed
        );
        assert_eq!(
            written(&config)["auths"],
            json!({
                "docker.io/team": { "auth": ROBOT }, "https://index.docker.io/v1/": { "auth": ROBOT },
                "r.example": { "auth": ROBOT, "email": "a@b.example" }
            })
        );
    }

    #[test]
    fn a_registry_is_removed_in_whatever_spelling_even_one_that_nobody_could_add() {
        let mut config = config(&json!({ "auths": {
            "https://r.example": {}, "r.example/v1/": {}, "ftp://r.example": {}, "s.example": {}
        } }));
        assert_eq!(
            config.remove("r.example").unwrap(),
            ["https://r.example", "r.example/v1/"]
        );
        assert_eq!(config.remove("ftp://r.example").unwrap(), ["ftp://r.example"]);
        assert_eq!(written(&config), json!({ "auths": { "s.example": {} } }));
        let error = config.remove("u:canary@r.example").unwrap_err().to_string();
        assert!(
            error.contains("no entry for \"r.example\"") && !error.contains("canary"),
            "{error}"
        );
    }

    #[test]
    fn entries_are_copied_whole_and_only_those_asked_for() {
        let source = config(&json!({ "auths": {
            "https://index.docker.io/v1/": { "auth": ROBOT, "email": "x" }, "r.example": { "auth": ROBOT }
        } }));
        let mut one = DockerConfig::default();
        let copied = one.copy_from(&source, &[name("docker.io")]).unwrap();
        assert_eq!(copied, [(name("docker.io"), Outcome::Created)]);
        assert_eq!(
            written(&one)["auths"],
            json!({ "https://index.docker.io/v1/": { "auth": ROBOT, "email": "x" } })
        );
        let mut all = one.clone();
        let copied = all.copy_from(&source, &[]).unwrap();
        assert_eq!(
            copied.iter().map(|(_, outcome)| *outcome).collect::<Vec<_>>(),
            [Outcome::Unchanged, Outcome::Created]
        );
    }

    #[test]
    fn what_cannot_be_copied_is_told_and_nothing_is_left_out_silently() {
        for (value, only, reason) in [
            (
                json!({ "auths": { "r.example": { "auth": ROBOT } }, "credHelpers": { "s.example": "gcr" } }),
                None,
                "\"s.example\" is in a credential helper",
            ),
            (
                json!({ "auths": { "r.example": {} }, "credsStore": "pass" }),
                Some("r.example"),
                "credential helper",
            ),
            (
                json!({ "auths": {}, "credsStore": "pass" }),
                Some("r.example"),
                "credential helper",
            ),
            (
                json!({ "auths": { "r.example": { "auth": ROBOT } } }),
                Some("s.example"),
                "no entry for \"s.example\"",
            ),
            (json!({ "auths": { "r.example": { "auth": "!" } } }), None, "not base64"),
            (
                json!({ "auths": { "ftp://r.example": { "auth": ROBOT } } }),
                None,
                "\"ftp://r.example\" cannot be used",
            ),
            (json!({ "auths": {} }), None, "empty"),
            (
                json!({ "auths": { "r.example": { "auth": ROBOT }, "https://r.example": { "auth": "b2xkOm9sZA==" } } }),
                None,
                "several entries for r.example",
            ),
        ] {
            let only: Vec<_> = only.into_iter().map(name).collect();
            let error = DockerConfig::default()
                .copy_from(&config(&value), &only)
                .unwrap_err()
                .to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn what_no_secret_can_hold_is_not_written() {
        let mut large = config(&json!({ "auths": {}, "x": "y".repeat(LARGEST_SECRET) }));
        large.set(&name("r.example"), "robot", &"pass".into());
        assert_eq!(large.to_text().unwrap_err(), DockerConfigError::TooLarge);
    }

    #[test]
    fn the_list_has_users_and_no_passwords() {
        let config = config(&json!({
            "auths": {
                "a.example": { "auth": ROBOT }, "b.example": { "identitytoken": "canary" }, "c.example": {},
                "d.example": { "auth": "canary" }
            },
            "credHelpers": { "c.example": "pass", "e.example": "gcr" }
        }));
        let list = serde_json::to_value(config.list(SystemTime::now())).unwrap();
        assert_eq!(
            list,
            json!([
                { "registry": "a.example", "username": "robot", "how": "password" },
                { "registry": "b.example", "username": null, "how": "left out: it has only an identity or registry token, which the kubelet does not read" },
                { "registry": "c.example", "username": null, "how": "credential helper pass" },
                { "registry": "d.example", "username": null, "how": "left out: its auth is not base64 of user:password" },
                { "registry": "e.example", "username": null, "how": "credential helper gcr" },
            ])
        );
        assert!(!format!("{config:?}").contains("cm9ib3Q"));
        let (user, password) = config.password_of(&name("a.example")).unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("robot", "pass"));
    }
}
