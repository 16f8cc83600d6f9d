//! Initial access tokens: those in memory keep the contract, and each defect is found.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, Mutex};

use async_trait::async_trait;
use oauth_dcr::testing::{ManualClock, contract, run};
use oauth_dcr::{InitialAccessTokens, InitialGrant, MemoryInitialAccessTokens, StoreError, TokenDigest};
use time::OffsetDateTime;

use crate::{panic_message, poll_through, wait};

#[test]
fn tokens_in_memory_keep_the_contract() {
    let tokens = MemoryInitialAccessTokens::default();
    run(tokens.insert(&TokenDigest::of("other"), &InitialGrant::new("other"))).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run(contract::initial_access_tokens(&tokens)));
        }
    });
    assert_eq!(run(tokens.find(&TokenDigest::of("other"))).unwrap(), Some(InitialGrant::new("other")));
}

/// Of a hundred threads that redeem a token with ten uses, ten succeed.
#[test]
fn threads_that_redeem_one_token_share_its_uses() {
    let tokens = MemoryInitialAccessTokens::default();
    let token = TokenDigest::of("token");
    run(tokens.insert(&token, &InitialGrant::new("name").with_uses(10))).unwrap();
    let (good, start) = (Mutex::new(0), Barrier::new(100));
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                start.wait();
                *good.lock().unwrap() +=
                    usize::from(run(tokens.redeem(&token, ManualClock::START)).unwrap().is_some());
            });
        }
    });
    assert_eq!(*good.lock().unwrap(), 10);
}

/// The suite bites.
#[test]
fn each_defect_of_initial_access_tokens_is_found() {
    let through = |tokens: &Faulty| poll_through(Box::pin(contract::initial_access_tokens(tokens)));
    through(&Faulty::new(Defect::None));
    for (defect, complaint) in [
        (Defect::UnknownIsGood, "assertion `left == right` failed"),
        (Defect::LosesScopes, "after insert"),
        (Defect::FindTakesUses, "after insert"),
        (Defect::NamesAreShared, "a taken token or name was Ok(())"),
        (Defect::NamesAreCut, "insert with another name: AlreadyExists"),
        (Defect::InsertLooksFirst, "of 8 calls at once, not one succeeded but 8"),
        (Defect::UsesStay, "what is left after a use"),
        (Defect::LastUseIsOne, "a token with uses left"),
        (Defect::UsedUpIsForgotten, "after a use"),
        (Defect::MomentIsSpared, "a token that expires at 60 was good at 60"),
        (Defect::ExpiredTakesUses, "a refusal takes no use"),
        (Defect::RedeemLooksFirst, "of 100 uses at once of a token with ten, 100 were good"),
        (Defect::RevokeKeeps, "it was revoked before"),
        (Defect::RevokeFoldsCase, "names are compared exactly"),
    ] {
        let panic = catch_unwind(AssertUnwindSafe(|| through(&Faulty::new(defect))))
            .expect_err(&format!("{defect:?} was not found"));
        let message = panic_message(&panic);
        assert!(message.contains(complaint), "{defect:?} was found by another check: {message}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    UnknownIsGood,
    LosesScopes,
    FindTakesUses,
    NamesAreShared,
    NamesAreCut,
    InsertLooksFirst,
    UsesStay,
    LastUseIsOne,
    UsedUpIsForgotten,
    MomentIsSpared,
    ExpiredTakesUses,
    RedeemLooksFirst,
    RevokeKeeps,
    RevokeFoldsCase,
}

/// Tokens whose calls wait, with one defect.
#[derive(Debug)]
struct Faulty {
    defect: Defect,
    grants: Arc<Mutex<Vec<(TokenDigest, InitialGrant)>>>,
}

impl Faulty {
    fn new(defect: Defect) -> Self {
        Self { defect, grants: Arc::default() }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    /// As long a beginning of a name as a column would have.
    fn cut<'n>(&self, name: &'n str) -> &'n str {
        if self.has(Defect::NamesAreCut) { &name[..name.floor_char_boundary(255)] } else { name }
    }

    fn get(&self, token: &TokenDigest) -> Option<InitialGrant> {
        let grants = self.grants.lock().unwrap();
        grants.iter().find(|(own, _)| own == token).map(|(_, grant)| grant.clone())
    }

    fn put(&self, token: &TokenDigest, grant: InitialGrant) {
        let mut grants = self.grants.lock().unwrap();
        grants.retain(|(own, _)| own != token);
        grants.push((*token, grant));
    }
}

fn used(grant: InitialGrant) -> InitialGrant {
    let uses = grant.uses_left().map(|uses| uses.saturating_sub(1));
    uses.map_or(grant.clone(), |uses| grant.with_uses(uses))
}

#[async_trait]
impl InitialAccessTokens for Faulty {
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError> {
        let is_name_taken = !self.has(Defect::NamesAreShared)
            && self.grants.lock().unwrap().iter().any(|(_, own)| self.cut(own.id()) == self.cut(grant.id()));
        if is_name_taken || self.get(token).is_some() {
            return Err(StoreError::AlreadyExists);
        }
        if self.has(Defect::InsertLooksFirst) {
            wait().await;
        }
        let grant = grant.clone();
        self.put(token, if self.has(Defect::LosesScopes) { grant.with_scopes([]) } else { grant });
        wait().await;
        Ok(())
    }

    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError> {
        let found = self.get(token);
        if let Some(grant) = found.clone().filter(|_| self.has(Defect::FindTakesUses)) {
            self.put(token, used(grant));
        }
        wait().await;
        let unknown = self.has(Defect::UnknownIsGood).then(|| InitialGrant::new("unknown"));
        Ok(found.or(unknown))
    }

    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError> {
        let moment = now - time::Duration::seconds(i64::from(self.has(Defect::MomentIsSpared)));
        let Some(grant) = self.get(token) else { return Ok(None) };
        let is_last = self.has(Defect::LastUseIsOne) && grant.uses_left() == Some(1);
        if is_last || !grant.is_good(moment) {
            if self.has(Defect::ExpiredTakesUses) {
                self.put(token, used(grant));
            }
            return Ok(None);
        }
        if self.has(Defect::RedeemLooksFirst) {
            wait().await;
        }
        let next = if self.has(Defect::UsesStay) { grant } else { used(grant) };
        self.put(token, next.clone());
        if self.has(Defect::UsedUpIsForgotten) && next.uses_left() == Some(0) {
            self.grants.lock().unwrap().retain(|(own, _)| own != token);
        }
        wait().await;
        Ok(Some(next))
    }

    async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        let is_it = |own: &str| match self.defect {
            Defect::RevokeFoldsCase => own.eq_ignore_ascii_case(id),
            _ => own == id,
        };
        let mut grants = self.grants.lock().unwrap();
        let is_found = grants.iter().any(|(_, grant)| is_it(grant.id()));
        if !self.has(Defect::RevokeKeeps) {
            grants.retain(|(_, grant)| !is_it(grant.id()));
        }
        Ok(is_found)
    }
}
