//! What the compiler knows of the public types: a host moves them between threads, boxes them and clones
//! them. A line that compiles is a test that passes.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use oauth_dcr::config::{
    ConfiguredKeys, IbmDynamicRegistration, Lifetime, Reading, ScopeEntry, SoftwareStatementValidationType,
    SsaValidationConfig, SsaValidationType, Supported, TrustedIssuer, UpdateMode,
};
use oauth_dcr::explain::{
    Decision, ExplainedAnswer, ExplainedFault, ExplainedMember, ExplainedStage, Outcome, Stage, Trace,
    Verdict,
};
use oauth_dcr::metadata::{
    ApplicationType, FieldSpec, GrantType, Group, JweAlgorithm, JweEncryption, JwsAlgorithm, Kind, Localized,
    MetadataUri, Origin, RedirectUri, ResponseType, Scope, SubjectType, TokenDeliveryMode,
    TokenEndpointAuthMethod,
};
use oauth_dcr::profile::{
    Access, Bind, Claims, ErrorSpec, Hook, Issuer, Jws, KeyPolicy, KeySource, Lifecycle, Member,
    ProfileSelection, RedirectPolicy, ResponsePolicy, Rule, ScopePolicy, SelectionEntry, Source,
    StatementPolicy, Token, When,
};
use oauth_dcr::sql::{SqlClientStoreBuilder, SqlStoreError};
use oauth_dcr::testing::{
    CountingEntropy, FailingEntropy, FailingStore, ManualClock, RecordingEvents, RecordingHook,
    StaticResolver, StoreCall, StoreFault, contract,
};
use oauth_dcr::{
    AccessToken, ClientState, FetchedDocument, HttpsResolver, HttpsResolverBuilder, HttpsResolverError,
    InitialAccessToken, InitialGrant, ManagementRequest, MemoryInitialAccessTokens, NameLookup,
    ResolvedDocument,
};
use oauth_dcr::{
    BoxError, CachedResolver, CachedResolverBuilder, Caller, Cause, CertificateError, Client,
    ClientCertificate, ClientDirectory, ClientId, ClientMetadata, ClientSecret, ClientStore, Clock,
    ConfigError, ConfigProblem, ConfigWarning, Draft, Entropy, EntropyError, Error, ErrorCode, EventDetail,
    EventKind, EventSink, EvidenceVerdict, EvidenceVerifier, Explanation, Failure, FetchError, FetchPurpose,
    HookAnswer, HookChain, HookContext, HookError, HookFns, HostError, InitialAccessTokens, JwksResolver,
    Lint, MemoryClientStore, MemoryReplayGuard, NoHook, NoNetwork, Operation, OsEntropy, PassedOver, Profile,
    ProfileError, Provenance, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig, Registration,
    RegistrationAccessToken, RegistrationEndpoint, RegistrationEvent, Rejection, ReplayGuard, ReplayKey,
    ScriptHook, SecretSealer, Selected, SelectedBy, ServerFlags, SharedSecret, SqlClientStore, StoreError,
    StoredSecret, Sweep, SystemClock, TokenDigest, TracingEvents, Unauthorized, UnverifiedJwt, Violation,
    WireError,
};

/// Moves between threads and may be looked at by several.
fn shared<T: Send + Sync + Unpin>() {}

/// Says something in a log.
fn shown<T: Debug + ?Sized>() {}

/// Lives as long as it must, and can be boxed as the source of another error.
fn boxable<T: StdError + Send + Sync + 'static>() {}

/// Can be kept in a host's state and given to each request.
fn held<T: Clone + Send + Sync + 'static>() {}

/// Is a part that a host hands in.
fn part<T: Debug + Send + Sync + ?Sized + 'static>() {}

/// Can be spawned on a runtime with several threads.
fn spawned<F: Future + Send>(_: F) {}

macro_rules! all {
    ($check:ident: $($type:ty),+ $(,)?) => { $( $check::<$type>(); )+ };
}

