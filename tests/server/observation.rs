//! How the server is, and what it counts.

use http::Method;
use serde_json::json;

use crate::administration::Administered;
use crate::support::{Answer, Server};

#[tokio::test]
async fn a_server_is_alive_and_ready() {
    let server = Server::start();
    for path in ["/health/live", "/health/ready"] {
        let answer = Answer::of(server.request(Method::GET, path)).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "status": "up" })), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

/// The samples of a page that begin so.
fn samples<'p>(page: &'p Answer, beginning: &str) -> Vec<&'p str> {
    page.text().lines().filter(|line| line.starts_with(beginning)).collect()
}

#[tokio::test]
async fn decisions_and_answers_are_counted() {
    let server = Server::start();
    let client = server.register_plain().await;
    server.register_plain().await;
    server.try_register(&json!({ "redirect_uris": ["ftp://app.example.org/cb"] })).await;
    assert_eq!(server.manage(Method::GET, &client, None).await.status, 200);
    assert_eq!(server.manage(Method::PUT, &client, Some(&client.for_update())).await.status, 200);
    assert_eq!(server.manage(Method::DELETE, &client, None).await.status, 204);
    assert_eq!(server.manage(Method::GET, &client, None).await.status, 401);

    let page = Answer::of(server.request(Method::GET, "/metrics")).await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(
        samples(&page, "dcr_decisions_total"),
        [
            r#"dcr_decisions_total{operation="create",outcome="created",code=""} 2"#,
            r#"dcr_decisions_total{operation="create",outcome="refused",code="invalid_redirect_uri"} 1"#,
            r#"dcr_decisions_total{operation="delete",outcome="deleted",code=""} 1"#,
            r#"dcr_decisions_total{operation="read",outcome="read",code=""} 1"#,
            r#"dcr_decisions_total{operation="read",outcome="refused",code="invalid_token"} 1"#,
            r#"dcr_decisions_total{operation="update",outcome="updated",code=""} 1"#,
        ]
    );
    assert_eq!(
        samples(&page, "dcr_answers_total"),
        [
            r#"dcr_answers_total{operation="create",status="201"} 2"#,
            r#"dcr_answers_total{operation="create",status="400"} 1"#,
            r#"dcr_answers_total{operation="delete",status="204"} 1"#,
            r#"dcr_answers_total{operation="read",status="200"} 1"#,
            r#"dcr_answers_total{operation="read",status="401"} 1"#,
            r#"dcr_answers_total{operation="update",status="200"} 1"#,
        ]
    );
    let buckets = samples(&page, r#"dcr_answer_duration_seconds_bucket{operation="create""#);
    assert_eq!(buckets.len(), 13);
    assert_eq!(buckets[12], r#"dcr_answer_duration_seconds_bucket{operation="create",le="+Inf"} 3"#);
    let counts = buckets.iter().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    assert!(counts.is_sorted(), "buckets are cumulative: {buckets:?}");
    assert_eq!(
        samples(&page, r#"dcr_answer_duration_seconds_count{operation="create""#),
        [r#"dcr_answer_duration_seconds_count{operation="create"} 3"#]
    );
    // Each name is told once what it is.
    assert_eq!(samples(&page, "# TYPE dcr_answer_duration_seconds ").len(), 1);
}

/// With an administrative interface the numbers are there, for whoever can reach it.
#[tokio::test]
async fn the_numbers_are_at_the_administrative_interface_if_there_is_one() {
    let own = Administered::start("numbers", &json!({ "dynamicRegistrationEnabled": true }));
    own.server.register_plain().await;
    let page = Answer::of(own.request(Method::GET, "/metrics")).await;
    assert_eq!(page.status, 200);
    assert_eq!(
        samples(&page, "dcr_answers_total"),
        [r#"dcr_answers_total{operation="create",status="201"} 1"#]
    );
    assert_eq!(Answer::of(own.request(Method::GET, "/health/ready")).await.status, 200);
}
