//! A store with 100,000 clients.

use std::time::Instant;

use oauth_dcr::sql::SqlClientStore;
use oauth_dcr::{Client, ClientDirectory, ClientStore, Sweep};
use time::OffsetDateTime;

use crate::bare::{Bare, scattered};
use crate::in_turns;

const CLIENTS: usize = 100_000;

/// The import is none of the store's business: it goes by one task after the other, as a tool would.
pub(crate) async fn measure(name: &str, store: &SqlClientStore, bare: &Bare, template: &Client) {
    let document = serde_json::to_string(&client(template, 0)).unwrap();
    let start = Instant::now();
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let (store, template) = (store.clone(), template.clone());
            tokio::spawn(async move {
                for number in (task..CLIENTS).step_by(16) {
                    store.insert(&client(&template, number)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("{name}: import, each client by itself: {:.0} clients/s", rate(CLIENTS, start));
    // Beside the numbers of the calls before.
    for batch in 0..CLIENTS / 1000 {
        bare.import(1_000_000 + batch * 1000..1_000_000 + (batch + 1) * 1000, &document).await;
    }

    let known = client(template, 77_777);
    let ours = {
        let (store, id) = (store.clone(), known.id().clone());
        move || {
            let (store, id) = (store.clone(), id.clone());
            async move { assert!(store.get(&id).await.unwrap().is_some()) }
        }
    };
    let select = {
        let bare = bare.clone();
        move || bare.clone().get(1_077_777)
    };
    let ratio = in_turns(1, &ours, &select).await;
    println!("{name}: look-up among {CLIENTS}: {ratio}, of a bare select");

    let start = Instant::now();
    let (mut after, mut listed) = (None, 0);
    loop {
        let page = store.list(after.as_ref(), 500).await.unwrap();
        let Some(last) = page.last() else { break };
        listed += page.len();
        after = Some(last.id().clone());
    }
    let ours = rate(listed, start);
    let start = Instant::now();
    let (mut after, mut rows) = (String::new(), 0);
    loop {
        let page = bare.page(&after, 500).await;
        let Some((last, _)) = page.last() else { break };
        rows += page.len();
        after.clone_from(last);
    }
    let bare_rate = rate(rows, start);
    println!(
        "{name}: listing of {listed}: {ours:.0} clients/s, {:.2} x of bare rows ({bare_rate:.0}/s)",
        ours / bare_rate
    );

    let start = Instant::now();
    let due = Sweep::new(OffsetDateTime::from_unix_timestamp(EXPIRY).unwrap());
    let mut swept = 0;
    loop {
        let batch = store.sweep(&due, 500).await.unwrap().len();
        swept += batch;
        if batch < 500 {
            break;
        }
    }
    let ours = rate(swept, start);
    let start = Instant::now();
    let mut removed = 0;
    while removed < swept {
        removed += bare.remove(500).await;
    }
    let bare_rate = rate(removed, start);
    println!(
        "{name}: sweep of {swept} among {CLIENTS}: {ours:.0} clients/s, {:.2} x of bare rows ({bare_rate:.0}/s)",
        ours / bare_rate
    );
}

fn rate(count: usize, start: Instant) -> f64 {
    count as f64 / start.elapsed().as_secs_f64()
}

const EXPIRY: i64 = 1_800_000_000;

/// One of the imported clients; one in five expires.
fn client(template: &Client, number: usize) -> Client {
    let mut form = serde_json::to_value(template).unwrap();
    form["id"] = scattered(2_000_000 + number).into();
    if number.is_multiple_of(5) {
        form["expires_at"] = EXPIRY.into();
    }
    serde_json::from_value(form).unwrap()
}