#[test]
fn public_types_are_send_and_sync() {
    all!(shared:
        Registrar, RegistrarBuilder, RegistrarConfig, RegistrationEndpoint, RegisterRequest<'_>, Registration,
        Caller, ClientCertificate, Client, ClientId, ClientMetadata, ServerFlags, Provenance, ClientSecret,
        RegistrationAccessToken, SharedSecret, StoredSecret, TokenDigest, MemoryClientStore,
        MemoryReplayGuard, ReplayKey, CachedResolver, CachedResolverBuilder, SystemClock, OsEntropy, NoHook,
        NoNetwork, Draft<'_>, HookContext<'_>, HookChain, HookFns, UnverifiedJwt, EvidenceVerdict, FetchPurpose, Profile, Operation, Decision, Trace, Explanation,
        ExplainedMember, ConfigProblem, ConfigWarning, ErrorCode, Failure, HookAnswer, Violation, WireError,
        StoreCall, StoreFault, Lifetime, Reading, ScopeEntry, SoftwareStatementValidationType,
        SsaValidationConfig, SsaValidationType, Supported, TrustedIssuer, UpdateMode, ApplicationType,
        FieldSpec, GrantType, Group, JweAlgorithm, JweEncryption, JwsAlgorithm, Kind, Localized,
        MetadataUri, Origin, RedirectUri, ResponseType, Scope, SubjectType, TokenDeliveryMode,
        TokenEndpointAuthMethod, ManualClock, CountingEntropy, FailingEntropy, StaticResolver,
        FailingStore<MemoryClientStore>, RecordingHook, RecordingEvents, Cause, Sweep, EventDetail, EventKind<'_>,
        RegistrationEvent<'_>, TracingEvents, IbmDynamicRegistration, ProfileSelection, SelectionEntry, Selected,
        SelectedBy, PassedOver, Lint, AccessToken, ClientState, ManagementRequest<'_>, InitialAccessToken, InitialGrant,
        MemoryInitialAccessTokens, ConfiguredKeys, HttpsResolver, HttpsResolverBuilder, FetchedDocument,
        ResolvedDocument, ExplainedAnswer, ExplainedFault, ExplainedStage, Outcome, Stage, Verdict, Access, Bind, Claims,
        ErrorSpec, Hook, Issuer, Jws, KeyPolicy, KeySource, Lifecycle, Member, RedirectPolicy, ResponsePolicy, Rule,
        ScopePolicy, Source, StatementPolicy, Token, When, SqlClientStore, SqlClientStoreBuilder,
    );
}

#[test]
fn public_types_have_a_debug_form() {
    all!(shown:
        Registrar, RegistrarBuilder, RegistrarConfig, RegistrationEndpoint, RegisterRequest<'_>, Registration,
        Caller, ClientCertificate, Client, ClientId, ClientMetadata, ServerFlags, Provenance, ClientSecret,
        RegistrationAccessToken, SharedSecret, StoredSecret, TokenDigest, MemoryClientStore,
        MemoryReplayGuard, ReplayKey, CachedResolver, Draft<'_>, HookContext<'_>, HookChain, HookFns, UnverifiedJwt, EvidenceVerdict, Profile, Trace, Explanation,
        ConfigProblem, ConfigWarning, Violation, WireError, FieldSpec, dyn ClientStore, dyn
        ClientDirectory, dyn JwksResolver, dyn ScriptHook, dyn EvidenceVerifier, dyn ReplayGuard, dyn Clock, dyn Entropy, dyn EventSink, dyn SecretSealer,
        dyn InitialAccessTokens, EventDetail, EventKind<'_>, RegistrationEvent<'_>, TracingEvents, Cause, Sweep,
        IbmDynamicRegistration, ProfileSelection, Selected, Lint, AccessToken, ClientState, ManagementRequest<'_>,
        InitialAccessToken, InitialGrant, MemoryInitialAccessTokens, ConfiguredKeys, HttpsResolver, FetchedDocument,
        ResolvedDocument, ExplainedAnswer, ExplainedFault, ExplainedStage, ExplainedMember, Outcome, Stage, Verdict, dyn
        NameLookup, Access, Member, Rule, When, SqlClientStore, SqlClientStoreBuilder,
    );
}

#[test]
fn errors_can_be_boxed_and_sent() {
    all!(boxable:
        Error, Rejection, Unauthorized, HostError, ConfigError, ProfileError, StoreError, FetchError,
        HookError, EntropyError, CertificateError, HttpsResolverError, SqlStoreError,
    );
    let boxed: BoxError = Unauthorized::Missing.into();
    assert_eq!(boxed.to_string(), "no credentials were presented");
}

