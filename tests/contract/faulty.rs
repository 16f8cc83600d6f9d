//! A store with one defect at a time.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use async_trait::async_trait;
use oauth_dcr::testing::contract;
use oauth_dcr::{Cause, Client, ClientDirectory, ClientId, ClientState, ClientStore, StoreError, Sweep};
use time::OffsetDateTime;

use crate::{panic_message, poll_through, wait};

/// The suite bites: the sound store passes, and each defect is found by the check that is about it.
#[test]
fn each_defect_of_a_store_is_found() {
    let through = |store: &Faulty| poll_through(Box::pin(contract::client_store(store)));
    let sound = Faulty::new(Defect::None);
    through(&sound);
    assert!(sound.clients.lock().unwrap().is_empty(), "the suite removes its clients");
    for (defect, complaint) in [
        (Defect::UnknownIsAnError, "get of an unknown id is not an error"),
        (Defect::LosesFractions, "after insert: metadata.extra_fraction is 0 and not 0.1"),
        (Defect::LosesFlags, "after insert: flags is "),
        (Defect::LosesSecret, "after insert: secret is absent and not "),
        (Defect::InsertOverwrites, "insert of a taken id was Ok(())"),
        (Defect::InsertLooksFirst, "of 8 calls at once, not one succeeded but 8"),
        (Defect::FoldsCase, "found another client"),
        (Defect::ReplaceMerges, "the client is not the one that was stored after replace"),
        (Defect::ReplaceDoesNotCompare, "replace of revision 7 with 0 expected was Ok(())"),
        (Defect::ReplaceTakesLaterRevisions, "replace of revision 7 with 8 expected was Ok(())"),
        (Defect::ReplaceInserts, "replace of an unknown id was Ok(())"),
        (Defect::ReplaceLooksFirst, "of 8 calls at once, not one succeeded but 8"),
        (Defect::ReplaceBringsBack, "is there after a replace and a delete at once"),
        (Defect::DeleteIsAlwaysTrue, "there was nobody to delete"),
        (Defect::DeleteKeeps, "it was deleted before"),
        (Defect::KeysAreShared, "a taken unique key was taken again: Ok(())"),
        (Defect::KeysStayWithTheDeleted, "the key of a deleted client is free"),
        (Defect::KeysAreCut, "insert with another unique key: Duplicate"),
        (Defect::RevisionsAreFractions, "replace of revision 9223372036854775807 with"),
        (Defect::KeysAreNotCheckedByReplace, "a taken unique key was taken again: Ok(())"),
    ] {
        assert_found(defect, complaint, through);
    }
}

/// The same for directories.
#[test]
fn each_defect_of_a_directory_is_found() {
    let through = |store: &Faulty| poll_through(Box::pin(contract::client_directory(store)));
    let sound = Faulty::new(Defect::None);
    through(&sound);
    assert!(sound.clients.lock().unwrap().is_empty(), "the suite removes its clients");
    for (defect, complaint) in [
        (Defect::ListIgnoresCase, "the listing is not in the order of ids"),
        (Defect::ListIncludesAfter, "at most 2 behind"),
        (Defect::ListForgetsUses, "a listed client after a use: last_used_at is absent and not "),
        (Defect::TouchGoesBack, "the client is not the one that was stored after a use: last_used_at is "),
        (Defect::TouchIsAChange, "after a use: revision is 2 and not 1"),
        (Defect::TouchIsAlwaysTrue, "there was nobody to use"),
        (Defect::ReplaceLosesUses, "after a use and a replace: last_used_at is absent and not "),
        (Defect::SweepSparesTheMoment, "a sweep of two expired clients"),
        (Defect::SweepTakesExpiredSecrets, "a sweep of two expired clients"),
        (Defect::SweepTakesUnusedUnasked, "a sweep of expired clients only"),
        (Defect::SweepTakesUsed, "a sweep of three unused clients"),
        (Defect::SweepHasNoLimit, "a sweep of at most 0 removed 2"),
        (Defect::SweepLooksFirst, "and swept"),
        (Defect::RevokeIgnoresIssuers, "the clients of Software"),
        (Defect::RevokeSparesSuspended, "the clients of StatementIssuer"),
        (Defect::RevokeHasNoLimit, "a revocation of at most 0 removed 5"),
        (Defect::RevokeSaysNothing, "the clients of StatementIssuer"),
    ] {
        assert_found(defect, complaint, through);
    }
}

