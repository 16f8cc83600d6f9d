//! Nodes: servers that share a database and a configuration.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Server, config_file};

pub(crate) const REDIRECT: &str = "https://app.example.org/cb";

/// Two servers. Whatever is asked the second time is asked of the other one.
pub(crate) struct Nodes {
    arguments: Vec<String>,
    pub(crate) servers: [Server; 2],
}

impl Nodes {
    /// Two nodes on this database, with this configuration kept in a file of this name, and more arguments.
    pub(crate) fn start(database: &str, name: &str, config: Value, more: &[&str]) -> Arc<Self> {
        let mut members = json!({
            "dynamicRegistrationEnabled": true,
            "issuer": "https://op.example.com",
            "registrationEndpoint": "https://op.example.com/register",
        });
        members.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        let file = config_file(name, &members);
        let own = ["--config", file.to_str().unwrap(), "--database", database];
        let arguments: Vec<String> = own.iter().chain(more).map(|&text| text.to_owned()).collect();
        let servers = [start(&arguments), start(&arguments)];
        Arc::new(Self { arguments, servers })
    }

    pub(crate) fn of(&self, index: usize) -> &Server {
        &self.servers[index % 2]
    }

    /// One more node.
    pub(crate) fn another(&self) -> Server {
        start(&self.arguments)
    }

    pub(crate) async fn register(&self, index: usize, metadata: &Value) -> Answer {
        self.of(index).try_register(metadata).await
    }

    pub(crate) async fn manage(
        &self,
        index: usize,
        method: Method,
        id: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Answer {
        let request = self.of(index).request(method, &format!("/register/{id}")).bearer_auth(token);
        Answer::of(body.into_iter().fold(request, reqwest::RequestBuilder::json)).await
    }

    /// The sum of what both nodes counted under this name.
    pub(crate) async fn counted(&self, sample: &str) -> u64 {
        let mut sum = 0;
        for server in &self.servers {
            let page = Answer::of(server.request(Method::GET, "/metrics")).await;
            let lines = page.text().lines().filter_map(|line| line.strip_prefix(sample));
            sum += lines.map(|value| value.trim().parse::<u64>().unwrap()).sum::<u64>();
        }
        sum
    }
}

fn start(arguments: &[String]) -> Server {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Server::start_with(&arguments)
}

/// Runs so many at once and collects what comes of them.
pub(crate) async fn at_once<F>(count: usize, each: impl Fn(usize) -> F) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|index| tokio::spawn(each(index))).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}
