//! Clients, tokens and keys of odd texts and numbers in SQLite and in memory: both stores give the same answers, and the
//! same clients back.

#![no_main]

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use oauth_dcr::testing::contract;
use oauth_dcr::{
    Cause, Client, ClientDirectory, ClientId, ClientStore, InitialAccessTokens, InitialGrant,
    MemoryClientStore, MemoryInitialAccessTokens, MemoryReplayGuard, ReplayGuard, ReplayKey, SqlClientStore,
    StoreError, Sweep, TokenDigest,
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));

static KEYS: LazyLock<[ReplayKey; 4]> = LazyLock::new(|| ["a", "b", "\0", "é"].map(contract::replay_key));

/// Few, so that calls meet.
const IDS: [&str; 5] = ["a", "A", "a~", "'; --", "%_"];

/// Texts that a database could take for something else: NUL, no character of ASCII, numbers, what is compared without
/// regard to case or to blanks at the end, and what is too long for an index.
const TEXTS: [&str; 12] = [
    "",
    " ",
    "a",
    "A",
    "a ",
    "\0",
    "a\0b",
    "é",
    "e\u{301}",
    "\u{1F600}",
    "1",
    "\u{1}47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
];

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=8)? {
        0 => "é".repeat(u.int_in_range(250..=260)?),
        1..=3 => u.arbitrary()?,
        _ => (*u.choose(&TEXTS)?).to_owned(),
    })
}

fn number(u: &mut Unstructured<'_>) -> Result<i64> {
    let numbers = [0, 1, -1, 1_800_000_000, i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1];
    if u.ratio(3, 4)? { Ok(*u.choose(&numbers)?) } else { u.arbitrary() }
}

fn revision(u: &mut Unstructured<'_>) -> Result<u64> {
    Ok(number(u)?.cast_unsigned())
}

/// A time of those that there are.
fn time(u: &mut Unstructured<'_>) -> Result<OffsetDateTime> {
    Ok(OffsetDateTime::from_unix_timestamp(number(u)?).unwrap_or(OffsetDateTime::UNIX_EPOCH))
}

fn value(u: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 6 } else { 8 })? {
        0 => Value::Null,
        1 => json!(bool::arbitrary(u)?),
        2 => json!(number(u)?),
        3 => json!(revision(u)?),
        4 => json!(f64::arbitrary(u)?),
        5 | 6 => json!(text(u)?),
        7 => (0..u.int_in_range(0..=3)?).map(|_| value(u, depth - 1)).collect::<Result<Vec<_>>>()?.into(),
        _ => members(u, depth - 1)?.into(),
    })
}

fn members(u: &mut Unstructured<'_>, depth: u8) -> Result<Map<String, Value>> {
    (0..u.int_in_range(0..=4)?).map(|_| Ok((text(u)?, value(u, depth)?))).collect()
}