#[track_caller]
fn assert_found(defect: Defect, complaint: &str, through: impl Fn(&Faulty)) {
    let faulty = Faulty::new(defect);
    let panic =
        catch_unwind(AssertUnwindSafe(|| through(&faulty))).expect_err(&format!("{defect:?} was not found"));
    let message = panic_message(&panic);
    assert!(message.contains(complaint), "{defect:?} was found by another check: {message}");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    UnknownIsAnError,
    LosesFractions,
    LosesFlags,
    LosesSecret,
    InsertOverwrites,
    InsertLooksFirst,
    FoldsCase,
    ReplaceMerges,
    ReplaceDoesNotCompare,
    ReplaceTakesLaterRevisions,
    ReplaceInserts,
    ReplaceLooksFirst,
    ReplaceBringsBack,
    DeleteIsAlwaysTrue,
    DeleteKeeps,
    KeysAreShared,
    KeysStayWithTheDeleted,
    KeysAreCut,
    RevisionsAreFractions,
    KeysAreNotCheckedByReplace,
    ListIgnoresCase,
    ListIncludesAfter,
    ListForgetsUses,
    TouchGoesBack,
    TouchIsAChange,
    TouchIsAlwaysTrue,
    ReplaceLosesUses,
    SweepSparesTheMoment,
    SweepTakesExpiredSecrets,
    SweepTakesUnusedUnasked,
    SweepTakesUsed,
    SweepHasNoLimit,
    SweepLooksFirst,
    RevokeIgnoresIssuers,
    RevokeSparesSuspended,
    RevokeHasNoLimit,
    RevokeSaysNothing,
}

/// A store that keeps clients as the text of their form, with one defect.
#[derive(Debug)]
struct Faulty {
    defect: Defect,
    clients: Mutex<BTreeMap<String, String>>,
    keys: Mutex<BTreeMap<String, ClientId>>,
}

impl Faulty {
    fn new(defect: Defect) -> Self {
        Self { defect, clients: Mutex::default(), keys: Mutex::default() }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    fn place(&self, id: &ClientId) -> String {
        if self.has(Defect::FoldsCase) { id.as_str().to_lowercase() } else { id.as_str().to_owned() }
    }

    fn write(&self, client: &Client) -> String {
        let mut form = serde_json::to_value(client).unwrap();
        if self.has(Defect::LosesFractions)
            && let Some(fraction) = form["metadata"].get_mut("extra_fraction")
        {
            *fraction = 0.into();
        }
        if self.has(Defect::LosesFlags) {
            form.as_object_mut().unwrap().remove("flags");
        }
        if self.has(Defect::LosesSecret) {
            form.as_object_mut().unwrap().remove("secret");
        }
        form.to_string()
    }

    fn read(text: &str) -> Client {
        serde_json::from_str(text).unwrap()
    }

    fn find(&self, id: &ClientId) -> Option<Client> {
        self.clients.lock().unwrap().get(&self.place(id)).map(|text| Self::read(text))
    }

    fn put(&self, client: &Client) {
        self.clients.lock().unwrap().insert(self.place(client.id()), self.write(client));
    }

    /// As long a beginning of a key as a column would have.
    fn cut<'k>(&self, key: &'k str) -> &'k str {
        if self.has(Defect::KeysAreCut) { &key[..key.floor_char_boundary(255)] } else { key }
    }

    fn claim(&self, client: &Client) -> Result<(), StoreError> {
        let Some(key) = client.unique_key() else { return Ok(()) };
        match self.keys.lock().unwrap().get(self.cut(key)) {
            Some(owner) if owner != client.id() && !self.has(Defect::KeysAreShared) => {
                Err(StoreError::Duplicate { existing: owner.clone() })
            }
            _ => Ok(()),
        }
    }

    async fn remove_all(
        &self,
        limit: usize,
        is_due: impl Fn(&Client) -> bool,
    ) -> Result<Vec<ClientId>, StoreError> {
        let clients: Vec<Client> =
            self.clients.lock().unwrap().values().map(|text| Self::read(text)).collect();
        let due: Vec<Client> = clients.into_iter().filter(&is_due).take(limit).collect();
        wait().await;
        let mut removed = Vec::new();
        for client in &due {
            // Others may have come in between, unless the defect is to believe that they did not.
            let is_still = |now: &Client| self.has(Defect::SweepLooksFirst) || is_due(now);
            if self.find(client.id()).as_ref().is_some_and(is_still) && self.delete(client.id()).await? {
                removed.push(client.id().clone());
            }
        }
        Ok(removed)
    }

    /// Forgets the keys of a client and remembers the one it has now.
    fn settle(&self, id: &ClientId, key: Option<&str>) {
        let mut keys = self.keys.lock().unwrap();
        keys.retain(|_, owner| owner != id);
        if let Some(key) = key {
            keys.insert(self.cut(key).to_owned(), id.clone());
        }
    }
}

