//! Listing.

use super::clients::{bare_client, family, full_client};
use super::judge::{differences, remove};
use crate::client::{Client, ClientId};
use crate::host::{ClientDirectory, ClientStore};

/// The listing is in the order of ids byte by byte, and whole: walked page by page, each client comes once.
pub async fn list_is_in_the_order_of_ids(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("list", &["b", "A", "a", "B", "-", "a-", "aa", "a.", "10", "9"]);
    for id in &family {
        store.insert(&full_client(id)).await.expect("insert of a new client");
    }
    let mut walked: Vec<Client> = Vec::new();
    loop {
        let last = walked.last().map(|client| client.id().clone());
        let page = store.list(last.as_ref(), 3).await.expect("list");
        assert!(page.len() <= 3, "a page of at most 3 has {} clients", page.len());
        if page.is_empty() {
            break;
        }
        walked.extend(page);
    }
    assert!(
        walked.windows(2).all(|pair| pair[0].id() < pair[1].id()),
        "the listing is not in the order of ids"
    );
    let own: Vec<&Client> = walked.iter().filter(|client| family.contains(client.id())).collect();
    assert_eq!(own.len(), family.len(), "the listing does not have every client once");
    for client in own {
        let differences = differences(client, &full_client(client.id()));
        assert!(differences.is_empty(), "a listed client is not the stored one: {}", differences.join("; "));
        remove(store, client.id()).await;
    }
}

/// A listed client has its latest use, as one that was looked up by its id has.
pub async fn listed_clients_have_their_uses(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("listed-use", &["1", "2"]);
    let client = full_client(&family[1]);
    store.insert(&client).await.expect("insert of a new client");
    let now = client.issued_at() + time::Duration::days(1);
    store.touch(client.id(), now).await.expect("touch");
    let page = store.list(Some(&family[0]), 1).await.expect("list");
    let differences = differences(&page[0], &client.used_at(now));
    assert!(differences.is_empty(), "a listed client after a use: {}", differences.join("; "));
    remove(store, &family[1]).await;
}

/// A page begins behind the given id, which need not exist, and has at most the given number of clients.
pub async fn list_goes_on_behind_an_id(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("page", &["2", "4", "6", "8", "5"]);
    let [two, four, six, eight, five] = [0, 1, 2, 3, 4].map(|place| family[place].clone());
    for id in [&eight, &two, &six, &four] {
        store.insert(&bare_client(id)).await.expect("insert of a new client");
    }
    for (after, limit, expected) in [
        (&two, 2, vec![&four, &six]),
        (&two, 3, vec![&four, &six, &eight]),
        (&four, 1, vec![&six]),
        (&five, 2, vec![&six, &eight]),
        (&five, 0, vec![]),
    ] {
        let page = store.list(Some(after), limit).await.expect("list");
        let ids: Vec<&ClientId> = page.iter().map(Client::id).collect();
        assert_eq!(ids, expected, "at most {limit} behind {after}");
    }
    remove(store, &four).await;
    let page = store.list(Some(&two), 1).await.expect("list");
    assert_eq!(page[0].id(), &six, "a deleted client is listed");
    for id in [&two, &six, &eight] {
        remove(store, id).await;
    }
}