/// A member of a client's form that need not be there.
fn put(
    form: &mut Value,
    u: &mut Unstructured<'_>,
    name: &str,
    value: impl FnOnce(&mut Unstructured<'_>) -> Result<Value>,
) -> Result<()> {
    if u.arbitrary()? {
        form[name] = value(u)?;
    }
    Ok(())
}

#[derive(Debug)]
struct Stored(Client);

impl<'a> Arbitrary<'a> for Stored {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut metadata = members(u, 3)?;
        if u.arbitrary()? {
            metadata.insert("redirect_uris".to_owned(), json!(["https://app.example/cb"]));
            metadata.insert("client_name".to_owned(), text(u)?.into());
        }
        let mut form = json!({
            "id": u.choose(&IDS)?,
            "metadata": metadata,
            "issued_at": number(u)?,
            "state": u.choose(&["active", "pending", "suspended"])?,
            "provenance": { "profile": text(u)? },
            "revision": revision(u)?,
        });
        let digest = |u: &mut Unstructured<'_>| Ok(json!(TokenDigest::of(&text(u)?)));
        put(&mut form, u, "expires_at", |u| Ok(number(u)?.into()))?;
        put(&mut form, u, "last_used_at", |u| Ok(number(u)?.into()))?;
        put(&mut form, u, "secret", |u| Ok(json!({ "value": text(u)? })))?;
        put(&mut form, u, "secret_expires_at", |u| Ok(number(u)?.into()))?;
        put(&mut form, u, "registration_access_token", digest)?;
        put(&mut form, u, "previous_registration_access_token", digest)?;
        put(&mut form, u, "unique_key", |u| Ok(text(u)?.into()))?;
        put(&mut form, u, "janssen", |u| Ok(members(u, 2)?.into()))?;
        for name in ["statement_issuer", "statement_software", "statement_digest", "initial_access", "owner"]
        {
            put(&mut form["provenance"], u, name, |u| Ok(text(u)?.into()))?;
        }
        serde_json::from_value(form).map(Self).map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}

/// One call of a store.
#[derive(Debug)]
enum Call {
    Insert(Stored),
    Replace(Stored, u64),
    Get(ClientId),
    FindUnique(String),
    Delete(ClientId),
    List(Option<ClientId>, usize),
    Touch(ClientId, OffsetDateTime),
    Sweep(Sweep),
    Revoke(Cause),
    Consume(usize, OffsetDateTime, OffsetDateTime),
    Grant(TokenDigest, InitialGrant),
    Find(TokenDigest),
    Redeem(TokenDigest, OffsetDateTime),
    RevokeGrant(String),
}

fn id(u: &mut Unstructured<'_>) -> Result<ClientId> {
    ClientId::new(u.choose(&IDS)?).ok_or(arbitrary::Error::IncorrectFormat)
}

fn cause(u: &mut Unstructured<'_>) -> Result<Cause> {
    let name = Arc::from(text(u)?);
    Ok(match u.int_in_range(0..=4)? {
        0 => Cause::StatementIssuer(name),
        1 => Cause::Statement(name),
        2 => Cause::Software { issuer: name, software_id: text(u)?.into() },
        3 => Cause::InitialAccess(name),
        _ => Cause::Owner(name),
    })
}

fn grant(u: &mut Unstructured<'_>) -> Result<InitialGrant> {
    let mut grant = InitialGrant::new(&text(u)?);
    if u.arbitrary()? {
        grant = grant.with_owner(&text(u)?).with_scopes([&*text(u)?]);
    }
    if u.arbitrary()? {
        grant = grant.with_profile(&text(u)?).with_expiry(time(u)?);
    }
    Ok(if u.arbitrary()? { grant.with_uses(u.int_in_range(0..=3)?) } else { grant })
}

impl<'a> Arbitrary<'a> for Call {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let token = |u: &mut Unstructured<'a>| Ok(TokenDigest::of(u.choose(&["a", "b"])?));
        Ok(match u.int_in_range(0..=16)? {
            0..=2 => Self::Insert(u.arbitrary()?),
            3 | 4 => Self::Replace(u.arbitrary()?, revision(u)?),
            5 => Self::Get(id(u)?),
            6 => Self::FindUnique(text(u)?),
            7 => Self::Delete(id(u)?),
            8 => Self::List(if u.arbitrary()? { Some(id(u)?) } else { None }, u.int_in_range(0..=3)?),
            9 => Self::Touch(id(u)?, time(u)?),
            10 => {
                let due = Sweep::new(time(u)?);
                Self::Sweep(if u.arbitrary()? { due.with_unused_before(time(u)?) } else { due })
            }
            11 => Self::Revoke(cause(u)?),
            12 => Self::Consume(u.int_in_range(0..=3)?, time(u)?, time(u)?),
            13 => Self::Grant(token(u)?, grant(u)?),
            14 => Self::Find(token(u)?),
            15 => Self::Redeem(token(u)?, time(u)?),
            _ => Self::RevokeGrant(text(u)?),
        })
    }
}

/// A store of everything, and what it answers.
struct Store<'s> {
    clients: &'s dyn ClientStore,
    directory: &'s dyn ClientDirectory,
    tokens: &'s dyn InitialAccessTokens,
    guard: &'s dyn ReplayGuard,
    /// What the guard was told: a clock does not go back.
    latest: Cell<OffsetDateTime>,
}

