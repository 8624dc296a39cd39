//! The registry file on its way into namespaces: what the kubelet reads, entry by entry, and nothing else.

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine as _;
use serde_json::{json, Value};

use super::support::{Run, Site, CANARY};

/// What a namespace must never hold: readable as it is and in base64.
const ROOTS: &str = "rOoTs-oWn";

fn auth(pair: &str) -> String {
    STANDARD.encode(pair)
}

fn good() -> Value {
    json!({ "auth": auth(&format!("robot:{CANARY}")) })
}

impl Site {
    fn write_registry(&self, config: &Value) {
        self.write("registry.json", &config.to_string());
    }

    /// What the kubelet gets, if there is a Secret.
    fn handed(&self) -> Option<Value> {
        let secret = self.cluster.object(&self.core("secrets/registry"))?;
        let data = STANDARD.decode(secret["data"][".dockerconfigjson"].as_str()?).unwrap();
        Some(serde_json::from_slice(&data).unwrap())
    }

    /// What `check` says of the registry file.
    fn checked(&self) -> Vec<Value> {
        let run = Run::of(&mut self.command(&["check", "-o", "json"]));
        let all = run.json()["findings"].as_array().unwrap().clone();
        let is_of_file = |finding: &Value| finding["area"] == "registry file" && finding["severity"] != "ok";
        all.into_iter().filter(is_of_file).collect()
    }

    /// A login, `check` and `--list` say the same of the registry file: these words.
    #[track_caller]
    fn say(&self, words: &str) {
        let login = self.bootstrap(&[]);
        assert!(login.stderr.contains(words), "no {words:?} at the login: {login:?}");
        let checked = self.checked();
        assert!(
            checked
                .iter()
                .any(|found| found["text"].as_str().unwrap().contains(words)),
            "no {words:?} in check: {checked:?}"
        );
        let file = self.path("registry.json");
        let list = Run::of(&mut self.command(&["mint-registry-secret", "--list", file.to_str().unwrap()]));
        assert!(list.stderr.contains(words), "no {words:?} in the list: {list:?}");
    }
}

/// The documents' file of one login to Azure's registry, and other sessions that tools leave in it.
#[test]
fn a_persons_session_stays_with_root_and_is_told() {
    let site = Site::new();
    let azure = auth("00000000-0000-0000-0000-000000000000:");
    for (entry, words) in [
        (
            json!({ "auth": azure, "identitytoken": ROOTS }),
            "only an identity or registry token",
        ),
        (json!({ "identitytoken": ROOTS }), "only an identity or registry token"),
        (
            json!({ "registrytoken": ROOTS, "auth": "" }),
            "only an identity or registry token",
        ),
        (
            json!({ "username": "alice", "IdentityToken": ROOTS }),
            "only an identity or registry token",
        ),
        (
            json!({ "auth": auth(&format!("alice:sha256~{ROOTS}")) }),
            "a session of OpenShift",
        ),
        (
            json!({ "username": "alice", "password": format!("sha256~{ROOTS}") }),
            "a session of OpenShift",
        ),
    ] {
        site.write_registry(&json!({ "auths": { "r.example.org": entry, "s.example.org": good() } }));
        site.say("the entry of \"r.example.org\" is left out: it");
        site.say(words);
        assert_eq!(
            site.handed(),
            Some(json!({ "auths": { "s.example.org": good() } })),
            "{entry}"
        );
    }
}

#[test]
fn headers_and_proxies_stay_with_root_and_are_told() {
    let site = Site::new();
    let config = json!({
        "auths": { "r.example.org": { "auth": auth(&format!("robot:{CANARY}")), "email": ROOTS, "x": ROOTS, "identitytoken": ROOTS } },
        "HttpHeaders": { "X-Meta-Auth": ROOTS }, "proxies": { "default": { "httpsProxy": ROOTS } }, "credsStore": ROOTS, "plugins": { "x": ROOTS },
    });
    site.write_registry(&config);
    for words in [
        "HttpHeaders stays with root",
        "proxies stays with root",
        "the token beside the password of \"r.example.org\" stays",
    ] {
        site.say(words);
    }
    assert_eq!(site.handed(), Some(json!({ "auths": { "r.example.org": good() } })));
    assert_eq!(site.bootstrap(&[]).done().status, 0, "no more than a warning");
}