#[async_trait]
impl ClientStore for Faulty {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        let is_taken = self.find(client.id()).is_some();
        if self.has(Defect::InsertLooksFirst) {
            wait().await;
        }
        if is_taken && !self.has(Defect::InsertOverwrites) {
            return Err(StoreError::AlreadyExists);
        }
        self.claim(client)?;
        self.settle(client.id(), client.unique_key());
        self.put(client);
        wait().await;
        Ok(())
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        let found = self.find(id);
        wait().await;
        if found.is_none() && self.has(Defect::UnknownIsAnError) {
            return Err(StoreError::NotFound);
        }
        Ok(found)
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        let Some(stored) = self.find(client.id()) else {
            if self.has(Defect::ReplaceInserts) {
                self.put(client);
                return Ok(());
            }
            return Err(StoreError::NotFound);
        };
        if self.has(Defect::ReplaceLooksFirst) || self.has(Defect::ReplaceBringsBack) {
            wait().await;
        }
        // What was found is still there, unless the defect is to believe so.
        let current = match self.defect {
            Defect::ReplaceLooksFirst => Some(&stored).filter(|_| self.find(client.id()).is_some()).cloned(),
            Defect::ReplaceBringsBack => Some(self.find(client.id()).unwrap_or(stored)),
            _ => self.find(client.id()),
        };
        let current = current.ok_or(StoreError::NotFound)?;
        let fits = match self.defect {
            Defect::ReplaceDoesNotCompare => true,
            Defect::ReplaceTakesLaterRevisions => current.revision() <= expected_revision,
            Defect::RevisionsAreFractions => current.revision() as f64 == expected_revision as f64,
            _ => current.revision() == expected_revision,
        };
        if !fits {
            return Err(StoreError::Conflict);
        }
        if !self.has(Defect::KeysAreNotCheckedByReplace) {
            self.claim(client)?;
        }
        self.settle(client.id(), client.unique_key());
        if self.has(Defect::ReplaceMerges) {
            let mut form = serde_json::to_value(&current).unwrap();
            for (name, value) in serde_json::to_value(client).unwrap().as_object().unwrap() {
                form[name] = value.clone();
            }
            self.put(&serde_json::from_value(form).unwrap());
        } else {
            let last_use = current.last_used_at().filter(|_| !self.has(Defect::ReplaceLosesUses));
            self.put(&last_use.map_or(client.clone(), |time| client.clone().used_at(time)));
        }
        wait().await;
        Ok(())
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        let removed = match self.defect {
            Defect::DeleteKeeps => self.find(id).is_some(),
            _ => self.clients.lock().unwrap().remove(&self.place(id)).is_some(),
        };
        if !self.has(Defect::KeysStayWithTheDeleted) {
            self.settle(id, None);
        }
        wait().await;
        Ok(removed || self.has(Defect::DeleteIsAlwaysTrue))
    }
}