/// What a store says to a call. Clients are compared as they are and as they are written.
#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Is(bool),
    Clients(Vec<(Client, String)>),
    Ids(Vec<ClientId>),
    Grant(Option<InitialGrant>),
    Fault(String),
}

impl Answer {
    fn of<T>(result: std::result::Result<T, StoreError>, answer: impl FnOnce(T) -> Self) -> Self {
        match result {
            Ok(result) => answer(result),
            Err(error @ (StoreError::Unavailable(_) | StoreError::Backend(_))) => panic!("{error:?}"),
            Err(fault) => Self::Fault(format!("{fault:?}")),
        }
    }

    fn clients(clients: impl IntoIterator<Item = Client>) -> Self {
        let written = |client: Client| {
            let text = serde_json::to_string(&client).expect("a client is JSON");
            (client, text)
        };
        Self::Clients(clients.into_iter().map(written).collect())
    }

    /// The order is the store's.
    fn ids(mut ids: Vec<ClientId>) -> Self {
        ids.sort();
        Self::Ids(ids)
    }
}

impl Store<'_> {
    async fn answer(&self, call: &Call) -> Answer {
        match call {
            Call::Insert(Stored(client)) => Answer::of(self.clients.insert(client).await, |()| Answer::Done),
            Call::Replace(Stored(client), expected) => {
                match Answer::of(self.clients.replace(client, *expected).await, |()| Answer::Done) {
                    // Of several faults it may name any.
                    Answer::Fault(_) => Answer::Fault("of a replacement".to_owned()),
                    done => done,
                }
            }
            Call::Get(id) => Answer::of(self.clients.get(id).await, Answer::clients),
            Call::FindUnique(key) => Answer::of(self.clients.find_unique(key).await, Answer::clients),
            Call::Delete(id) => Answer::of(self.clients.delete(id).await, Answer::Is),
            Call::List(after, limit) => {
                Answer::of(self.directory.list(after.as_ref(), *limit).await, Answer::clients)
            }
            Call::Touch(id, now) => Answer::of(self.directory.touch(id, *now).await, Answer::Is),
            Call::Sweep(due) => Answer::of(self.directory.sweep(due, IDS.len()).await, Answer::ids),
            Call::Revoke(cause) => Answer::of(self.directory.revoke(cause, IDS.len()).await, Answer::ids),
            Call::Consume(key, now, until) => {
                let now = self.latest.get().max(*now);
                self.latest.set(now);
                Answer::of(self.guard.consume(&KEYS[*key], now, *until).await, Answer::Is)
            }
            Call::Grant(token, grant) => {
                Answer::of(self.tokens.insert(token, grant).await, |()| Answer::Done)
            }
            Call::Find(token) => Answer::of(self.tokens.find(token).await, Answer::Grant),
            Call::Redeem(token, now) => Answer::of(self.tokens.redeem(token, *now).await, Answer::Grant),
            Call::RevokeGrant(name) => Answer::of(self.tokens.revoke(name).await, Answer::Is),
        }
    }
}

fuzz_target!(|calls: Vec<Call>| {
    RUNTIME.block_on(async {
        let sql = SqlClientStore::connect("sqlite::memory:").await.expect("a database in memory");
        let stored = Store {
            clients: &sql,
            directory: &sql,
            tokens: &sql,
            guard: &sql,
            latest: Cell::new(OffsetDateTime::UNIX_EPOCH),
        };
        let (clients, tokens, guard) = (
            MemoryClientStore::default(),
            MemoryInitialAccessTokens::default(),
            MemoryReplayGuard::default(),
        );
        let held = Store {
            clients: &clients,
            directory: &clients,
            tokens: &tokens,
            guard: &guard,
            latest: Cell::new(OffsetDateTime::UNIX_EPOCH),
        };
        // At the end, all that is left.
        for call in calls.iter().take(64).chain([&Call::List(None, IDS.len())]) {
            assert_eq!(stored.answer(call).await, held.answer(call).await, "{call:?} of {calls:?}");
        }
        sql.close().await;
    });
});
