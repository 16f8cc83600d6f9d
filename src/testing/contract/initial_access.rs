//! Initial access tokens.

use time::OffsetDateTime;

use super::clients::fresh_id;
use super::judge::{the_winner, together};
use crate::host::{InitialAccessTokens, InitialGrant, StoreError};
use crate::secret::TokenDigest;

/// An unknown token is nobody's, which is not an error.
pub async fn unknown_tokens_are_not_good(tokens: &dyn InitialAccessTokens) {
    let (name, token) = fresh_token("unknown");
    assert_eq!(tokens.find(&token).await.expect("find of an unknown token"), None);
    assert_eq!(tokens.redeem(&token, at(0)).await.expect("redeem of an unknown token"), None);
    assert!(!tokens.revoke(&name).await.expect("revoke of an unknown name"), "there was nothing to revoke");
}

/// What was stored comes back equal, and looking at it takes no use.
pub async fn insert_then_find_returns_the_same_grant(tokens: &dyn InitialAccessTokens) {
    let (name, token) = fresh_token("same");
    let (bare_name, bare_token) = fresh_token("bare");
    let grant = InitialGrant::new(&name)
        .with_owner("owner é 漢 🦀")
        .with_scopes(["z", "a:b", "dcr"])
        .with_profile("fapi2-security")
        .with_expiry(at(600))
        .with_uses(1);
    let bare = InitialGrant::new(&bare_name);
    tokens.insert(&token, &grant).await.expect("insert of a new token");
    tokens.insert(&bare_token, &bare).await.expect("insert of a new token");
    for _ in 0..3 {
        assert_eq!(tokens.find(&token).await.expect("find"), Some(grant.clone()), "after insert");
        assert_eq!(tokens.find(&bare_token).await.expect("find"), Some(bare.clone()), "after insert");
    }
    revoke(tokens, &name).await;
    revoke(tokens, &bare_name).await;
}

/// Neither a token nor a name is given twice, and what has it stays as it was.
pub async fn insert_of_a_taken_token_or_name_fails(tokens: &dyn InitialAccessTokens) {
    let ((name, token), (other_name, other_token)) = (fresh_token("taken"), fresh_token("other"));
    let grant = InitialGrant::new(&name).with_uses(3);
    tokens.insert(&token, &grant).await.expect("insert of a new token");
    for (token, name) in [(&token, &other_name), (&other_token, &name), (&token, &name)] {
        let result = tokens.insert(token, &InitialGrant::new(name)).await;
        assert!(matches!(result, Err(StoreError::AlreadyExists)), "a taken token or name was {result:?}");
    }
    assert_eq!(tokens.find(&token).await.expect("find"), Some(grant), "after an insert that failed");
    assert_eq!(tokens.find(&other_token).await.expect("find"), None, "after an insert that failed");
    revoke(tokens, &name).await;
}

/// Names are texts of any length and of any characters, compared byte by byte to their ends.
pub async fn names_are_of_any_text(tokens: &dyn InitialAccessTokens) {
    let base = fresh_id("names");
    let long = format!("{base} {}", "é".repeat(5_000));
    let names = [
        format!("{long}a"),
        format!("{long}b"),
        format!("{base}\0"),
        format!("{base}\0\0"),
        format!("{base} "),
    ];
    for name in &names {
        let token = TokenDigest::of(name);
        tokens.insert(&token, &InitialGrant::new(name)).await.expect("insert with another name");
        let other = TokenDigest::of(&format!("another {name}"));
        let result = tokens.insert(&other, &InitialGrant::new(name)).await;
        assert!(matches!(result, Err(StoreError::AlreadyExists)), "a taken name was {result:?}");
    }
    for name in &names {
        let found = tokens.find(&TokenDigest::of(name)).await.expect("find");
        assert_eq!(found, Some(InitialGrant::new(name)), "among names that are alike");
        revoke(tokens, name).await;
    }
}

/// Of several inserts of one name at once, one succeeds.
pub async fn concurrent_insert_of_a_name_has_one_winner(tokens: &dyn InitialAccessTokens) {
    let name = fresh_id("name").as_str().to_owned();
    let rivals: Vec<TokenDigest> = (0..8).map(|number| fresh_token(&format!("rival-{number}")).1).collect();
    let grant = InitialGrant::new(&name);
    let results = together(rivals.iter().map(|token| tokens.insert(token, &grant)).collect()).await;
    let winner = the_winner(&results, |error| matches!(error, StoreError::AlreadyExists));
    for (place, token) in rivals.iter().enumerate() {
        let found = tokens.find(token).await.expect("find");
        assert_eq!(found.is_some(), place == winner, "the one token that was stored can be found");
    }
    revoke(tokens, &name).await;
}