#[async_trait]
impl ClientDirectory for Faulty {
    async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        let mut clients: Vec<Client> =
            self.clients.lock().unwrap().values().map(|text| Self::read(text)).collect();
        if self.has(Defect::ListIgnoresCase) {
            clients.sort_by_key(|client| client.id().as_str().to_lowercase());
            let start =
                after.map_or(0, |after| clients.iter().position(|own| own.id() == after).unwrap() + 1);
            return Ok(clients.into_iter().skip(start).take(limit).collect());
        }
        let is_behind = |client: &Client| match after {
            // With nothing behind it the page is empty, so that a walk ends.
            Some(after) if self.has(Defect::ListIncludesAfter) && limit == 2 => client.id() >= after,
            Some(after) => client.id() > after,
            None => true,
        };
        if self.has(Defect::ListForgetsUses) {
            clients = clients.iter().map(without_use).collect();
        }
        Ok(clients.into_iter().filter(is_behind).take(limit).collect())
    }

    async fn touch(&self, id: &ClientId, now: OffsetDateTime) -> Result<bool, StoreError> {
        let found = self.find(id);
        if let Some(client) = &found {
            let mut form = serde_json::to_value(client.clone().used_at(now)).unwrap();
            if self.has(Defect::TouchGoesBack) {
                form["last_used_at"] = now.unix_timestamp().into();
            }
            if self.has(Defect::TouchIsAChange) {
                form["revision"] = (client.revision() + 1).into();
            }
            self.put(&serde_json::from_value(form).unwrap());
        }
        wait().await;
        Ok(found.is_some() || self.has(Defect::TouchIsAlwaysTrue))
    }

    async fn sweep(&self, due: &Sweep, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        let is_due = |client: &Client| match self.defect {
            Defect::SweepSparesTheMoment => {
                due.applies_to(client) && client.expires_at() != Some(due.expired_before)
            }
            Defect::SweepTakesExpiredSecrets => {
                let expiry = client.secret_expires_at();
                due.applies_to(client) || expiry.is_some_and(|expiry| expiry <= due.expired_before)
            }
            Defect::SweepTakesUnusedUnasked => {
                due.with_unused_before(due.unused_before.unwrap_or(due.expired_before)).applies_to(client)
            }
            Defect::SweepTakesUsed => {
                let is_old = |bound| client.issued_at() <= bound;
                due.applies_to(client) || due.unused_before.is_some_and(is_old)
            }
            _ => due.applies_to(client),
        };
        let limit = if self.has(Defect::SweepHasNoLimit) { usize::MAX } else { limit };
        self.remove_all(limit, is_due).await
    }

    async fn revoke(&self, cause: &Cause, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        let is_due = |client: &Client| match (self.defect, cause) {
            (Defect::RevokeIgnoresIssuers, Cause::Software { software_id, .. }) => {
                client.provenance().statement_software.as_ref() == Some(software_id)
            }
            (Defect::RevokeSparesSuspended, _) => {
                cause.applies_to(client) && client.state() == ClientState::Active
            }
            _ => cause.applies_to(client),
        };
        let limit = if self.has(Defect::RevokeHasNoLimit) { usize::MAX } else { limit };
        let removed = self.remove_all(limit, is_due).await?;
        Ok(if self.has(Defect::RevokeSaysNothing) { Vec::new() } else { removed })
    }
}

fn without_use(client: &Client) -> Client {
    let mut form = serde_json::to_value(client).unwrap();
    form.as_object_mut().unwrap().remove("last_used_at");
    serde_json::from_value(form).unwrap()
}
