//! A real node_exporter and a real Prometheus, which scrape what real logins wrote.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{counted, is_there};
use crate::support::Site;

/// A server of the test's own; it ends with it.
struct Server(Child);

impl Server {
    fn start(program: &str, args: &[String]) -> Self {
        let mut command = Command::new(program);
        command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The result of a query, or of another path of the API; `None` until the server answers.
fn get(port: u16, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}

fn query(port: u16, expression: &str) -> Option<f64> {
    let encoded: Vec<_> = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let encoded = encoded.concat();
    let answer = get(port, &format!("/api/v1/query?query={encoded}"))?;
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

/// Two scrapes and an evaluation take some seconds; a machine under load more.
fn eventually<T: std::fmt::Debug>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited a minute for: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Prometheus with the shipped alerts, and node_exporter with the files in a folder.
fn scrape(site: &Site, folder: &std::path::Path) -> (u16, [Server; 2]) {
    let (exporter, prometheus) = (free_port(), free_port());
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/prometheus/rules.yml");
    site.write(
        "prometheus.yml",
        &format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\nscrape_configs:\n\
             - job_name: node\n  static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]\n",
            rules.display()
        ),
    );
    let node = [
        format!("--web.listen-address=127.0.0.1:{exporter}"),
        "--collector.disable-defaults".into(),
        "--collector.textfile".into(),
        format!("--collector.textfile.directory={}", folder.display()),
    ];
    let all = [
        format!("--config.file={}", site.path("prometheus.yml").display()),
        format!("--storage.tsdb.path={}", site.path("tsdb").display()),
        format!("--web.listen-address=127.0.0.1:{prometheus}"),
    ];
    let servers = [
        Server::start("prometheus-node-exporter", &node),
        Server::start("prometheus", &all),
    ];
    (prometheus, servers)
}

#[test]
fn a_real_prometheus_sees_the_logins_and_alerts_that_roots_token_is_refused() {
    if !is_there("prometheus") || !is_there("prometheus-node-exporter") {
        return;
    }
    let site = Site::new();
    fs::create_dir(site.path("metrics")).unwrap();
    let path = site.path("metrics/logins.prom");
    counted(&site);
    site.set(&format!("LOGIN_METRICS_FILE={}", path.display()));
    site.pre_hook().ok();
    site.refresh(&["--metrics-file", site.path("metrics/token.prom").to_str().unwrap()])
        .ok();
    let (port, _servers) = scrape(&site, &site.path("metrics"));
    let ok = "ood_k8s_logins_total{cluster=\"prod\",result=\"ok\"}";
    eventually("the login", || {
        query(port, ok).filter(|count| (count - 1.0).abs() < 0.5)
    });
    site.pre_hook().ok();
    eventually("the next login", || {
        query(port, ok).filter(|count| (count - 2.0).abs() < 0.5)
    });
    let quantile = "histogram_quantile(0.5, ood_k8s_login_duration_seconds_bucket{cluster=\"prod\"})";
    assert!(query(port, quantile).is_some_and(|seconds| seconds > 0.0 && seconds < 60.0));
    assert!(query(port, "node_textfile_scrape_error").is_some_and(|errors| errors < 0.5));
    assert!(query(port, "ood_k8s_root_token_end_timestamp_seconds - time()").is_some_and(|left| left > 0.0));

    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), "no-such-token"),
    );
    assert_eq!(site.pre_hook().status, 5);
    let firing = eventually("the alert", || {
        let alerts = get(port, "/api/v1/alerts")?["data"]["alerts"].as_array()?.clone();
        alerts
            .into_iter()
            .find(|alert| alert["labels"]["alertname"] == "OodK8sRootTokenRefused")
    });
    assert_eq!(
        (firing["state"].as_str(), firing["labels"]["cluster"].as_str()),
        (Some("firing"), Some("prod"))
    );
    let rules = get(port, "/api/v1/rules").unwrap();
    let groups = rules["data"]["groups"].as_array().unwrap();
    let rules: Vec<_> = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .collect();
    assert!(
        rules.len() > 10 && rules.iter().all(|rule| rule["health"] == "ok"),
        "{rules:?}"
    );
}