#[test]
fn what_an_older_login_left_in_a_namespace_is_taken_away() {
    let site = Site::new();
    let session = json!({ "identitytoken": ROOTS });
    site.bootstrap(&[]).ok();
    let leaked =
        json!({ "auths": { "r.example.org": session, "s.example.org": good() }, "HttpHeaders": { "X": ROOTS } });
    let data = STANDARD.encode(leaked.to_string());
    site.cluster.merge(
        &site.core("secrets/registry"),
        &json!({ "data": { ".dockerconfigjson": data } }),
    );
    site.write_registry(&leaked);
    site.bootstrap(&[]).done();
    assert_eq!(site.handed(), Some(json!({ "auths": { "s.example.org": good() } })));
    site.write_registry(&json!({ "auths": { "r.example.org": session } }));
    site.cluster.merge(
        &site.core("secrets/registry"),
        &json!({ "data": { ".dockerconfigjson": data } }),
    );
    let run = site.bootstrap(&[]);
    assert_eq!(
        (run.status, site.handed()),
        (3, Some(json!({ "auths": {} }))),
        "{run:?}"
    );
}

#[test]
fn a_file_that_says_nothing_else_goes_as_it_is() {
    let site = Site::new();
    for text in [
        json!({ "auths": { "r.example.org": good() } }).to_string(),
        format!("{{ \"auths\":\t{{\n \"r.example.org\": {} }} }}\n", good()),
        json!({ "auths": { "r.example.org": { "username": "robot", "password": CANARY } } }).to_string(),
    ] {
        site.write("registry.json", &text);
        site.bootstrap(&[]).ok();
        let secret = site.cluster.object(&site.core("secrets/registry")).unwrap();
        assert_eq!(secret["data"][".dockerconfigjson"], STANDARD.encode(&text));
    }
    let twice = format!(
        "{{\"auths\":{{\"r.example.org\":{{\"identitytoken\":\"{ROOTS}\"}},\"r.example.org\":{}}}}}",
        good()
    );
    site.write("registry.json", &twice);
    site.bootstrap(&[]).ok();
    let secret = site.cluster.object(&site.core("secrets/registry")).unwrap();
    let data = STANDARD
        .decode(secret["data"][".dockerconfigjson"].as_str().unwrap())
        .unwrap();
    assert!(
        !String::from_utf8(data).unwrap().contains(ROOTS),
        "what is said twice is not read, and not handed out"
    );
}

/// The kubelet reads nothing of a file with one of these in it.
#[test]
fn a_bad_entry_is_left_out_and_the_good_ones_go_on_working() {
    let site = Site::new();
    for (entry, words) in [
        (json!({ "auth": "robot:pass" }), "not base64 of user:password"),
        (json!({ "auth": auth("robot") }), "not base64 of user:password"),
        (json!({ "auth": "cm9ib3Q6 cGFzcw==" }), "base64 -w0"),
        (json!({ "auth": ["x"] }), "its auth is not a string"),
        (
            json!({ "auth": auth("robot:p"), "password": 7 }),
            "its password is not a string",
        ),
        (json!("robot:pass"), "it is not an object"),
        (json!(null), "neither a password nor a token"),
        (json!({}), "neither a password nor a token"),
        (json!({ "auth": auth(":pass") }), "its user is empty"),
        (json!({ "auth": auth("robot:") }), "its password is empty"),
    ] {
        site.write_registry(&json!({ "auths": { "r.example.org": good(), "old.example.org": entry } }));
        site.say("the entry of \"old.example.org\" is left out: ");
        site.say(words);
        assert_eq!(
            site.handed(),
            Some(json!({ "auths": { "r.example.org": good() } })),
            "{entry}"
        );
    }
    for (key, words) in [
        ("ftp://r.example.org", "is not valid for an image"),
        ("robot:x@r.example.org", "contains an @"),
        ("r.example.org/*", "a pattern that the kubelet does not support"),
        ("registry", "neither a dot nor a port"),
    ] {
        site.write_registry(&json!({ "auths": { "r.example.org": good(), key: good() } }));
        site.say(words);
        assert_eq!(
            site.handed(),
            Some(json!({ "auths": { "r.example.org": good() } })),
            "{key}"
        );
    }
}

#[test]
fn a_password_that_worked_stays_where_the_file_has_a_worse_one() {
    let site = Site::new();
    let old = json!({ "auth": auth(&format!("old:{CANARY}")) });
    let both = json!({ "auths": { "r.example.org": good(), "old.example.org": old } });
    for worse in [
        json!({ "auth": "robot:pass" }),
        json!({ "auth": auth("old:pass\n") }),
        json!({ "identitytoken": "x" }),
        json!({}),
    ] {
        site.write_registry(&both);
        site.bootstrap(&[]).done();
        let new = json!({ "auth": auth(&format!("new:{CANARY}")) });
        site.write_registry(&json!({ "auths": { "r.example.org": new, "https://old.example.org": worse } }));
        site.bootstrap(&[]).done();
        let kept = json!({ "auths": { "r.example.org": new, "old.example.org": old } });
        assert_eq!(site.handed(), Some(kept), "{worse}");
        let before = site.cluster.requests().len();
        site.bootstrap(&[]).done();
        let all = site.cluster.requests();
        let secret = all[before..].iter().filter(|seen| seen.path.contains("secrets"));
        assert_eq!(
            secret.map(|seen| seen.method.as_str()).collect::<Vec<_>>(),
            ["GET"],
            "nothing to write again"
        );
    }
    site.write_registry(&json!({ "auths": { "r.example.org": good() } }));
    site.bootstrap(&[]).ok();
    assert_eq!(
        site.handed(),
        Some(json!({ "auths": { "r.example.org": good() } })),
        "what root took out is gone"
    );
}

