//! What every [`ClientStore`], [`ClientDirectory`] and [`ReplayGuard`] must do.
//!
//! [`client_store`] runs all checks on a store, [`client_directory`] and [`replay_guard`] on the others. Each
//! check is one behaviour and a function of its own, with client ids that no other run uses: a store that
//! holds other clients is fine, and a failure names what broke. A check removes its clients when it ends
//! well.

mod clients;
mod directory;
mod judge;
mod replay;
mod store;
mod unique;

pub use clients::{bare_client, full_client};
pub use directory::{
    list_goes_on_behind_an_id, list_is_in_the_order_of_ids, sweep_frees_unique_keys,
    sweep_removes_expired_clients_only, sweep_works_in_batches,
};
pub use replay::{
    concurrent_consume_has_one_winner, keys_are_good_once, keys_are_remembered_until_their_time,
};
pub use store::{
    backend_errors_keep_their_source, concurrent_delete_has_one_winner, concurrent_insert_has_one_winner,
    concurrent_replace_has_one_winner, delete_returns_true_once, deleted_clients_stay_deleted,
    get_of_an_unknown_id_is_none, ids_are_compared_exactly, insert_of_a_taken_id_fails,
    insert_then_get_returns_the_same_client, replace_of_an_unknown_id_is_not_found,
    replace_racing_with_delete_brings_nothing_back, replace_with_an_old_revision_is_a_conflict,
    replace_with_the_right_revision_wins,
};
pub use unique::{
    concurrent_insert_of_a_unique_key_has_one_winner, deleted_unique_keys_are_free,
    replace_can_drop_a_unique_key, replace_can_move_a_unique_key, unique_keys_are_taken_once,
};

use crate::host::{ClientDirectory, ClientStore, ReplayGuard};

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
    replace_of_an_unknown_id_is_not_found(store).await;
    concurrent_replace_has_one_winner(store).await;
    delete_returns_true_once(store).await;
    concurrent_delete_has_one_winner(store).await;
    deleted_clients_stay_deleted(store).await;
    replace_racing_with_delete_brings_nothing_back(store).await;
    unique_keys_are_taken_once(store).await;
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
    sweep_removes_expired_clients_only(store).await;
    sweep_works_in_batches(store).await;
    sweep_frees_unique_keys(store).await;
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
