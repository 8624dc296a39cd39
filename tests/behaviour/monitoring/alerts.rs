//! The alerts and the dashboard that are shipped, by Prometheus' own tool.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{json, Value};

use super::is_there;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn promtool(args: &[&str], file: &Path) {
    let output = Command::new("promtool").args(args).arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
}

#[test]
fn each_alert_fires_at_what_it_says_and_at_nothing_else() {
    if !is_there("promtool") {
        return;
    }
    promtool(
        &["check", "rules", "--lint=all", "--lint-fatal"],
        &shipped("hooks/prometheus/rules.yml"),
    );
    let tests = ["rules", "days"].map(|name| shipped(&format!("tests/behaviour/monitoring/{name}.test.yml")));
    tests.iter().for_each(|file| promtool(&["test", "rules"], file));
    let all = |file: &Path| -> Value { ood_k8s::yaml::from_str(&fs::read_to_string(file).unwrap()).unwrap() };
    let of = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let cases = tests
        .iter()
        .flat_map(|file| of(&all(file), "tests"))
        .flat_map(|test| of(&test, "alert_rule_test"));
    let seen: Vec<_> = cases
        .map(|case| (case["alertname"].clone(), case.get("exp_alerts").is_some()))
        .collect();
    let groups = of(&all(&shipped("hooks/prometheus/rules.yml")), "groups");
    let alerts: Vec<_> = groups.iter().flat_map(|group| of(group, "rules")).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        for fires in [true, false] {
            assert!(
                seen.contains(&(alert["alert"].clone(), fires)),
                "fires: {fires}: nothing tests {alert}"
            );
        }
    }
}

/// The names of metrics in an expression.
fn metrics(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("ood_k8s_"))
        .map(str::to_owned)
        .collect()
}

fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_metrics_that_the_program_writes() {
    let source: String = ["logins", "root_token", "sessions", "findings", "namespaces"]
        .iter()
        .map(|name| fs::read_to_string(shipped(&format!("src/metrics/{name}.rs"))).unwrap())
        .collect();
    let dashboard: Value = serde_json::from_slice(&fs::read(shipped("hooks/grafana/dashboard.json")).unwrap()).unwrap();
    let mut asked: BTreeSet<_> = expressions(&dashboard).iter().flat_map(|text| metrics(text)).collect();
    asked.extend(metrics(
        &fs::read_to_string(shipped("hooks/prometheus/rules.yml")).unwrap(),
    ));
    assert!(asked.len() > 10, "{asked:?}");
    for metric in &asked {
        let name = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|end| metric.strip_suffix(end))
            .unwrap_or(metric);
        assert!(source.contains(&format!("\"{name}\"")), "nothing writes {metric}");
    }
    let page = fs::read_to_string(shipped("docs/src/monitoring.md")).unwrap();
    let users = fs::read_to_string(shipped("docs/src/users-tokens.md")).unwrap();
    for quoted in source
        .split('"')
        .filter(|text| text.starts_with("ood_k8s_") && !text.contains(['{', ' ']))
    {
        assert!(
            page.contains(quoted) || users.contains(quoted),
            "the book says nothing of {quoted}"
        );
    }
}

#[test]
fn each_expression_of_the_dashboard_is_one_of_prometheus() {
    if !is_there("promtool") {
        return;
    }
    let dashboard: Value = serde_json::from_slice(&fs::read(shipped("hooks/grafana/dashboard.json")).unwrap()).unwrap();
    let ids: BTreeSet<_> = dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|panel| panel["id"].as_u64())
        .collect();
    assert_eq!(
        ids.len(),
        dashboard["panels"].as_array().unwrap().len(),
        "ids are unlike each other"
    );
    let rules: Vec<_> = expressions(&dashboard)
        .iter()
        .enumerate()
        .map(|(nth, text)| {
            // What Grafana puts in place of its variables.
            let text = text
                .replace("$__rate_interval", "5m")
                .replace("$__range", "1d")
                .replace("$instance", ".*")
                .replace("$cluster", ".*");
            assert!(!text.contains('$'), "{text}");
            json!({ "record": format!("panel:{nth}"), "expr": text })
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    fs::write(
        &file,
        json!({ "groups": [{ "name": "dashboard", "rules": rules }] }).to_string(),
    )
    .unwrap();
    promtool(&["check", "rules"], &file);
}