#[test]
fn where_no_entry_works_the_secret_stays_and_a_new_namespace_gets_none() {
    let site = Site::new();
    let bad = json!({ "auths": { "registry.example.org": { "auth": "robot:pass" } } });
    site.write_registry(&bad);
    fails(&site.bootstrap(&[]), 3, "no entry of it can be used");
    assert_eq!(site.handed(), None);
    assert!(
        site.cluster.object(&site.binding("ood-user")).is_some(),
        "all else is done"
    );
    site.write_registry(&json!({ "auths": { "registry.example.org": good() } }));
    site.bootstrap(&[]).ok();
    let before = site.handed();
    site.write_registry(&bad);
    fails(&site.bootstrap(&[]), 3, "no entry of it can be used");
    assert_eq!(site.handed(), before);
}

#[test]
fn with_a_secret_for_each_registry_a_bad_entry_touches_no_other_and_not_its_own() {
    let site = Site::new();
    site.set("IMAGE_PULL_SECRET_PER_REGISTRY=true");
    // The shipped permissions are for one name.
    let everything = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("root.kubeconfig", &everything);
    let paths =
        ["registry-r-example-org", "registry-old-example-org"].map(|name| site.core(&format!("secrets/{name}")));
    let text = |path: &str| {
        site.cluster
            .object(path)
            .map(|secret| secret["data"][".dockerconfigjson"].clone())
    };
    site.write_registry(&json!({ "auths": { "r.example.org": good(), "old.example.org": good() } }));
    site.bootstrap(&[]).ok();
    let before = paths.each_ref().map(|path| text(path));
    site.write_registry(&json!({ "auths": { "r.example.org": good(), "old.example.org": { "auth": "x" } } }));
    site.say("the entry of \"old.example.org\" is left out");
    assert_eq!(paths.each_ref().map(|path| text(path)), before);
}

/// `echo robot:pass | base64`, and other passwords that no registry accepts.
#[test]
fn a_password_that_cannot_work_is_left_out_and_told() {
    let site = Site::new();
    let ended = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(r#"{"exp":1000000000}"#));
    let of_amazon = STANDARD.encode(r#"{"payload":"x","expiration":1000000000}"#);
    for (entry, words) in [
        (
            json!({ "auth": "cm9ib3Q6cGFzcwo=" }),
            "its password has a line end or another control character",
        ),
        (json!({ "auth": auth("robot:pass\r\n") }), "its password has a line end"),
        (
            json!({ "auth": auth("robot:pa\tss") }),
            "its password has a line end or another control character",
        ),
        (
            json!({ "username": "robot", "password": "pass\n" }),
            "its password has a line end",
        ),
        (
            json!({ "username": "robot\n", "password": "pass" }),
            "its user has a line end",
        ),
        (
            json!({ "auth": auth(&format!("oauth2:{ended}")) }),
            "its password expired",
        ),
        (
            json!({ "auth": auth(&format!("AWS:{of_amazon}")) }),
            "its password expired",
        ),
        (
            json!({ "auth": auth("robot:pass"), "openondemand.org/credential-end": "2020-01-01T00:00:00Z" }),
            "its password expired",
        ),
    ] {
        site.write_registry(&json!({ "auths": { "r.example.org": entry, "s.example.org": good() } }));
        site.say(words);
        assert_eq!(
            site.handed(),
            Some(json!({ "auths": { "s.example.org": good() } })),
            "{entry}"
        );
    }
}

#[test]
fn base64_in_several_lines_is_named_with_what_makes_it_one() {
    let site = Site::new();
    site.write(
        "registry.json",
        "{\"auths\":{\"r.example.org\":{\"auth\":\"cm9ib3Q6\ncGFzcw==\"}}}",
    );
    for run in [
        site.bootstrap(&[]),
        Run::of(&mut site.command(&["check"])),
        Run::of(&mut site.command(&["mint-registry-secret", "--list"])),
    ] {
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(
            all.contains("base64 prints it without -w0") && all.contains("mint-registry-secret --write"),
            "{run:?}"
        );
    }
}

/// Fails, and says this, among other things.
#[track_caller]
fn fails(run: &Run, status: i32, words: &str) {
    assert!(run.status == status && run.stderr.contains(words), "{run:?}");
}
