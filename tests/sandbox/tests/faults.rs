//! Faults and connections, over real TLS.

mod common;

use std::time::{Duration, Instant};

use common::{tls, Client};
use ood_k8s_sandbox::{Fault, Proxy, Sandbox};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PATH: &str = "/api/v1/namespaces/default";
const SHORT: Duration = Duration::from_millis(200);

async fn client(sandbox: &Sandbox) -> Client {
    Client::connect(sandbox, sandbox.admin_token())
        .await
        .expect("the sandbox accepts connections")
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered_and_http1_where_it_is_not() {
    for (sandbox, protocol) in [
        (Sandbox::start(), "HTTP/2"),
        (Sandbox::builder().http1_only().start(), "HTTP/1.1"),
    ] {
        let reply = client(&sandbox).await.send("GET", PATH, "").await.unwrap();
        assert_eq!(reply.code, 200);
        assert!(reply.headers.contains_key("date"));
        let record = &sandbox.requests()[0];
        assert_eq!((record.protocol, record.status), (protocol, Some(200)));
        assert_eq!(record.user.as_deref(), Some("sandbox-admin"));
        assert_eq!(record.user_agent, "tester/1.0");
    }
}

#[tokio::test]
async fn a_status_fault_answers_as_often_as_asked_and_has_no_effect() {
    let sandbox = Sandbox::start();
    sandbox.fail(Fault::status(503).on("PATCH", "/api/v1/namespaces/").times(2));
    let mut client = client(&sandbox).await;
    let body = json!({"metadata": {"labels": {"a": "b"}}}).to_string();
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(client.send("PATCH", PATH, &body).await.unwrap().code);
    }
    assert_eq!(codes, [503, 503, 200]);
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_back() {
    let sandbox = Sandbox::start();
    sandbox.fail(Fault::too_many_requests(7));
    let reply = client(&sandbox).await.send("GET", PATH, "").await.unwrap();
    assert_eq!((reply.code, reply.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(reply.json()["details"]["retryAfterSeconds"], 7);
}

#[tokio::test]
async fn a_login_page_is_html() {
    let sandbox = Sandbox::start();
    sandbox.fail(Fault::html(200));
    let reply = client(&sandbox).await.send("GET", PATH, "").await.unwrap();
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(reply.text.starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn a_connection_is_cut_before_the_answer_without_effect_or_in_the_body_with_it() {
    for builder in [Sandbox::builder(), Sandbox::builder().http1_only()] {
        let sandbox = builder.start();
        let body = json!({"metadata": {"labels": {"a": "b"}}}).to_string();
        sandbox.fail(Fault::cut_before_answer().times(1));
        assert!(client(&sandbox).await.send("PATCH", PATH, &body).await.is_err());
        assert_eq!(sandbox.object(PATH).unwrap()["metadata"]["labels"]["a"], json!(null));
        sandbox.fail(Fault::cut_in_body().times(1));
        assert!(client(&sandbox).await.send("PATCH", PATH, &body).await.is_err());
        assert_eq!(sandbox.object(PATH).unwrap()["metadata"]["labels"]["a"], "b");
        assert_eq!(client(&sandbox).await.send("GET", PATH, "").await.unwrap().code, 200);
    }
}

#[tokio::test]
async fn a_hanging_request_leaves_the_others_on_its_connection_alone() {
    let sandbox = Sandbox::start();
    sandbox.fail(Fault::hang().containing("kube-system"));
    let mut client = client(&sandbox).await;
    assert!(client
        .send_within(SHORT, "/api/v1/namespaces/kube-system")
        .await
        .is_err());
    assert_eq!(client.send("GET", PATH, "").await.unwrap().code, 200);
    assert_eq!(sandbox.requests()[0].status, None);
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_right() {
    let sandbox = Sandbox::start();
    sandbox.fail(Fault::slow(SHORT));
    let start = Instant::now();
    assert_eq!(client(&sandbox).await.send("GET", PATH, "").await.unwrap().code, 200);
    assert!(start.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_whole_server_refuses_keeps_silent_or_shows_a_wrong_authority_until_it_recovers() {
    let sandbox = Sandbox::start();
    let token = sandbox.admin_token().to_owned();
    let connect = || Client::connect(&sandbox, &token);
    let before = sandbox.address();
    sandbox.refuse_connections();
    assert!(connect().await.is_err());
    sandbox.recover();
    sandbox.go_silent();
    assert!(tokio::time::timeout(SHORT, connect()).await.is_err());
    sandbox.show_wrong_ca();
    let error = connect().await.err().expect("the certificate is not trusted");
    assert!(error.to_string().contains("certificate"), "{error}");
    sandbox.recover();
    assert_eq!(connect().await.unwrap().send("GET", PATH, "").await.unwrap().code, 200);
    assert_eq!(sandbox.address(), before);
}

#[tokio::test]
async fn a_certificate_can_be_for_another_name_only() {
    let sandbox = Sandbox::builder().certificate_for(&["kubernetes.example"]).start();
    assert!(tls(&sandbox, "127.0.0.1", &[]).await.is_err());
    assert!(tls(&sandbox, "kubernetes.example", &[]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_at_once_are_served() {
    let sandbox = std::sync::Arc::new(Sandbox::start());
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..200 {
        let sandbox = sandbox.clone();
        tasks.spawn(async move {
            let mut client = client(&sandbox).await;
            let name = format!("user-{index}");
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            let path = format!("/api/v1/namespaces/{name}?fieldManager=test");
            client.send("PATCH", &path, &body.to_string()).await.unwrap().code
        });
    }
    let codes = tasks.join_all().await;
    assert_eq!(codes, vec![201; 200]);
    assert_eq!(sandbox.connections(), 200);
}

#[tokio::test]
async fn a_delayed_line_costs_round_trips_and_not_bytes() {
    let sandbox = Sandbox::start();
    let line = Proxy::delayed(sandbox.address(), Duration::from_millis(25));
    let start = Instant::now();
    let mut stream = tokio::net::TcpStream::connect(line.address()).await.unwrap();
    // The server answers an invalid TLS record with an alert, one round trip after the connection opened.
    for byte in b"GET / HTTP/1.1\r\n\r\n" {
        stream.write_all(&[*byte]).await.unwrap();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(100),
        "opening and one round trip, not {took:?}"
    );
    assert!(
        took < Duration::from_millis(300),
        "bytes must not wait for each other: {took:?}"
    );
    assert_eq!(line.connections(), 1);
}

#[tokio::test]
async fn the_http_proxy_connects_to_what_it_is_asked_for() {
    let sandbox = Sandbox::start();
    let proxy = Proxy::http_connect();
    let mut stream = tokio::net::TcpStream::connect(proxy.address()).await.unwrap();
    let target = sandbox.address().to_string();
    stream
        .write_all(format!("CONNECT {target} HTTP/1.1\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut head = vec![0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head, b"HTTP/1.1 200");
    assert_eq!(proxy.targets(), [target]);
}