/// Each use is counted down to none, and a token without a number is good for any.
pub async fn redeem_takes_one_use(tokens: &dyn InitialAccessTokens) {
    let ((name, token), (endless_name, endless)) = (fresh_token("uses"), fresh_token("endless"));
    tokens.insert(&token, &InitialGrant::new(&name).with_uses(3)).await.expect("insert of a new token");
    tokens.insert(&endless, &InitialGrant::new(&endless_name)).await.expect("insert of a new token");
    for left in [2, 1, 0] {
        let grant = tokens.redeem(&token, at(0)).await.expect("redeem").expect("a token with uses left");
        assert_eq!((grant.id(), grant.uses_left()), (&*name, Some(left)), "what is left after a use");
        assert_eq!(tokens.find(&token).await.expect("find"), Some(grant), "after a use");
        let grant = tokens.redeem(&endless, at(0)).await.expect("redeem").expect("a token without a number");
        assert_eq!(grant.uses_left(), None, "a token without a number");
    }
    for _ in 0..2 {
        assert_eq!(tokens.redeem(&token, at(0)).await.expect("redeem"), None, "a token without uses left");
    }
    let found = tokens.find(&token).await.expect("find").expect("a token without uses left is still there");
    assert_eq!(found.uses_left(), Some(0));
    revoke(tokens, &name).await;
    revoke(tokens, &endless_name).await;
}

/// A token is good up to the second of its expiry, which counts; a refusal takes no use.
pub async fn expired_tokens_are_not_good(tokens: &dyn InitialAccessTokens) {
    let (name, token) = fresh_token("expiry");
    let grant = InitialGrant::new(&name).with_expiry(at(60)).with_uses(2);
    tokens.insert(&token, &grant).await.expect("insert of a new token");
    for time in [60, 61, 9_999] {
        let redeemed = tokens.redeem(&token, at(time)).await.expect("redeem");
        assert_eq!(redeemed, None, "a token that expires at 60 was good at {time}");
    }
    assert_eq!(tokens.find(&token).await.expect("find"), Some(grant), "a refusal takes no use");
    assert!(tokens.redeem(&token, at(59)).await.expect("redeem").is_some(), "a second before its expiry");
    revoke(tokens, &name).await;
}

/// Of a hundred uses at once of a token that is good for ten, ten are.
pub async fn concurrent_redeem_has_as_many_winners_as_uses(tokens: &dyn InitialAccessTokens) {
    let (name, token) = fresh_token("concurrent");
    tokens.insert(&token, &InitialGrant::new(&name).with_uses(10)).await.expect("insert of a new token");
    let results = together((0..100).map(|_| tokens.redeem(&token, at(0))).collect()).await;
    let good = results.into_iter().filter(|result| result.as_ref().expect("redeem").is_some()).count();
    assert_eq!(good, 10, "of 100 uses at once of a token with ten, {good} were good");
    revoke(tokens, &name).await;
}

/// A revoked token is unknown; others stay.
pub async fn revoked_tokens_are_not_good(tokens: &dyn InitialAccessTokens) {
    let ((name, token), (other_name, other)) = (fresh_token("revoked"), fresh_token("other"));
    tokens.insert(&token, &InitialGrant::new(&name)).await.expect("insert of a new token");
    tokens.insert(&other, &InitialGrant::new(&other_name)).await.expect("insert of a new token");
    assert!(!tokens.revoke(&name.to_uppercase()).await.expect("revoke"), "names are compared exactly");
    revoke(tokens, &name).await;
    assert!(!tokens.revoke(&name).await.expect("revoke"), "it was revoked before");
    assert_eq!(tokens.find(&token).await.expect("find"), None, "after it was revoked");
    assert_eq!(tokens.redeem(&token, at(0)).await.expect("redeem"), None, "after it was revoked");
    assert!(tokens.redeem(&other, at(0)).await.expect("redeem").is_some(), "another token stays");
    revoke(tokens, &other_name).await;
}

async fn revoke(tokens: &dyn InitialAccessTokens, name: &str) {
    assert!(tokens.revoke(name).await.expect("revoke"), "the token {name} is not there to be revoked");
}

/// A name that no other run uses, and a token.
fn fresh_token(check: &str) -> (String, TokenDigest) {
    let name = fresh_id(check).as_str().to_owned();
    let token = TokenDigest::of(&format!("token of {name}"));
    (name, token)
}

/// Seconds after 2026-01-01T00:00:00Z.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_225_600 + seconds).unwrap()
}
