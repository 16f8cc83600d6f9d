//! How much is taken on at once, and how much from one address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use governor::clock::{Clock, MonotonicClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use oauth_dcr::RegistrarConfig;
use tokio::sync::Semaphore;

use crate::answer;

/// No more requests at once than there are places. One more is turned away and not kept waiting: what waits takes memory, and whoever
/// sent it gives up and sends another.
pub(crate) fn at_once(router: Router, places: &Arc<Semaphore>) -> Router {
    router.layer(middleware::from_fn_with_state(places.clone(), take_on))
}

async fn take_on(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => answer::try_again(
            StatusCode::SERVICE_UNAVAILABLE,
            1,
            "the server is busy with as many requests as it takes",
        ),
    }
}

/// How many requests one address may send in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    requests: NonZeroU32,
    period: Duration,
}

impl Rate {
    pub(crate) fn per_minute(requests: u32) -> Option<Self> {
        Some(Self { requests: NonZeroU32::new(requests)?, period: Duration::from_secs(60) })
    }

    /// That of the configuration: `rateLimitRegistrationRequestCount` in `rateLimitRegistrationPeriodInSeconds`.
    pub(crate) fn configured(config: &RegistrarConfig) -> Option<Self> {
        let requests = u32::try_from(config.rate_limit_registration_request_count?).ok()?;
        let seconds = u64::try_from(config.rate_limit_registration_period_in_seconds?).ok()?;
        let period = Duration::from_secs(seconds);
        Some(Self { requests: NonZeroU32::new(requests)?, period }).filter(|_| !period.is_zero())
    }

    /// The whole number at once, and then one after the other.
    fn quota(self) -> Option<Quota> {
        let quota = Quota::with_period(self.period / self.requests.get())?;
        Some(quota.allow_burst(self.requests))
    }
}

/// Keeps count of addresses.
#[derive(Debug)]
pub(crate) struct Addresses {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: MonotonicClock,
    seen: AtomicU32,
    is_behind_proxy: bool,
}

/// After so many requests the addresses are forgotten that have been quiet for long enough.
const TIDY: u32 = 4096;

impl Addresses {
    /// At most so many requests of each address; behind a proxy, of each address that the proxy names.
    pub(crate) fn limit(router: Router, rate: Rate, is_behind_proxy: bool) -> Router {
        let Some(quota) = rate.quota() else { return router };
        let limiter = RateLimiter::hashmap(quota);
        let addresses = Self { limiter, clock: MonotonicClock, seen: AtomicU32::new(0), is_behind_proxy };
        router.layer(middleware::from_fn_with_state(Arc::new(addresses), count))
    }

    /// After how many seconds the sender may ask again, if it asked too often.
    fn must_wait(&self, address: IpAddr) -> Option<u64> {
        if self.seen.fetch_add(1, Ordering::Relaxed) % TIDY == TIDY - 1 {
            self.limiter.retain_recent();
        }
        let until = self.limiter.check_key(&network(address)).err()?;
        Some(until.wait_time_from(self.clock.now()).as_secs() + 1)
    }

    /// The sender of a request. What a proxy appended is the last address; those before it the sender may have made up.
    fn sender(&self, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
        let forwarded = forwarded.filter(|_| self.is_behind_proxy).and_then(|list| list.to_str().ok());
        let last = forwarded.and_then(|list| list.rsplit(',').next());
        last.and_then(|address| address.trim().parse().ok()).unwrap_or(peer.ip())
    }
}

/// What one sender has: an IPv4 address, or a network of 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

async fn count(
    State(addresses): State<Arc<Addresses>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    match addresses.must_wait(addresses.sender(request.headers(), peer)) {
        None => next.run(request).await,
        Some(seconds) => answer::try_again(
            StatusCode::TOO_MANY_REQUESTS,
            seconds,
            "too many requests came from this address",
        ),
    }
}
