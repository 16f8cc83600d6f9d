//! What every [`ClientStore`], [`ClientDirectory`], [`InitialAccessTokens`] and [`ReplayGuard`] must do.
//!
//! [`client_store`] runs all checks on a store, [`client_directory`], [`initial_access_tokens`] and
//! [`replay_guard`] on the others. Each check is one behaviour and a function of its own, with client ids that
//! no other run uses: a store that holds other clients is fine, and a failure names what broke. A check
//! removes its clients when it ends well.

mod clients;
mod directory;
mod initial_access;
mod judge;
mod replay;
mod revoke;
mod store;
mod sweep;
mod touch;
mod unique;

pub use clients::{bare_client, full_client};
pub use directory::{list_goes_on_behind_an_id, list_is_in_the_order_of_ids, listed_clients_have_their_uses};
pub use initial_access::{
    concurrent_insert_of_a_name_has_one_winner, concurrent_redeem_has_as_many_winners_as_uses,
    expired_tokens_are_not_good, insert_of_a_taken_token_or_name_fails,
    insert_then_find_returns_the_same_grant, names_are_of_any_text, redeem_takes_one_use,
    revoked_tokens_are_not_good, unknown_tokens_are_not_good,
};
pub use replay::{
    concurrent_consume_has_one_winner, keys_are_good_once, keys_are_remembered_until_their_time, replay_key,
};
pub use revoke::{revoke_frees_unique_keys, revoke_removes_the_clients_of_a_cause, revoke_works_in_batches};
pub use store::{
    backend_errors_keep_their_source, concurrent_delete_has_one_winner, concurrent_insert_has_one_winner,
    concurrent_replace_has_one_winner, delete_returns_true_once, deleted_clients_stay_deleted,
    get_of_an_unknown_id_is_none, ids_are_compared_exactly, insert_of_a_taken_id_fails,
    insert_then_get_returns_the_same_client, replace_of_an_unknown_id_is_not_found,
    replace_racing_with_delete_brings_nothing_back, replace_with_an_old_revision_is_a_conflict,
    replace_with_the_right_revision_wins, revisions_have_64_bits,
};
pub use sweep::{
    sweep_frees_unique_keys, sweep_racing_with_a_use_or_an_update_is_one_or_the_other,
    sweep_removes_expired_clients_only, sweep_removes_unused_clients_if_asked, sweep_works_in_batches,
};
pub use touch::{
    replace_keeps_a_later_use, touch_notes_the_latest_use, touch_of_an_unknown_id_is_false,
    touch_racing_with_replace_loses_nothing,
};
pub use unique::{
    clients_are_found_by_unique_key, concurrent_insert_of_a_unique_key_has_one_winner,
    deleted_unique_keys_are_free, replace_can_drop_a_unique_key, replace_can_move_a_unique_key,
    unique_keys_are_of_any_text, unique_keys_are_taken_once,
};

use crate::host::{ClientDirectory, ClientStore, InitialAccessTokens, ReplayGuard};

/// Runs every check of [`ClientStore`], one after the other.
///
/// # Panics
///
/// If the store breaks the contract.
pub async fn client_store(store: &dyn ClientStore) {
    get_of_an_unknown_id_is_none(store).await;
    insert_then_get_returns_the_same_client(store).await;
    insert_of_a_taken_id_fails(store).await;
    concurrent_insert_has_one_winner(store).await;
    ids_are_compared_exactly(store).await;
    replace_with_the_right_revision_wins(store).await;
    replace_with_an_old_revision_is_a_conflict(store).await;
    revisions_have_64_bits(store).await;
    replace_of_an_unknown_id_is_not_found(store).await;
    concurrent_replace_has_one_winner(store).await;
    delete_returns_true_once(store).await;
    concurrent_delete_has_one_winner(store).await;
    deleted_clients_stay_deleted(store).await;
    replace_racing_with_delete_brings_nothing_back(store).await;
    unique_keys_are_taken_once(store).await;
    unique_keys_are_of_any_text(store).await;
    concurrent_insert_of_a_unique_key_has_one_winner(store).await;
    deleted_unique_keys_are_free(store).await;
    replace_can_move_a_unique_key(store).await;
    replace_can_drop_a_unique_key(store).await;
}

/// Runs every check of [`ClientDirectory`], one after the other. Nobody else may sweep the store meanwhile.
///
/// # Panics
///
/// If the store breaks the contract.
pub async fn client_directory(store: &(impl ClientStore + ClientDirectory)) {
    list_is_in_the_order_of_ids(store).await;
    list_goes_on_behind_an_id(store).await;
    listed_clients_have_their_uses(store).await;
    touch_notes_the_latest_use(store).await;
    touch_of_an_unknown_id_is_false(store).await;
    replace_keeps_a_later_use(store).await;
    touch_racing_with_replace_loses_nothing(store).await;
    sweep_removes_expired_clients_only(store).await;
    sweep_removes_unused_clients_if_asked(store).await;
    sweep_works_in_batches(store).await;
    sweep_frees_unique_keys(store).await;
    sweep_racing_with_a_use_or_an_update_is_one_or_the_other(store).await;
    revoke_removes_the_clients_of_a_cause(store).await;
    revoke_works_in_batches(store).await;
    revoke_frees_unique_keys(store).await;
}

/// Runs every check of [`InitialAccessTokens`], one after the other.
///
/// # Panics
///
/// If the tokens break the contract.
pub async fn initial_access_tokens(tokens: &dyn InitialAccessTokens) {
    unknown_tokens_are_not_good(tokens).await;
    insert_then_find_returns_the_same_grant(tokens).await;
    insert_of_a_taken_token_or_name_fails(tokens).await;
    names_are_of_any_text(tokens).await;
    concurrent_insert_of_a_name_has_one_winner(tokens).await;
    redeem_takes_one_use(tokens).await;
    expired_tokens_are_not_good(tokens).await;
    concurrent_redeem_has_as_many_winners_as_uses(tokens).await;
    revoked_tokens_are_not_good(tokens).await;
}

/// Runs every check of [`ReplayGuard`], one after the other.
///
/// # Panics
///
/// If the guard breaks the contract.
pub async fn replay_guard(guard: &dyn ReplayGuard) {
    keys_are_good_once(guard).await;
    keys_are_remembered_until_their_time(guard).await;
    concurrent_consume_has_one_winner(guard).await;
}