#[test]
fn what_a_host_keeps_is_cheap_to_hand_around() {
    all!(held:
        Registrar, RegistrationEndpoint, RegistrarConfig, Profile, Client, Registration, Caller, ManualClock,
        CountingEntropy, StaticResolver, RecordingHook, SqlClientStore,
    );
    assert_eq!(size_of::<Registrar>(), size_of::<usize>(), "a registrar is one reference count");
}

#[test]
fn host_parts_are_used_behind_pointers() {
    all!(part:
        dyn ClientStore, dyn ClientDirectory, dyn JwksResolver, dyn ScriptHook, dyn EvidenceVerifier, dyn ReplayGuard, dyn Clock,
        dyn Entropy, dyn EventSink, dyn SecretSealer, dyn InitialAccessTokens, dyn NameLookup,
    );
}

/// A part that a host shares, perhaps without knowing its type, is one itself.
#[test]
fn host_parts_can_be_shared() {
    fn store<T: ClientStore>() {}
    fn directory<T: ClientDirectory>() {}
    fn resolver<T: JwksResolver>() {}
    fn hook<T: ScriptHook>() {}
    fn verifier<T: EvidenceVerifier>() {}
    fn guard<T: ReplayGuard>() {}
    fn tokens<T: InitialAccessTokens>() {}
    fn sealer<T: SecretSealer>() {}
    fn sink<T: EventSink>() {}
    fn clock<T: Clock>() {}
    fn entropy<T: Entropy>() {}
    all!(store: Arc<dyn ClientStore>, Box<dyn ClientStore>);
    all!(directory: Arc<dyn ClientDirectory>, Arc<MemoryClientStore>);
    all!(resolver: Arc<dyn JwksResolver>);
    all!(hook: Arc<dyn ScriptHook>);
    all!(verifier: Arc<dyn EvidenceVerifier>);
    all!(guard: Arc<dyn ReplayGuard>);
    all!(tokens: Arc<dyn InitialAccessTokens>);
    all!(sealer: Arc<dyn SecretSealer>);
    all!(sink: Arc<dyn EventSink>);
    all!(clock: Arc<dyn Clock>);
    all!(entropy: Arc<dyn Entropy>);
}

/// A task that panics does not poison what it looked at.
#[test]
fn values_survive_a_panic() {
    fn survives<T: UnwindSafe + RefUnwindSafe>() {}
    all!(survives:
        Client, ClientMetadata, Caller, RegistrarConfig, Profile, Rejection, WireError, TokenDigest,
    );
}

/// Never called: that it compiles is the test.
#[expect(dead_code, reason = "compiled, not run")]
fn futures_can_be_spawned(
    registrar: &Registrar,
    endpoint: &RegistrationEndpoint,
    id: &ClientId,
    caller: &Caller,
    store: &MemoryClientStore,
    tokens: &dyn InitialAccessTokens,
    guard: &dyn ReplayGuard,
) {
    let request = RegisterRequest::from_body(b"{}").with_caller(caller);
    spawned(registrar.register(request));
    spawned(registrar.read(id, caller));
    spawned(registrar.update(id, request));
    spawned(registrar.delete(id, caller));
    spawned(registrar.explain(request));
    spawned(registrar.resolve_metadata_document("https://app.example/client"));
    spawned(endpoint.handle(http::Request::new(String::new())));
    spawned(contract::client_store(store));
    spawned(contract::client_directory(store));
    spawned(registrar.sweep(store, 10));
    spawned(registrar.revoke(store, &Cause::Owner("a".into()), 10));
    spawned(SqlClientStore::connect("sqlite::memory:"));
    spawned(contract::initial_access_tokens(tokens));
    spawned(contract::replay_guard(guard));
}

/// A request borrows nothing but what it was made of, so a whole call can be a task of its own.
#[expect(dead_code, reason = "compiled, not run")]
fn a_call_can_be_a_task(registrar: Registrar, body: Vec<u8>, id: ClientId, caller: Caller) {
    fn task<F: Future + Send + 'static>(_: F) {}
    task({
        let (registrar, body) = (registrar.clone(), body.clone());
        async move { registrar.register(RegisterRequest::from_body(&body)).await }
    });
    task(async move { registrar.update(&id, RegisterRequest::from_body(&body).with_caller(&caller)).await });
}
