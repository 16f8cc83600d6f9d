//! What callers were told while things went wrong.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use oauth_dcr::ClientDirectory;
use oauth_dcr::sql::SqlClientStore;
use serde_json::json;

use crate::nodes::REDIRECT;
use crate::support::{Answer, Registered, Server};
use crate::tell;

/// Every answer of a test.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Clients that were acknowledged with 201.
    clients: Mutex<Vec<(String, String)>>,
    acknowledged: AtomicUsize,
    /// Answers with 503 and `Retry-After`.
    turned_away: AtomicUsize,
    /// Requests that were never answered, since the server was gone.
    unanswered: AtomicUsize,
    /// What should not have been answered.
    wrong: Mutex<Vec<String>>,
}

impl Ledger {
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    pub(crate) fn turned_away(&self) -> usize {
        self.turned_away.load(Ordering::SeqCst)
    }

    /// Tries to register a client and notes what came of it. False if there was no answer.
    pub(crate) async fn try_register(&self, server: &Server) -> bool {
        let request = server.request(Method::POST, "/register").json(&json!({ "redirect_uris": [REDIRECT] }));
        let Ok(response) = request.send().await else {
            self.unanswered.fetch_add(1, Ordering::SeqCst);
            return false;
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let Ok(body) = response.bytes().await else {
            self.unanswered.fetch_add(1, Ordering::SeqCst);
            return false;
        };
        let answer = Answer { status, headers, body: body.to_vec() };
        match status {
            201 => {
                let client = Registered::of(answer.json());
                self.clients.lock().unwrap().push((client.id, client.token));
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            503 if is_clean(&answer) => {
                self.turned_away.fetch_add(1, Ordering::SeqCst);
            }
            _ => self.wrong.lock().unwrap().push(format!("{answer:?}")),
        }
        true
    }

    /// Asks for every client that was acknowledged, prints the numbers, and asserts that they are in order.
    pub(crate) async fn close(&self, what: &str, server: &Server, store: &SqlClientStore) {
        let clients = self.clients.lock().unwrap().clone();
        let mut found = 0;
        for (id, token) in &clients {
            let request = server.request(Method::GET, &format!("/register/{id}")).bearer_auth(token);
            found += usize::from(Answer::of(request).await.status == 200);
        }
        let unlike: HashSet<&str> = clients.iter().map(|(id, _)| id.as_str()).collect();
        let (duplicates, lost) = (clients.len() - unlike.len(), clients.len() - found);
        // Those that were stored and whose answer never came.
        let stored = store.list(None, 100_000).await.unwrap().len();
        tell(&format!(
            "{what}: acknowledged {}, found {found}, duplicates {duplicates}, lost {lost}; stored without an answer {}, \
             turned away {}, unanswered {}",
            clients.len(),
            stored - found,
            self.turned_away(),
            self.unanswered.load(Ordering::SeqCst),
        ));
        assert_eq!(*self.wrong.lock().unwrap(), [""; 0]);
        assert_eq!((duplicates, lost), (0, 0));
    }
}

/// A 503 that tells when to come back, and nothing of what is wrong.
fn is_clean(answer: &Answer) -> bool {
    let expected = json!({ "error": "temporarily_unavailable", "error_description": "try again later" });
    answer.header("retry-after") == Some("1") && answer.json() == expected
}
